"""Choosing: for each customer of an audience, to which address and when; or why not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.arms import HOLDOUT, OWN, arm_of
from hub.model.campaign import Definition
from hub.model.habits import Habits
from hub.model.local_time import zone
from hub.model.outbound import Purpose
from hub.model.schedule import Clock
from hub.outreach.best import best_channel, evidence
from hub.outreach.gates import Refusal, no_consent, suppressed
from hub.outreach.house import House, Lane
from hub.outreach.numbers import Number, number_of, where_is
from hub.outreach.quiet_hours import Rulebook, Where, closed, next_opening
from hub.outreach.reach import as_its_owner_says
from hub.store import habits, templates
from hub.store.recipients import Address, Person, Recipients, recipients

# Numbers that begin alike are of one country and one zone, which is what is asked here; the gates ask each for itself.
_ALIKE = 8
_NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True, kw_only=True)
class Lot:
    """What a customer of the audience gets: an address by a channel and a time, or the reason for nothing.

    `arm`: which of the variants that are compared. `content`: what its message keeps of why it goes out then and by
    that channel.
    """

    customer: Person
    channel: str = ""
    address: Address | None = None
    language: str = ""
    template_id: int | None = None
    arm: str = OWN
    due_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Chooser:
    """Chooses for one run. `campaign`: its name, by which people are parted into arms; `versions`: the pinned template
    by language, `variants`: those of the other arms; what it has worked out is kept for the next.
    """

    definition: Definition
    versions: Mapping[str, int]
    campaign: str = ""
    variants: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    starts_at: datetime
    house: House
    rulebook: Rulebook
    _lateness: timedelta = field(init=False)
    _dues: dict[tuple[str, ...], datetime | None] = field(default_factory=dict)
    _habits: Mapping[int, Habits] = field(default_factory=dict)
    _languages: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lateness = self.definition.lateness

    @property
    def lane(self) -> Lane | None:
        """The campaign's own channel; None where there is none of that name."""
        return self.house.lanes.get(self.definition.channel)

    @property
    def lanes(self) -> list[Lane]:
        """The channels by which messages may go, the own one first."""
        named = (self.definition.channel, *self.definition.best_of)
        return [self.house.lanes[name] for name in named if name in self.house.lanes]

    def audience_time(self, now: datetime) -> datetime:
        """Returns the time by which the segment is asked."""
        return self.definition.schedule.audience_time(self.starts_at, now, self.house.time_zone)

    def choose(self, conn: Connection, customers: Sequence[int], now: datetime) -> list[Lot]:
        """Returns the lot of each customer, in their order; only reads."""
        schemes = tuple(dict.fromkeys(scheme for lane in self.lanes for scheme in lane.schemes))
        found = recipients(conn, customers, schemes, self.house.keys)
        if self.definition.schedule.best is not None or self.definition.best_of:
            self._habits = habits.known(conn, customers)
        lane = self.lane
        if lane is None:
            seen = {"channel": self.definition.channel}
            return [Lot(customer=found.customers[one], reason="no_channel", seen=seen) for one in customers]
        return [self._lot(found.customers[one], found, lane, now) for one in customers]

    def _lot(self, customer: Person, found: Recipients, own: Lane, now: datetime) -> Lot:
        held = found.addresses.get(customer.id, ())
        lane, address, refusal = self._way(customer.id, held, found, own, now)
        if address is None:
            seen = {"channel": lane.name, "schemes": list(lane.schemes)}
            return Lot(customer=customer, reason="no_address", seen=seen)
        if refusal is not None:
            return Lot(customer=customer, reason=refusal.reason, seen=refusal.values)
        known = self._habits.get(customer.id) if self._habits else None
        best = known.hour if known is not None and self.definition.schedule.best is not None else None
        due_at = self._due_at(customer, address, best)
        if best is not None and due_at is not None and now >= due_at + self._lateness:
            due_at = self._due_at(customer, address, None)  # their best hour is over today, its own time may not be
        if due_at is None:
            return Lot(customer=customer, reason="no_open_hours", seen={"address": _written(address)})
        expires_at = due_at + self._lateness
        if now >= expires_at:
            seen = {"due_at": due_at.isoformat(), "late_after": expires_at.isoformat()}
            return Lot(customer=customer, reason="time_passed", seen=seen)
        arm = self._arm(customer.id)
        if arm == HOLDOUT:
            held_out = {"percent": self.definition.holdout, "due_at": due_at.isoformat()}
            return Lot(customer=customer, reason=HOLDOUT, seen=held_out)
        language, template_id = self._version(customer.language, arm)
        return Lot(
            customer=customer,
            channel=lane.name,
            address=address,
            language=language,
            template_id=template_id,
            arm=arm,
            due_at=due_at,
            expires_at=expires_at,
            content=self._evidence(known),
        )

    def _evidence(self, known: Habits | None) -> Mapping[str, Any]:
        asks_hour, asks_channel = self.definition.schedule.best is not None, bool(self.definition.best_of)
        return evidence(known, hour=asks_hour, channel=asks_channel) if asks_hour or asks_channel else _NOTHING

    def _way(
        self, customer: int, held: Sequence[Address], found: Recipients, own: Lane, now: datetime
    ) -> tuple[Lane, Address | None, Refusal | None]:
        """Returns the channel and the address, and why it may not be written to, if so.

        Where their best channel may not write to them, the campaign's own one does if it may.
        """
        others = self.definition.best_of
        if others:
            schemes = {one.scheme for one in held}
            name = best_channel(own.name, others, self._habits.get(customer), schemes, self.house)
            lane = self.house.lanes[name]
            theirs = [one for one in held if one.scheme in lane.schemes]
            if lane is not own and theirs:
                address, refusal = self._best(theirs, found, lane, now)
                if refusal is None:
                    return lane, address, None
            held = [one for one in held if one.scheme in own.schemes]
        return (own, *self._best(held, found, own, now)) if held else (own, None, None)

    def _best(
        self, held: Sequence[Address], found: Recipients, lane: Lane, now: datetime
    ) -> tuple[Address, Refusal | None]:
        """Returns the first address that may be written to, else the best one and why not."""
        first: Refusal | None = None
        for address in held:
            agreed, against = found.agreed.get(address.id), found.suppressions.get(_written(address), ())
            if agreed is not None and agreed.granted and address.confirmed_at is not None and not against:
                return address, None
            seen = as_its_owner_says(
                _written(address),
                lane,
                Purpose.PROMOTIONAL,
                now,
                confirmed=address.confirmed_at is not None,
                said=agreed,
                against=against,
            )
            refusal = suppressed(seen) or no_consent(seen)
            if refusal is None:
                return address, None
            first = first or refusal
        return held[0], first

    def _due_at(self, customer: Person, address: Address, best: int | None) -> datetime | None:
        """Returns when it is due there; None where no hour is ever open.

        At once means: as soon as the recipient's hours are open. A time of its own stays as it is; the gates hold or
        end what falls into closed hours.
        """
        schedule = self.definition.schedule
        if not schedule.is_now and schedule.clock is Clock.BUSINESS:
            return self.starts_at
        number = address.value if address.scheme != "mailto" else ""
        state = str((customer.facts or {}).get("state", ""))
        key = (customer.time_zone, customer.country, state, number[:_ALIKE], str(best))
        if key not in self._dues:
            where = where_is(customer._asdict(), number_of(number) if number else Number())
            self._dues[key] = self._opening(where) if schedule.is_now else self._local(where, best)
        return self._dues[key]

    def _opening(self, where: Where) -> datetime | None:
        windows = self.rulebook.windows(where, self.house.time_zone, self.starts_at.date())
        return self.starts_at if closed(windows, self.starts_at) is None else next_opening(windows, self.starts_at)

    def _local(self, where: Where, best: int | None) -> datetime:
        """Where several zones may be right, the one in which that time comes last: early is worse than late."""
        zones = where.zones if where.zones and self.house.time_zone not in where.zones else {self.house.time_zone}
        return max(self.definition.schedule.due_at(self.starts_at, zone(name), best) for name in zones)

    def _arm(self, customer: int) -> str:
        """Last of all, so that who gets nothing by it would have got something otherwise: they can be compared."""
        if not (self.definition.holdout or self.definition.variants):
            return OWN
        return arm_of(self.campaign, customer, list(self.definition.variants), self.definition.holdout)

    def _version(self, language: str, arm: str) -> tuple[str, int]:
        if (language, arm) not in self._languages:
            versions = self.versions if arm == OWN else self.variants[arm]
            rows = {code: {"language": code, "id": row} for code, row in versions.items()}
            chosen = templates.in_language(rows, language, self.house.language)
            assert chosen is not None, "a launch without a template is refused"
            self._languages[language, arm] = (chosen["language"], chosen["id"])
        return self._languages[language, arm]


def _written(address: Address) -> str:
    return f"{address.scheme}:{address.value}"
