"""Submissions: what somebody sent with a form, cleaned and checked against its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hub.model.clean import clean_header, clean_text
from hub.model.form import ADDRESS_OF, SOURCES, Field, FieldKind, Form
from hub.model.identity import email_identity, phone_identity

_LONGEST_SOURCE = 300
_TICKED = frozenset({"on", "yes", "true", "1"})


class Fault(StrEnum):
    """What is wrong with one answer."""

    MISSING = "missing"
    EMAIL = "email"
    PHONE = "phone"
    CHOICE = "choice"
    DATE = "date"
    NUMBER = "number"
    TOO_LONG = "too_long"
    NO_ADDRESS = "no_address"
    ONE_ONLY = "one_only"


@dataclass(frozen=True, slots=True)
class Submission:
    """What was typed: texts by field, the names of the fields that came with a file, and where the visitor came from.

    `source`: utm fields and the referrer, those that were given.
    """

    values: Mapping[str, tuple[str, ...]]
    files: frozenset[str] = frozenset()
    source: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Returns the one text of a field, empty when there is none."""
        return next(iter(self.values.get(name, ())), "")

    def ticked(self, name: str) -> bool:
        return self.text(name) in _TICKED


def read_submission(form: Form, pairs: Iterable[tuple[str, str]], files: Iterable[str] = ()) -> Submission:
    """Returns what was typed into the fields of a form; what the form does not ask for is left out."""
    fields = {each.name: each for each in form.fields}
    values: dict[str, tuple[str, ...]] = {}
    source: dict[str, str] = {}
    for name, text in pairs:
        if name in fields:
            typed = _typed(fields[name], text)
            if typed and typed not in values.get(name, ()):
                values[name] = (*values.get(name, ()), typed)
        elif name in SOURCES and (told := clean_header(text)[:_LONGEST_SOURCE]):
            source[name] = told
    return Submission(values, frozenset(files), source)


def faults_of(form: Form, sent: Submission, region: str) -> dict[str, Fault]:
    """Returns what is wrong, by field; nothing where all is well. `region`: ISO 3166 code of numbers without one."""
    return {each.name: fault for each in form.fields if (fault := _fault(form, each, sent, region))}


def _typed(each: Field, text: str) -> str:
    cleaned = clean_text(text) if each.kind is FieldKind.MULTILINE else clean_header(text)
    return cleaned.strip()


def _fault(form: Form, each: Field, sent: Submission, region: str) -> Fault | None:
    values = sent.values.get(each.name, ())
    if each.kind is FieldKind.FILE:
        return Fault.MISSING if each.required and each.name not in sent.files else None
    if each.kind is FieldKind.CONSENT:
        return _consent_fault(form, each, sent)
    if not values:
        return Fault.MISSING if each.required else None
    if len(values) > 1 and each.kind is not FieldKind.MULTI_CHOICE:
        return Fault.ONE_ONLY
    if any(len(value) > each.longest for value in values):
        return Fault.TOO_LONG
    return _kind_fault(each, values, region)


def _kind_fault(each: Field, values: Sequence[str], region: str) -> Fault | None:
    match each.kind:
        case FieldKind.EMAIL:
            return None if email_identity(values[0]) else Fault.EMAIL
        case FieldKind.PHONE:
            return None if phone_identity(values[0], region) else Fault.PHONE
        case FieldKind.CHOICE | FieldKind.MULTI_CHOICE:
            known = {option.value for option in each.options}
            return None if known.issuperset(values) else Fault.CHOICE
        case FieldKind.DATE:
            return None if _is_date(values[0]) else Fault.DATE
        case FieldKind.RATING:
            return None if _within(values[0], 1, each.scale) else Fault.NUMBER
        case FieldKind.NPS:
            return None if _within(values[0], 0, 10) else Fault.NUMBER
        case _:
            return None


def _consent_fault(form: Form, each: Field, sent: Submission) -> Fault | None:
    if not sent.ticked(each.name):
        return Fault.MISSING if each.required else None
    giver = form.giving(ADDRESS_OF[each.scheme])
    return None if giver and sent.text(giver.name) else Fault.NO_ADDRESS


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _within(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2 and least <= int(text) <= most
