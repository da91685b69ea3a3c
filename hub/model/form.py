"""Forms as data: fields, their words in several languages, and what they give to a contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.model.outbound import Purpose

Words = Mapping[str, str]

# Names that the page itself puts into a form.
RESERVED = frozenset({"submission", "opened", "homepage", "lang", "referrer", "csrf"})
SOURCES = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer")


class FieldKind(StrEnum):
    TEXT = "text"
    MULTILINE = "multiline"
    EMAIL = "email"
    PHONE = "phone"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    DATE = "date"
    RATING = "rating"
    NPS = "nps"
    FILE = "file"
    CONSENT = "consent"


CHOICES = frozenset({FieldKind.CHOICE, FieldKind.MULTI_CHOICE})
# What a field may tell about the person or the message, and of which kind it must then be.
PARTS: Mapping[str, frozenset[FieldKind]] = {
    "name": frozenset({FieldKind.TEXT}),
    "email": frozenset({FieldKind.EMAIL}),
    "phone": frozenset({FieldKind.PHONE}),
    "subject": frozenset({FieldKind.TEXT, FieldKind.CHOICE}),
    "message": frozenset({FieldKind.MULTILINE, FieldKind.TEXT}),
}
IDENTIFYING = frozenset({"name", "email", "phone"})
# Which field gives the address that a consent is about.
ADDRESS_OF = {"mailto": "email", "tel": "phone"}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `value` is what is sent, `label` what is read."""

    value: str
    label: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. `part`: which part of a contact it gives (see PARTS), empty for a plain answer.

    `scale` is the best rating (from 1); `purpose` and `scheme` say to what a consent box agrees.
    """

    name: str
    kind: FieldKind
    label: Words
    help: Words = field(default_factory=dict)
    required: bool = False
    part: str = ""
    options: tuple[Option, ...] = ()
    scale: int = 5
    purpose: str = Purpose.PROMOTIONAL.value
    scheme: str = "mailto"

    @property
    def longest(self) -> int:
        """Returns how many characters an answer may have."""
        return 20_000 if self.kind is FieldKind.MULTILINE else 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form; its first language is the one in which staff reads questions and choices.

    `per_address` and `per_hour` cap what is taken within an hour, from one address and at all. `origins` are the
    sites whose scripts may post to the JSON endpoint; none unless named.
    """

    slug: str
    version: int = 1
    name: str
    channel: str
    languages: tuple[str, ...]
    title: Words
    intro: Words = field(default_factory=dict)
    submit: Words = field(default_factory=dict)
    thanks: Words = field(default_factory=dict)
    fields: tuple[Field, ...]
    per_address: int = 5
    per_hour: int = 300
    origins: tuple[str, ...] = ()

    def language(self, wanted: Iterable[str]) -> str:
        """Returns the first wanted language that the form speaks, by its main part if need be; else its own first."""
        for tag in wanted:
            for spoken in self.languages:
                if spoken.lower() == tag.lower() or spoken.partition("-")[0] == tag.lower().partition("-")[0]:
                    return spoken
        return self.languages[0]

    def say(self, words: Words, language: str) -> str:
        """Returns words in a language, or in the form's first."""
        return words.get(language) or words.get(self.languages[0], "")

    def giving(self, part: str) -> Field | None:
        """Returns the field that gives a part of the contact."""
        return next((each for each in self.fields if each.part == part), None)

    @property
    def takes_files(self) -> bool:
        return any(each.kind is FieldKind.FILE for each in self.fields)
