"""A form while staff edits it: its definition as fields of a page, and back; what it says is checked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.model.form import CHOICES, FieldKind, Form
from hub.model.form_definition import MOST_FIELDS, form_as_json
from hub.web.pages.fields import Form as Posted
from hub.web.pages.fields import text_of

WORDS = ("title", "intro", "submit", "thanks")
# In the lines of choices: what is sent, when it is another word than what is read.
_IS = " = "

Draft = dict[str, Any]


def draft_of(form: Form) -> Draft:
    """Returns a form as a draft."""
    return {**form_as_json(form), "slug": form.slug, "name": form.name}


def new_draft(channel: str, language: str) -> Draft:
    """Returns what a new form begins as: who writes, and what."""
    return {
        "slug": "",
        "name": "",
        "channel": channel,
        "languages": [language],
        **{part: {} for part in WORDS},
        "fields": [
            {"name": "name", "kind": "text", "part": "name", "label": {}},
            {"name": "email", "kind": "email", "part": "email", "label": {}, "required": True},
            {"name": "message", "kind": "multiline", "part": "message", "label": {}, "required": True},
        ],
        "per_address": 5,
        "per_hour": 300,
        "origins": [],
    }


def posted_draft(posted: Posted, slug: str = "") -> Draft:
    """Returns the draft that a page sent: fields by position, without those marked for removal."""
    languages = _split(text_of(posted, "languages")) or ["en"]
    numbers = range(min(_number(posted, "fields", 0), MOST_FIELDS))
    kept = [number for number in numbers if not text_of(posted, f"f{number}.remove")]
    kept.sort(key=lambda number: (_number(posted, f"f{number}.position", 99), number))
    fields = [_field(posted, number, languages) for number in kept]
    if text_of(posted, "act") == "add":
        fields.append({"name": f"question_{len(fields) + 1}", "kind": "text", "label": {}})
    return {
        "slug": slug or text_of(posted, "slug").strip(),
        "name": text_of(posted, "name").strip(),
        "channel": text_of(posted, "channel"),
        "languages": languages,
        **{part: _words(posted, part, languages) for part in WORDS},
        "fields": fields,
        "per_address": _number(posted, "per_address", 5),
        "per_hour": _number(posted, "per_hour", 300),
        "origins": _split(text_of(posted, "origins")),
    }


def choices_text(field: Mapping[str, Any], language: str, first: str) -> str:
    """Returns the choices of a field, one a line, in a language; in the first with their values where these differ."""
    lines = []
    for option in field.get("options", ()):
        label = option["label"].get(language, "")
        plain = language != first or option["value"] == label
        lines.append(label if plain else f"{option['value']}{_IS}{label}")
    return "\n".join(lines).rstrip()


def _field(posted: Posted, number: int, languages: Sequence[str]) -> dict[str, Any]:
    def told(name: str) -> str:
        return text_of(posted, f"f{number}.{name}").strip()

    kind = told("kind")
    field: dict[str, Any] = {
        "name": told("name"),
        "kind": kind,
        "label": _words(posted, f"f{number}.label", languages),
        "help": _words(posted, f"f{number}.help", languages),
        "required": bool(told("required")),
        "part": told("part"),
    }
    if kind in CHOICES:
        field["options"] = _choices(posted, number, languages)
    if kind == FieldKind.RATING:
        field["scale"] = _number(posted, f"f{number}.scale", 5)
    if kind == FieldKind.CONSENT:
        field |= {"purpose": told("purpose") or "promotional", "scheme": told("scheme") or "mailto"}
    return field


def _choices(posted: Posted, number: int, languages: Sequence[str]) -> list[dict[str, Any]]:
    lines = {
        language: [line.strip() for line in text_of(posted, f"f{number}.options.{language}").strip().splitlines()]
        for language in languages
    }
    found = []
    for at, line in enumerate(lines[languages[0]]):
        value, marked, label = line.partition(_IS)
        labels = {language: lines[language][at] for language in languages[1:] if at < len(lines[language])}
        found.append({"value": value, "label": {languages[0]: label if marked else line, **labels}})
    return found


def _words(posted: Posted, name: str, languages: Sequence[str]) -> dict[str, str]:
    return {language: words for language in languages if (words := text_of(posted, f"{name}.{language}").strip())}


def _number(posted: Posted, name: str, fallback: int) -> int:
    written = text_of(posted, name).strip()[:9]
    return int(written) if written.isascii() and written.isdecimal() else fallback


def _split(written: str) -> list[str]:
    return list(dict.fromkeys(part for part in written.replace(",", " ").split() if part))
