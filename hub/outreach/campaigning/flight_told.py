"""A flight plan as it is told: to a page, to a machine, and kept until it is looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from hub.model.never_said import WHY
from hub.outreach.campaigning.costing import CountryCost, totals
from hub.outreach.reasons import in_general

COUNTED = ("skipped", "gated", "empty", "languages", "parts", "hours", "law", "labels", "channels", "arms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Somebody whose message cannot be written, and why."""

    customer: int
    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message as its reader would get it."""

    customer: int
    name: str
    to: str
    due_at: datetime
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What to mind before a launch: words to be translated, with `{many}` in them where they count."""

    words: str
    many: int = 0

    def __str__(self) -> str:
        return self.words.format(many=self.many)


@dataclass(slots=True, kw_only=True)
class FlightPlan:
    """What a launch now would do. `audience` = `messages` + all of `skipped`.

    `skipped` by reason: who gets no message; `gated` by reason: whose message would be held or not sent when it is due.
    `shared`: addresses of several customers, written to once. `hours`: messages by the hour of the recipient's day.
    `empty`: for how many a field of the template is empty. `hash`: what a launch is bound to, empty when not `ready`.
    `costs`: of texts, by country; `ends_at`: when the last one leaves at the channel's speed of `per_second` parts,
    `too_late`: for how many that is too late. `law`: by which row of the rulebook its kind is a promotion, how often;
    `labels`: how many begin with which label; `existing`: how many rest on having bought, and say so. `channels`: how
    many go by which; `arms`: how many get which of the variants that are compared.
    """

    campaign: int
    version: int
    hash: str = ""
    audience: int = 0
    messages: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    gated: Counter[str] = field(default_factory=Counter)
    errors: list[Trouble] = field(default_factory=list)
    error_count: int = 0
    empty: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    parts: Counter[int] = field(default_factory=Counter)
    shared: int = 0
    hours: Counter[int] = field(default_factory=Counter)
    first_at: datetime | None = None
    last_at: datetime | None = None
    samples: list[Sample] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    costs: list[CountryCost] = field(default_factory=list)
    ends_at: datetime | None = None
    too_late: int = 0
    per_second: float = 0.0
    kind: str = ""
    law: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    existing: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    arms: Counter[str] = field(default_factory=Counter)

    @property
    def total_costs(self) -> dict[str, str]:
        """What all texts cost, in each currency."""
        return totals(self.costs)

    @property
    def unpriced(self) -> int:
        """For how many messages nobody knows a price."""
        return sum(one.messages for one in self.costs if not one.amount)

    @property
    def total_parts(self) -> int:
        return sum(parts * many for parts, many in self.parts.items())

    @property
    def ready(self) -> bool:
        """Says whether it may be launched: somebody gets something."""
        return self.error_count + self.never_said < self.messages

    @property
    def never_said(self) -> int:
        """For how many the message names or is chosen by what is never said: about health, or prescription only."""
        return sum(self.gated[reason] for reason in WHY)

    def as_json(self) -> dict[str, Any]:
        """Returns the plan for machines."""
        counts = {name: getattr(self, name) for name in COUNTED}
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            **{name: {str(key): many for key, many in sorted(found.items())} for name, found in counts.items()},
            "warnings": [str(warned) for warned in self.warnings],
            "errors": [asdict(trouble) for trouble in self.errors],
            "samples": [asdict(sample) for sample in self.samples],
            "costs": [asdict(cost) for cost in self.costs],
            "total_costs": self.total_costs,
            "unpriced": self.unpriced,
            "total_parts": self.total_parts,
            "ready": self.ready,
            "why": {reason: in_general("", reason) for reason in (*self.skipped, *self.gated)},
        }
