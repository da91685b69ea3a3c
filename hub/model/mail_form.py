"""Contact forms that mail: which mails of a website are submissions, and which labelled line gives what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hub.model.errors import Refused
from hub.model.fold import fold

MOST_FIELDS = 60
_MOST_LABELS = 12
_LONGEST_LABEL = 200
_MOST_PATTERNS = 20


class Gives(StrEnum):
    """What a labelled value tells: `person` is a name with an address, `nothing` is left out."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    PERSON = "person"
    EMAIL = "email"
    PHONE = "phone"
    SUBJECT = "subject"
    MESSAGE = "message"
    ANSWER = "answer"
    NOTHING = "nothing"


REACHING = frozenset({Gives.EMAIL, Gives.PHONE, Gives.PERSON})
_ONCE = frozenset(Gives) - {Gives.ANSWER, Gives.NOTHING}


@dataclass(frozen=True, slots=True)
class MailField:
    """One labelled value; `labels`: as the mail writes it, in each of its languages. The first is the question."""

    labels: tuple[str, ...]
    gives: Gives = Gives.ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class MailForm:
    """How the mails of one form are read; `fields` in the order in which they stand there.

    `senders`: addresses in From, `*` for any part; `subject` likewise; where both are said, both must fit. `ends`: how
    lines begin that stand after the last value and are no part of it. `region`: ISO 3166, of numbers without a country.
    """

    title: str
    senders: tuple[str, ...] = ()
    subject: str = ""
    fields: tuple[MailField, ...]
    ends: tuple[str, ...] = ()
    region: str = ""
    name: str = ""
    version: int = 0

    def fits(self, sender: str, subject: str) -> bool:
        """Says whether a mail is one of this form's."""
        by_sender = not self.senders or any(is_like(sender, pattern) for pattern in self.senders)
        return by_sender and (not self.subject or is_like(subject, self.subject))


@dataclass(frozen=True, slots=True)
class Filled:
    """What a mail's fields say: (field, value) in the fields' order, those left empty left out."""

    values: tuple[tuple[MailField, str], ...] = field(default=())

    def first(self, gives: Gives) -> str:
        """Returns the value that gives this, empty where none does."""
        return next((value for each, value in self.values if each.gives is gives), "")


def is_like(text: str, pattern: str) -> bool:
    """Says whether a text is what a pattern says, `*` standing for anything; case and accents do not count."""
    first, *rest = fold(pattern.strip()).split("*")
    text = fold(" ".join(text.split()))
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])


def read_mail_form(definition: Mapping[str, Any], name: str = "", version: int = 0) -> MailForm:
    """Reads a definition, every rule checked. Raises Refused naming the field."""
    for given in definition:
        if given not in ("title", "senders", "subject", "fields", "ends", "region"):
            raise Refused(f"There is no {given!r} in how a form's mails are read.", field=given)
    title = _line(definition.get("title", ""), "title", 200)
    if not title:
        raise Refused("Say which form it is.", field="title", next_step="As: Contact form of example.com.")
    senders = tuple(fold(each) for each in _lines(definition.get("senders", ()), "senders", _MOST_PATTERNS))
    subject = _line(definition.get("subject", ""), "subject", _LONGEST_LABEL)
    if not [each for each in senders if each.strip("*@. ")] and not subject.strip("* "):
        raise Refused(
            "Say whose mails these are: an address in From, or how the subject reads.",
            field="senders",
            next_step="As wordpress@example.com, *@forms.example, or New message from*.",
        )
    region = _line(definition.get("region", ""), "region", 2).upper()
    if region and not (len(region) == 2 and region.isascii() and region.isalpha()):
        raise Refused("A country is written in two letters, as US.", field="region")
    return MailForm(
        title=title,
        senders=senders,
        subject=subject,
        fields=_fields(definition.get("fields", ())),
        ends=_lines(definition.get("ends", ()), "ends", _MOST_PATTERNS),
        region=region,
        name=name,
        version=version,
    )


def mail_form_as_json(form: MailForm) -> dict[str, Any]:
    """Returns the definition as it is stored: without name and version, which are its row's."""
    return {
        "title": form.title,
        "senders": list(form.senders),
        "subject": form.subject,
        "fields": [{"labels": list(each.labels), "gives": each.gives.value} for each in form.fields],
        "ends": list(form.ends),
        "region": form.region,
    }


def _fields(given: Any) -> tuple[MailField, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not 1 <= len(given) <= MOST_FIELDS:
        raise Refused(f"A form has 1 to {MOST_FIELDS} fields.", field="fields")
    fields = tuple(_field(each, f"fields.{at}") for at, each in enumerate(given))
    labels = [fold(label) for each in fields for label in each.labels]
    if twice := next((label for label in labels if labels.count(label) > 1), ""):
        raise Refused(f"{twice!r} stands twice.", field="fields", next_step="Name each label once.")
    for gives in _ONCE:
        if sum(each.gives is gives for each in fields) > 1:
            raise Refused(f"Only one field gives the {gives.value.replace('_', ' ')}.", field="fields")
    if not any(each.gives in REACHING for each in fields):
        raise Refused(
            "No field gives an address to answer to.",
            field="fields",
            next_step="Say which one is the e-mail address or the phone number.",
        )
    return fields


def _field(given: Any, where: str) -> MailField:
    if not isinstance(given, Mapping) or set(given) - {"labels", "gives"}:
        raise Refused("A field has its labels, and what it gives.", field=where)
    labels = _lines(given.get("labels", ()), f"{where}.labels", _MOST_LABELS)
    if not labels:
        raise Refused("A field needs the label that stands in the mail.", field=f"{where}.labels")
    try:
        return MailField(labels, Gives(given.get("gives", "answer")))
    except ValueError:
        known = ", ".join(Gives)
        raise Refused(f"{given['gives']!r} is nothing that a field gives: {known}.", field=f"{where}.gives") from None


def _lines(given: Any, where: str, most: int) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > most:
        raise Refused(f"This is a list of at most {most} texts.", field=where)
    lines = (_line(each, where, _LONGEST_LABEL) for each in given)
    return tuple(dict.fromkeys(line for line in lines if line))


def _line(given: Any, where: str, longest: int) -> str:
    if not isinstance(given, str) or len(given) > longest:
        raise Refused(f"This is a text of at most {longest} characters.", field=where)
    return " ".join(given.split())
