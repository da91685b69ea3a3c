"""What a form's definition may say: read from JSON with every rule checked, and written back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.model.errors import Refused
from hub.model.form import ADDRESS_OF, CHOICES, IDENTIFYING, PARTS, RESERVED, Field, FieldKind, Form, Option, Words
from hub.model.outbound import Purpose

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?\Z")
MOST_FIELDS = 60
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?\Z")
_ORIGIN = re.compile(r"https?://[^\s/?#@]+\Z")
_MOST_OPTIONS = 200
_LONGEST_WORDS = 4_000


def read_form(definition: Mapping[str, Any]) -> Form:
    """Reads a definition, `slug`, `version` and `name` within. Raises Refused naming the field."""
    _only(definition, Form.__slots__, "")
    languages = tuple(str(each) for each in _list(definition, "languages"))
    if not languages or any(not _LANGUAGE.match(each) for each in languages):
        raise Refused("A form needs its languages, as en or pt-BR.", field="languages")
    fields = tuple(_field(each, languages, at) for at, each in enumerate(_list(definition, "fields")))
    form = Form(
        slug=str(definition.get("slug", "")),
        version=_number(definition, "version", 1, 1, 1_000_000),
        name=str(definition.get("name", ""))[:200],
        channel=str(definition.get("channel", "")),
        languages=languages,
        fields=fields,
        title=_words(definition, "title", languages, needed=True),
        **{part: _words(definition, part, languages) for part in ("intro", "submit", "thanks")},
        per_address=_number(definition, "per_address", 5, 1, 100_000),
        per_hour=_number(definition, "per_hour", 300, 1, 1_000_000),
        origins=tuple(str(each) for each in _list(definition, "origins")),
    )
    _check(form)
    return form


def form_as_json(form: Form) -> dict[str, Any]:
    """Returns the definition as it is stored: without slug, version and name, which are its row's."""
    return {
        "channel": form.channel,
        "languages": list(form.languages),
        **{part: dict(getattr(form, part)) for part in ("title", "intro", "submit", "thanks")},
        "fields": [_field_as_json(each) for each in form.fields],
        "per_address": form.per_address,
        "per_hour": form.per_hour,
        "origins": list(form.origins),
    }


def _field(given: Any, languages: Sequence[str], at: int) -> Field:
    where = f"fields.{at}"
    if not isinstance(given, Mapping):
        raise Refused("A field is described by its name, kind and label.", field=where)
    _only(given, Field.__slots__, where)
    try:
        kind = FieldKind(given.get("kind", ""))
    except ValueError:
        known = ", ".join(FieldKind)
        raise Refused(f"{given.get('kind')!r} is no kind of field; known are {known}.", field=f"{where}.kind") from None
    options = tuple(
        Option(str(each.get("value", "")).strip(), _words(each, "label", languages, needed=True, where=where))
        for each in _list(given, "options", where)
        if isinstance(each, Mapping)
    )
    return Field(
        name=str(given.get("name", "")),
        kind=kind,
        label=_words(given, "label", languages, needed=True, where=where),
        help=_words(given, "help", languages, where=where),
        required=_flag(given, "required", where),
        part=str(given.get("part", "")),
        options=options,
        scale=_number(given, "scale", 5, 2, 10, where),
        purpose=str(given.get("purpose", Purpose.PROMOTIONAL.value)),
        scheme=str(given.get("scheme", "mailto")),
    )


def _field_as_json(each: Field) -> dict[str, Any]:
    kept: dict[str, Any] = {"name": each.name, "kind": each.kind.value, "label": dict(each.label)}
    if each.help:
        kept["help"] = dict(each.help)
    if each.required:
        kept["required"] = True
    if each.part:
        kept["part"] = each.part
    if each.kind in CHOICES:
        kept["options"] = [{"value": option.value, "label": dict(option.label)} for option in each.options]
    if each.kind is FieldKind.RATING:
        kept["scale"] = each.scale
    if each.kind is FieldKind.CONSENT:
        kept |= {"purpose": each.purpose, "scheme": each.scheme}
    return kept


