"""Rows about who a customer is: fields, birthday, facts, addresses and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from hub.model.outbound import Purpose
from hub.model.segment.parts import Part, PartKind, Place, is_plain_number
from hub.model.segment.row import Row, in_last
from hub.model.segment.sentence import N_, Phrase, ngettext, quoted

RELATIONSHIPS = ("prospect", "customer", "supplier", "partner", "owner", "employee")
SCHEMES = ("mailto", "tel", "whatsapp")
_OF = frozenset({"one_of", "none_of"})
_LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"

RELATIONSHIP_WORDS = {
    "prospect": N_("prospect"),
    "customer": N_("customer"),
    "supplier": N_("supplier"),
    "partner": N_("partner"),
    "owner": N_("owner"),
    "employee": N_("employee"),
}
SCHEME_WORDS = {
    "mailto": N_("an e-mail address"),
    "tel": N_("a phone number"),
    "whatsapp": N_("a WhatsApp number"),
}
WAY_WORDS = {"mailto": N_("by e-mail"), "tel": N_("by phone and text"), "whatsapp": N_("by WhatsApp")}
PURPOSE_WORDS = {
    "promotional": N_("promotions"),
    "reminder": N_("reminders"),
    "service": N_("service messages"),
}
MONTH_WORDS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"),
    N_("July"), N_("August"), N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def _of(pattern: str = "", example: str = "", choices: tuple[str, ...] = ()) -> tuple[Part, ...]:
    return (Part(name="value", kind=PartKind.WORDS, choices=choices, pattern=pattern, example=example, only_for=_OF),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Row):
    """A field of the customer that is, or is not, one of several values; or is unknown."""

    words: ClassVar[tuple[str, ...]] = ("one_of", "none_of", "known", "unknown")
    label: ClassVar[Phrase]

    value: tuple[str, ...]

    def phrases(self) -> list[Phrase]:
        match self.is_:
            case "known":
                return [N_("%(field)s is known", field=self.label)]
            case "unknown":
                return [N_("%(field)s is unknown", field=self.label)]
            case "one_of":
                return [N_("%(field)s is %(values)s", field=self.label, values=self._said())]
            case _:
                return [N_("%(field)s is not %(values)s", field=self.label, values=self._said())]

    def _said(self) -> tuple[Phrase, ...]:
        return tuple(RELATIONSHIP_WORDS.get(word) or quoted(word) for word in self.value)


class Relationship(Field):
    __slots__ = ()
    about = "relationship"
    words = ("one_of", "none_of")
    label = N_("the relationship")
    parts = _of(choices=RELATIONSHIPS)


class Language(Field):
    """`pt` stands for pt-BR too."""

    __slots__ = ()
    about = "language"
    label = N_("the language")
    parts = _of(_LANGUAGE, "en or pt-BR")


class Country(Field):
    __slots__ = ()
    about = "country"
    label = N_("the country")
    parts = _of(r"[A-Z]{2}", "CZ")


class TimeZone(Field):
    __slots__ = ()
    about = "time_zone"
    label = N_("the time zone")
    parts = _of(r"[A-Za-z0-9_+/-]{1,60}", "Europe/Prague")


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday(Row):
    """`within`: today or in the coming days; who was born on 29 February has it on the 28th in other years."""

    about: ClassVar[str] = "birthday"
    words: ClassVar[tuple[str, ...]] = ("within", "in_month", "known", "unknown")
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="days", kind=PartKind.NUMBER, most=366, only_for=frozenset({"within"})),
        Part(name="month", kind=PartKind.NUMBER, least=1, most=12, only_for=frozenset({"in_month"})),
    )

    days: int | None
    month: int | None

    def phrases(self) -> list[Phrase]:
        match self.is_:
            case "within" if not self.days:
                return [N_("has their birthday today")]
            case "within":
                days = self.days or 0
                return [
                    ngettext(
                        "birthday today or in the next %(number)s day", "birthday within the next %(number)s days", days
                    )
                ]
            case "in_month":
                return [N_("has their birthday in %(month)s", month=MONTH_WORDS[(self.month or 1) - 1])]
            case "known":
                return [N_("the birthday is known")]
            case _:
                return [N_("the birthday is unknown")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Created(Row):
    """Since when the customer is known to the hub."""

    about: ClassVar[str] = "created"
    words: ClassVar[tuple[str, ...]] = ("within", "longer_ago")
    parts: ClassVar[tuple[Part, ...]] = (Part(name="days", kind=PartKind.NUMBER),)

    days: int

    def phrases(self) -> list[Phrase]:
        if self.is_ == "within":
            return [N_("was first known"), *in_last(self.days)]
        return [ngettext("known for over %(number)s day", "known for over %(number)s days", self.days)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Row):
    """A fact by its name. Texts are compared whole, in the usual capitals; numbers as numbers; dates by their day."""

    about: ClassVar[str] = "fact"
    words: ClassVar[tuple[str, ...]] = (
        "equal", "not_equal", "contains", "at_least", "at_most", "in_last_days", "in_next_days", "known", "unknown",
    )  # fmt: skip
    parts: ClassVar[tuple[Part, ...]] = (
        # Neither quotes nor backslashes: the name becomes a path into JSON.
        Part(name="name", kind=PartKind.NAME, pattern=r"[^\"\\\x00-\x1f]{1,80}", example="tier"),
        Part(
            name="value",
            kind=PartKind.TEXT,
            only_for=frozenset({"equal", "not_equal", "contains", "at_least", "at_most"}),
        ),
        Part(name="days", kind=PartKind.NUMBER, only_for=frozenset({"in_last_days", "in_next_days"})),
    )

    name: str
    value: str
    days: int | None

    @property
    def is_date(self) -> bool:
        """Whether the value is a day, as 2026-01-31."""
        return is_day(self.value)

    def check(self, place: Place) -> None:
        if self.is_ in ("at_least", "at_most") and not (self.is_date or is_plain_number(self.value)):
            raise place.refused(f"{self.value[:40]!r} is neither a number nor a date as 2026-01-31.", "value")

    def phrases(self) -> list[Phrase]:
        name, value = quoted(self.name), quoted(self.value)
        match self.is_:
            case "equal":
                return [N_("%(fact)s is %(value)s", fact=name, value=value)]
            case "not_equal":
                return [N_("%(fact)s is known and not %(value)s", fact=name, value=value)]
            case "contains":
                return [N_("%(fact)s contains %(value)s", fact=name, value=value)]
            case "at_least":
                return [N_("%(fact)s is %(value)s or more", fact=name, value=value)]
            case "at_most":
                return [N_("%(fact)s is %(value)s or less", fact=name, value=value)]
            case "in_last_days":
                return [N_("%(fact)s is a day", fact=name), *in_last(self.days)]
            case "in_next_days":
                days = self.days or 0
                when = ngettext("in the next %(number)s day", "in the next %(number)s days", days)
                return [N_("%(fact)s is a day", fact=name), when]
            case "known":
                return [N_("%(fact)s is known", fact=name)]
            case _:
                return [N_("%(fact)s is unknown", fact=name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Row):
    """Whether the customer holds an address of a kind now, perhaps a confirmed one."""

    about: ClassVar[str] = "address"
    words: ClassVar[tuple[str, ...]] = ("has", "has_not")
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="scheme", kind=PartKind.CHOICE, choices=SCHEMES),
        Part(name="confirmed", kind=PartKind.YES, optional=True),
    )

    scheme: str
    confirmed: bool

    def phrases(self) -> list[Phrase]:
        kind = SCHEME_WORDS[self.scheme]
        said = (
            N_("has %(address)s", address=kind) if self.is_ == "has" else N_("does not have %(address)s", address=kind)
        )
        return [said, N_("confirmed")] if self.confirmed else [said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed(Row):
    """The newest consent of an address that the customer holds now.

    `may_write`: given, the address confirmed, and nothing against it: whom a promotion reaches.
    """

    about: ClassVar[str] = "consent"
    words: ClassVar[tuple[str, ...]] = ("given", "may_write", "withdrawn", "never_asked")
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="scheme", kind=PartKind.CHOICE, choices=SCHEMES),
        Part(
            name="purpose",
            kind=PartKind.CHOICE,
            choices=tuple(purpose.value for purpose in Purpose),
            optional=True,
            default=Purpose.PROMOTIONAL.value,
        ),
    )

    scheme: str
    purpose: str

    def phrases(self) -> list[Phrase]:
        what = {"purpose": PURPOSE_WORDS[self.purpose], "way": WAY_WORDS[self.scheme]}
        match self.is_:
            case "given":
                return [N_("agreed to %(purpose)s %(way)s", **what)]
            case "may_write":
                return [N_("may be sent %(purpose)s %(way)s", **what)]
            case "withdrawn":
                return [N_("does not want %(purpose)s %(way)s", **what)]
            case _:
                return [N_("was never asked about %(purpose)s %(way)s", **what)]


def is_day(text: str) -> bool:
    """Says whether a text is a day as 2026-01-31; a day of a week (2026-W05-6) is none here."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
