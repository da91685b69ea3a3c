"""Rows about what happened: purchases, appointments, what was said and sent, survey answers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from hub.model.contact import Medium
from hub.model.segment.parts import MOST_TIMES, Part, PartKind, Place, is_plain_number
from hub.model.segment.row import Row, in_last, so_often
from hub.model.segment.sentence import N_, Phrase, ngettext, quoted

DAYS = Part(name="days", kind=PartKind.NUMBER, optional=True)
TIMES = Part(name="times", kind=PartKind.NUMBER, least=1, most=MOST_TIMES, optional=True, default=1)
HAS = ("has", "has_not")
SPOKEN = (Medium.EMAIL, Medium.SMS, Medium.WHATSAPP, Medium.CALL, Medium.FORM, Medium.SURVEY)
MEDIUM_WORDS = {
    "email": N_("by e-mail"),
    "sms": N_("by text"),
    "whatsapp": N_("by WhatsApp"),
    "call": N_("by phone call"),
    "form": N_("by a form"),
    "survey": N_("by a survey"),
}
APPOINTMENT_WORDS = {
    "booked": N_("booked"),
    "confirmed": N_("confirmed"),
    "cancelled": N_("cancelled"),
    "attended": N_("attended"),
    "missed": N_("missed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought(Row):
    """Paid purchases. With `category` or `sku` only purchases with such a line count, and of them only these lines."""

    about: ClassVar[str] = "purchases"
    words: ClassVar[tuple[str, ...]] = HAS
    parts: ClassVar[tuple[Part, ...]] = (
        DAYS,
        TIMES,
        Part(name="category", kind=PartKind.TEXT, optional=True),
        Part(name="sku", kind=PartKind.TEXT, optional=True),
        Part(name="amount", kind=PartKind.AMOUNT, optional=True),
        Part(name="currency", kind=PartKind.TEXT, pattern=r"[A-Z]{3}", example="EUR", optional=True),
    )

    days: int | None
    times: int
    category: str
    sku: str
    amount: Decimal | None
    currency: str

    def check(self, place: Place) -> None:
        if self.amount is not None and not self.currency:
            raise place.refused("an amount needs its currency, as EUR.", "currency")

    def phrases(self) -> list[Phrase]:
        # So much or so often they did not buy; they may have bought less.
        nothing = N_("did not buy") if self.times > 1 or self.amount is not None else N_("bought nothing")
        said = [N_("bought something") if self.is_ == "has" else nothing, *in_last(self.days)]
        said += so_often(self.times)
        if self.category:
            said.append(N_("of the category %(category)s", category=quoted(self.category)))
        if self.sku:
            said.append(N_("the product %(sku)s", sku=quoted(self.sku)))
        if self.amount is not None:
            amount = f"{self.amount:f} {self.currency}"
            said.append(N_("for %(amount)s or more in all", amount=amount))
        elif self.currency:
            said.append(N_("paid in %(currency)s", currency=self.currency))
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Meets(Row):
    """Appointments to come (booked or confirmed) or past (not cancelled); `state` asks for one state instead."""

    about: ClassVar[str] = "appointments"
    words: ClassVar[tuple[str, ...]] = HAS
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="when", kind=PartKind.CHOICE, choices=("upcoming", "past")),
        DAYS,
        Part(name="state", kind=PartKind.CHOICE, choices=tuple(APPOINTMENT_WORDS), optional=True),
        TIMES,
    )

    when: str
    days: int | None
    state: str
    times: int

    def phrases(self) -> list[Phrase]:
        has, some = self.is_ == "has", self.times > 1
        said: list[Phrase] = []
        if self.when == "upcoming":
            no = N_("does not have appointments to come") if some else N_("has no appointment to come")
            said.append(N_("has an appointment to come") if has else no)
            if self.days is not None:
                said.append(ngettext("in the next %(number)s day", "in the next %(number)s days", self.days))
        else:
            no = N_("did not have appointments") if some else N_("had no appointment")
            said.append(N_("had an appointment") if has else no)
            said += in_last(self.days)
        if self.state:
            said.append(N_("which is %(state)s", state=APPOINTMENT_WORDS[self.state]))
        said += so_often(self.times)
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke(Row):
    """What was written or said, by them (`from_them`) or by us (`from_us`); machines' mail does not count."""

    about: ClassVar[str] = "interactions"
    words: ClassVar[tuple[str, ...]] = HAS
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="direction", kind=PartKind.CHOICE, choices=("from_them", "from_us")),
        Part(name="medium", kind=PartKind.CHOICE, choices=tuple(medium.value for medium in SPOKEN), optional=True),
        DAYS,
        TIMES,
    )

    direction: str
    medium: str
    days: int | None
    times: int

    def phrases(self) -> list[Phrase]:
        words = {
            ("has", "from_them"): N_("wrote to us"),
            ("has_not", "from_them"): N_("did not write to us"),
            ("has", "from_us"): N_("was written to"),
            ("has_not", "from_us"): N_("was not written to"),
        }
        said = [words[self.is_, self.direction]]
        if self.medium:
            said.append(MEDIUM_WORDS[self.medium])
        return [*said, *in_last(self.days), *so_often(self.times)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached(Row):
    """Whether a message of a campaign went out to them and did not come back; without `campaign`, of any.

    `replied`: they wrote to us within two weeks of it, by the same address; `not_replied`: they got it and did not.
    """

    about: ClassVar[str] = "campaign"
    words: ClassVar[tuple[str, ...]] = ("got", "not_got", "replied", "not_replied", "bounced")
    parts: ClassVar[tuple[Part, ...]] = (Part(name="campaign", kind=PartKind.NAME, optional=True), DAYS)

    campaign: str
    days: int | None

    def phrases(self) -> list[Phrase]:
        words = {
            "got": N_("got some campaign"),
            "not_got": N_("got no campaign"),
            "replied": N_("replied to some campaign"),
            "not_replied": N_("got some campaign and did not reply"),
            "bounced": N_("was not reached by some campaign"),
        }
        if self.campaign:
            name = quoted(self.campaign)
            words = {
                "got": N_("got the campaign %(name)s", name=name),
                "not_got": N_("did not get the campaign %(name)s", name=name),
                "replied": N_("replied to the campaign %(name)s", name=name),
                "not_replied": N_("got the campaign %(name)s and did not reply", name=name),
                "bounced": N_("was not reached by the campaign %(name)s", name=name),
            }
        return [words[self.is_], *in_last(self.days)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored(Row):
    """The newest 0 to 10 answer of a customer: 9 and 10 promoter, 7 and 8 passive, the rest detractor."""

    about: ClassVar[str] = "nps"
    words: ClassVar[tuple[str, ...]] = ("promoter", "passive", "detractor", "answered", "not_answered")
    parts: ClassVar[tuple[Part, ...]] = (DAYS,)

    days: int | None

    def phrases(self) -> list[Phrase]:
        words = {
            "promoter": N_("would recommend us (9 or 10)"),
            "passive": N_("is content (7 or 8)"),
            "detractor": N_("would not recommend us (0 to 6)"),
            "answered": N_("said whether they would recommend us"),
            "not_answered": N_("did not say whether they would recommend us"),
        }
        return [words[self.is_], *in_last(self.days)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Row):
    """Any answer to a question of a form or survey, by the question's own words."""

    about: ClassVar[str] = "answer"
    words: ClassVar[tuple[str, ...]] = ("equal", "contains", "at_least", "at_most")
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="question", kind=PartKind.NAME),
        Part(name="value", kind=PartKind.TEXT),
        DAYS,
    )

    question: str
    value: str
    days: int | None

    def check(self, place: Place) -> None:
        if self.is_ in ("at_least", "at_most") and not is_plain_number(self.value):
            raise place.refused(f"{self.value[:40]!r} is no number.", "value")

    def phrases(self) -> list[Phrase]:
        what = {"question": quoted(self.question), "value": quoted(self.value)}
        words = {
            "equal": N_("answered %(value)s to %(question)s", **what),
            "contains": N_("answered something with %(value)s to %(question)s", **what),
            "at_least": N_("answered %(value)s or more to %(question)s", **what),
            "at_most": N_("answered %(value)s or less to %(question)s", **what),
        }
        return [words[self.is_], *in_last(self.days)]