def _check(form: Form) -> None:
    if not SLUG.match(form.slug):
        raise Refused("The address of a form is made of small letters, digits and hyphens.", field="slug")
    if not form.channel:
        raise Refused("A form needs the channel that it feeds.", field="channel")
    if not 1 <= len(form.fields) <= MOST_FIELDS:
        raise Refused(f"A form has 1 to {MOST_FIELDS} fields.", field="fields")
    if any(not _ORIGIN.match(origin) for origin in form.origins):
        raise Refused("An origin is written as https://www.example.com, without a path.", field="origins")
    names: set[str] = set()
    parts: set[str] = set()
    for at, each in enumerate(form.fields):
        where = f"fields.{at}"
        if not _NAME.match(each.name) or each.name in RESERVED or each.name.startswith("utm_"):
            raise Refused(
                f"{each.name!r} cannot be the name of a field.",
                field=f"{where}.name",
                next_step="Use small letters, digits and _; not one of the page's own names.",
            )
        if each.name in names:
            raise Refused(f"Two fields are named {each.name}.", field=f"{where}.name")
        names.add(each.name)
        if each.part:
            if each.kind not in PARTS.get(each.part, ()):
                raise Refused(f"A {each.kind} field cannot give the {each.part}.", field=f"{where}.part")
            if each.part in parts:
                raise Refused(f"Two fields give the {each.part}.", field=f"{where}.part")
            parts.add(each.part)
        if each.kind in CHOICES:
            values = [option.value for option in each.options]
            if not values or len(values) > _MOST_OPTIONS or "" in values or len(set(values)) != len(values):
                raise Refused(f"{each.name} needs 1 to {_MOST_OPTIONS} different choices.", field=f"{where}.options")
        if each.kind is FieldKind.CONSENT:
            _check_consent(form, each, where)


def _check_consent(form: Form, each: Field, where: str) -> None:
    if each.purpose not in set(Purpose):
        raise Refused(f"{each.purpose!r} is no purpose; known are {', '.join(Purpose)}.", field=f"{where}.purpose")
    if each.scheme not in ADDRESS_OF or form.giving(ADDRESS_OF[each.scheme]) is None:
        raise Refused(
            "A consent is about an address that the form asks for.",
            field=f"{where}.scheme",
            next_step="Add a field that gives the e-mail address or phone number.",
        )
    # GDPR art. 7(4): consent that is the price of something else is not freely given.
    if each.required and any(
        other.part not in IDENTIFYING and other.kind is not FieldKind.CONSENT for other in form.fields
    ):
        raise Refused(
            "A consent box must not be required together with something else.",
            field=f"{where}.required",
            next_step="Make it voluntary; only a form that asks for nothing else may require it.",
        )


def _only(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise Refused(f"A form knows no {unknown[0]!r}.", field=f"{where}.{unknown[0]}".lstrip("."))


def _list(given: Mapping[str, Any], name: str, where: str = "") -> Sequence[Any]:
    value = given.get(name, ())
    if not isinstance(value, list | tuple):
        raise Refused(f"{name} is a list.", field=f"{where}.{name}".lstrip("."))
    return value


def _words(
    given: Mapping[str, Any], name: str, languages: Sequence[str], *, needed: bool = False, where: str = ""
) -> Words:
    """Returns words by language; a plain text is in the first language."""
    value = given.get(name) or {}
    if isinstance(value, str):
        value = {languages[0]: value}
    place = f"{where}.{name}".lstrip(".")
    if not isinstance(value, Mapping) or not set(value) <= set(languages):
        raise Refused(f"The words of {name} are given by language: {', '.join(languages)}.", field=place)
    words = {language: str(value[language]).strip() for language in languages if str(value.get(language, "")).strip()}
    if needed and languages[0] not in words:
        raise Refused(f"The {name} is missing in {languages[0]}.", field=place)
    if any(len(each) > _LONGEST_WORDS for each in words.values()):
        raise Refused(f"The {name} is longer than {_LONGEST_WORDS} characters.", field=place)
    return words


def _number(given: Mapping[str, Any], name: str, default: int, least: int, most: int, where: str = "") -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused(f"{name} is a number from {least} to {most}.", field=f"{where}.{name}".lstrip("."))
    return value


def _flag(given: Mapping[str, Any], name: str, where: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Refused(f"{name} is true or false.", field=f"{where}.{name}")
    return value
