"""Frequency caps: how often an address may be written to by a channel for a purpose, on its owner's own calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from hub.config import FrequencyCaps
from hub.model.local_time import local_instant, zone
from hub.model.outbound import State
from hub.model.value import value
from hub.store.tables import IdentityRow, MessageRow

# What reached somebody, or may have.
_COUNTED = (State.SUBMITTING.value, State.ACCEPTED.value, State.UNKNOWN.value, State.ABANDONED.value)
# The longest month and a day of time zones.
_FURTHEST = timedelta(days=33)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most so many a local day, week (from Monday) and month; None: no cap, 0: none at all."""

    day: int | None = None
    week: int | None = None
    month: int | None = None


@value(kw_only=True)
class Period:
    """One period of a cap: `cap` of it, `sent` so far, and when the next one begins."""

    name: str
    cap: int
    sent: int
    ends_at: datetime

    def one_more(self, many: int) -> Period:
        """Returns it with more sent."""
        return replace(self, sent=self.sent + many)


def lock(conn: Connection, identities: Collection[int]) -> None:
    """Keeps other processes from counting for the same addresses until the commit; SQLite has one writer anyway."""
    if identities and conn.dialect.name == "postgresql":
        # FOR NO KEY UPDATE: what is captured meanwhile may refer to the identity.
        rows = select(IdentityRow.id).where(IdentityRow.id.in_(sorted(identities))).order_by(IdentityRow.id)
        conn.execute(rows.with_for_update(key_share=True))


def sent_to(conn: Connection, identities: Collection[int], now: datetime) -> dict[tuple[int, str, str], list[datetime]]:
    """Returns when each (identity, purpose, channel) was written to of late."""
    found: dict[tuple[int, str, str], list[datetime]] = {}
    if not identities:
        return found
    rows = conn.execute(
        select(
            MessageRow.identity_id, MessageRow.purpose, MessageRow.channel, MessageRow.state, MessageRow.sent_at,
            MessageRow.due_at,
        ).where(
            MessageRow.identity_id.in_(sorted(identities)),
            MessageRow.state.in_(_COUNTED),
            or_(MessageRow.sent_at.is_(None), MessageRow.sent_at >= now - _FURTHEST),
        )
    )  # fmt: skip
    for row in rows:
        at = now if row.state == State.SUBMITTING else row.sent_at or row.due_at
        found.setdefault((row.identity_id, row.purpose, row.channel), []).append(at)
    return found


def periods(cap: Cap, sent: Iterable[datetime], zones: Collection[str], now: datetime) -> tuple[Period, ...]:
    """Returns the periods that have a cap. Where the zone is not certain, the widest period of all counts."""
    times = list(sent)
    places = [zone(name) for name in sorted(zones)]
    found = []
    for name, most in (("day", cap.day), ("week", cap.week), ("month", cap.month)):
        if most is None:
            continue
        spans = [_span(name, now, place) for place in places]
        start, end = min(span[0] for span in spans), max(span[1] for span in spans)
        found.append(Period(name=name, cap=most, sent=sum(1 for at in times if at >= start), ends_at=end))
    return tuple(found)


def caps_of(settings: FrequencyCaps, channel: str) -> dict[str, Cap]:
    """Returns the caps of a channel by purpose, from the `[frequency_cap.PURPOSE]` sections; its own before `any`."""
    found: dict[str, Cap] = {}
    for purpose, channels in settings.items():
        chosen = channels.get(channel) or channels.get("any")
        if chosen is not None:
            found[purpose] = Cap(day=chosen.day, week=chosen.week, month=chosen.month)
    return found


def _span(name: str, now: datetime, place: ZoneInfo) -> tuple[datetime, datetime]:
    today = now.astimezone(place).date()
    match name:
        case "day":
            first, following = today, today + _A_DAY
        case "week":
            first = today - today.weekday() * _A_DAY
            following = first + 7 * _A_DAY
        case _:
            first = today.replace(day=1)
            following = (first + 32 * _A_DAY).replace(day=1)
    return _midnight(first, place), _midnight(following, place)


def _midnight(day: date, place: ZoneInfo) -> datetime:
    return local_instant(datetime.combine(day, time()), place)
