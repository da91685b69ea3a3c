"""Rows about records: equipment, offers, what is earned, how valuable somebody is, what may be next for them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from hub.model.segment.about_history import DAYS, HAS
from hub.model.segment.parts import Part, PartKind
from hub.model.segment.row import Row, in_last
from hub.model.segment.sentence import N_, Phrase, ngettext, quoted

OWNED_WORDS = {
    "service_due": N_("which is due for a service"),
    "warranty_ends": N_("whose warranty ends"),
    "warranty_over": N_("whose warranty is over"),
}
# What each band asks for, of 1 to 5 where 5 is the best fifth: when they last bought, how often, for how much.
# The names are those of the common RFM grid; each customer is compared with the business's own others.
BANDS = {
    "best": {"recency": (4, 5), "frequency": (4, 5), "money": (4, 5)},
    "loyal": {"frequency": (4, 5)},
    "spending": {"money": (4, 5)},
    "recent": {"recency": (4, 5), "frequency": (1, 1)},
    "slipping": {"recency": (1, 2), "frequency": (3, 5)},
    "lost": {"recency": (1, 1), "frequency": (1, 2)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owns(Row):
    """Equipment in use, of theirs. `days`: within so many days, what is overdue included; without it: now."""

    about: ClassVar[str] = "equipment"
    words: ClassVar[tuple[str, ...]] = HAS
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="which", kind=PartKind.CHOICE, choices=tuple(OWNED_WORDS), optional=True),
        DAYS,
        Part(name="sku", kind=PartKind.TEXT, optional=True),
        Part(name="model", kind=PartKind.TEXT, optional=True),
    )

    which: str
    days: int | None
    sku: str
    model: str

    def phrases(self) -> list[Phrase]:
        said = [N_("has equipment") if self.is_ == "has" else N_("has no equipment")]
        if self.sku:
            said.append(N_("the product %(sku)s", sku=quoted(self.sku)))
        if self.model:
            said.append(N_("of the model %(model)s", model=quoted(self.model)))
        if self.which:
            said.append(OWNED_WORDS[self.which])
            if self.days is not None and self.which != "warranty_over":
                said.append(ngettext("in the next %(number)s day", "in the next %(number)s days", self.days))
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered(Row):
    """The codes of offers. `open`: given, not redeemed and not over."""

    about: ClassVar[str] = "offers"
    words: ClassVar[tuple[str, ...]] = ("given", "not_given", "redeemed", "not_redeemed", "open")
    parts: ClassVar[tuple[Part, ...]] = (Part(name="offer", kind=PartKind.NAME, optional=True), DAYS)

    offer: str
    days: int | None

    def phrases(self) -> list[Phrase]:
        words = {
            "given": N_("was given an offer"),
            "not_given": N_("was not given an offer"),
            "redeemed": N_("redeemed an offer"),
            "not_redeemed": N_("redeemed no offer"),
            "open": N_("has an offer that is still open"),
        }
        said = [words[self.is_]]
        if self.offer:
            said.append(N_("namely %(offer)s", offer=quoted(self.offer)))
        return [*said, *in_last(self.days)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned(Row):
    """What is left of paid purchases after what they cost us, of the lines whose cost is known."""

    about: ClassVar[str] = "margin"
    words: ClassVar[tuple[str, ...]] = ("at_least", "at_most")
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="amount", kind=PartKind.AMOUNT),
        Part(name="currency", kind=PartKind.TEXT, pattern=r"[A-Z]{3}", example="EUR"),
        DAYS,
    )

    amount: Decimal
    currency: str
    days: int | None

    def phrases(self) -> list[Phrase]:
        amount = f"{self.amount:f} {self.currency}"
        least = self.is_ == "at_least"
        said = (
            N_("left us %(amount)s or more", amount=amount)
            if least
            else N_("left us %(amount)s or less", amount=amount)
        )
        return [said, *in_last(self.days)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued(Row):
    """How a customer compares with the others by when, how often and for how much they bought (RFM)."""

    about: ClassVar[str] = "value"
    words: ClassVar[tuple[str, ...]] = tuple(BANDS)
    parts: ClassVar[tuple[Part, ...]] = ()

    def phrases(self) -> list[Phrase]:
        words = {
            "best": N_("is among the best customers: bought lately, often and for much"),
            "loyal": N_("buys more often than most"),
            "spending": N_("spends more than most"),
            "recent": N_("bought lately for the first time"),
            "slipping": N_("used to buy often, and not lately"),
            "lost": N_("bought seldom and long ago"),
        }
        return [words[self.is_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised(Row):
    """Whom a product, or a category, may interest: they bought what others bought before it, and do not have it."""

    about: ClassVar[str] = "advice"
    words: ClassVar[tuple[str, ...]] = ("sku", "category")
    parts: ClassVar[tuple[Part, ...]] = (Part(name="value", kind=PartKind.NAME),)

    value: str

    def phrases(self) -> list[Phrase]:
        value = quoted(self.value)
        if self.is_ == "sku":
            return [N_("may want the product %(value)s, by what they bought", value=value)]
        return [N_("may want something of %(value)s, by what they bought", value=value)]
