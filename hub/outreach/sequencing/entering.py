"""Entering: what happened since a sequence last looked, whom it lets in, and who has answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.sequence import Sequence as Steps
from hub.model.sequence import Standing, Trigger
from hub.outreach.sequencing.answering import heed
from hub.store import audience, carts, enrolments, happenings, segments, sequences
from hub.store.enrolments import Last
from hub.store.happenings import BATCH, Happened
from hub.store.sequences import SequenceVersion, Switch

# outbound.md, lateness: what happened while nothing ran does not end in a burst.
LATE = timedelta(hours=24)
# A file of surveys, visits or purchases comes some days after them; older rows are history.
LATE_RECORD = timedelta(days=3)
# Who is in a segment, and who has not answered, is asked now and then: it costs more than reading what happened.
SCAN_EVERY = timedelta(minutes=5)
_DETRACTOR = 6
_APPOINTMENTS = {
    Trigger.KEPT: "appointment.attended",
    Trigger.MISSED: "appointment.missed",
    Trigger.CANCELLED: "appointment.cancelled",
}
_PAGE = 2_000
# What has to be looked for, since no event tells of it.
SCANNED = (Trigger.SEGMENT, Trigger.NO_REPLY, Trigger.CART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may enter. `key` names what happened, so that it lets in once; `context`: what it was."""

    customer: int
    key: str
    context: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Looked:
    """What is to be stored of one sequence: who enters, who answered with which interaction, who asked to stop,
    and who bought, where a cart that was left is what it is about.
    """

    version: SequenceVersion
    switch: Switch
    after: int
    looked_at: datetime | None
    entering: list[dict[str, Any]] = field(default_factory=list)
    replied: dict[int, int] = field(default_factory=dict)
    withdrew: set[int] = field(default_factory=set)
    bought: set[int] = field(default_factory=set)
    came: list[int] = field(default_factory=list)
    went: list[int] = field(default_factory=list)

    @property
    def worth_storing(self) -> bool:
        return bool(
            self.entering
            or self.replied
            or self.withdrew
            or self.bought
            or self.came
            or self.went
            or self.looked_at != self.switch.looked_at
        ) or (self.after - self.switch.after > BATCH // 2)


def look(conn: Connection, version: SequenceVersion, switch: Switch, now: datetime) -> Looked:
    """Returns what a sequence that is on finds since it last looked; only reads. Raises Refused."""
    steps = version.sequence
    newest = happenings.newest(conn, now)
    events = happenings.since(conn, switch.after, newest)
    after = events[-1].id if len(events) == BATCH else max(newest, switch.after)
    found = Looked(version=version, switch=switch, after=after, looked_at=switch.looked_at)
    found.replied = {each.customer_id: each.interaction_id or 0 for each in events if _wrote(each)}
    found.withdrew = {each.customer_id for each in events if each.kind == happenings.WITHDRAWN}
    if steps.entry.on is Trigger.CART:
        found.bought = {each.customer_id for each in events if each.kind == happenings.BOUGHT}
    candidates = [one for each in events if now - each.at <= LATE and (one := _let_in(each, steps, now))]
    if steps.entry.on in SCANNED and _is_due(switch, now):
        found.looked_at = now
        candidates += _scan(conn, steps, version.name, switch, found, now)
    found.entering = _entering(conn, version, steps, candidates, now)
    return found


def keep(conn: Connection, found: Sequence[Looked], now: datetime) -> int:
    """Stores what was found, each sequence only if nobody else has meanwhile; returns how many entered or answered."""
    many = 0
    for each in found:
        if sequences.looked(conn, each.switch, after=each.after, looked_at=each.looked_at):
            # First who was under way, then who enters: what lets somebody in is no answer.
            many += heed(conn, each.version.name, each.replied, each.withdrew, now)
            many += _leave_who_bought(conn, each.version.name, each.bought, now)
            enrolments.change_members(conn, each.version.name, each.came, each.went)
            enrolments.enrol(conn, each.entering)
            many += len(each.entering)
    return many


def _leave_who_bought(conn: Connection, sequence: str, bought: set[int], now: datetime) -> int:
    rows = enrolments.active_of(conn, sequence, sorted(bought))
    over = carts.over(conn, rows)
    return sum(enrolments.leave(conn, row, over[row["id"]], now) for row in rows if row["id"] in over)


def _is_due(switch: Switch, now: datetime) -> bool:
    return switch.looked_at is None or now - switch.looked_at >= SCAN_EVERY


def _wrote(each: Happened) -> bool:
    """A person wrote to us, whatever it says; a form or a survey is an answer too."""
    return each.kind == happenings.CAPTURED and each.direction == "in" and each.interaction_kind == "message"


def _let_in(each: Happened, steps: Steps, now: datetime) -> Candidate | None:
    entry, detail = steps.entry, each.detail
    match entry.on:
        case Trigger.FORM if each.kind == happenings.CAPTURED and each.medium == "form":
            fits = not entry.form or detail.get("form") == entry.form
        case Trigger.DETRACTOR if each.kind == happenings.CAPTURED:
            score = str(detail.get("nps", ""))
            fits = score.isdecimal() and int(score) <= _DETRACTOR
        case Trigger.PURCHASE if each.kind == happenings.BOUGHT:
            fits = True
        case Trigger.KEPT | Trigger.MISSED | Trigger.CANCELLED:
            fits = each.kind == _APPOINTMENTS[entry.on]
        case _:
            return None
    if not fits or each.happened_at is None or now - each.happened_at > LATE_RECORD:
        return None
    told = {"interaction": str(each.interaction_id)} if each.interaction_id else {}
    return Candidate(customer=each.customer_id, key=each.key, context={**told, **each.about})


def _scan(conn: Connection, steps: Steps, name: str, switch: Switch, found: Looked, now: datetime) -> list[Candidate]:
    if steps.entry.on is Trigger.NO_REPLY:
        until = now - timedelta(days=steps.entry.days)
        waiting = happenings.unanswered(conn, until - LATE, until)
        return [
            Candidate(customer=customer, key=f"conversation:{number}", context={"conversation": number})
            for number, customer in waiting
        ]
    if steps.entry.on is Trigger.CART:
        until = now - timedelta(minutes=steps.entry.minutes)
        return [
            Candidate(
                customer=customer,
                key=f"cart:{number}:{revision}",
                context={carts.CART: number, carts.REVISION: revision},
            )
            for number, customer, revision in carts.left(conn, until - LATE, until)
        ]
    found.came, found.went = _moved(conn, steps.entry.segment, name, now)
    if switch.looked_at is None:
        return []  # who is in it at first has not entered it
    return [Candidate(customer=one, key=f"segment:{now.date()}", context={}) for one in found.came]


def _moved(conn: Connection, segment: str, name: str, now: datetime) -> tuple[list[int], list[int]]:
    """Returns who came into a segment since it was last looked at, and who went."""
    asked = segments.current(conn, segment).segment
    came: list[int] = []
    went: list[int] = []
    first, furthest = 1, enrolments.last_member(conn, name)
    while True:
        here = audience.members(conn, asked, now, after=first - 1, limit=_PAGE)
        last = here[-1] if len(here) == _PAGE else max(furthest, here[-1] if here else 0)
        known = enrolments.members(conn, name, first, last)
        came += [one for one in here if one not in known]
        went += sorted(known - set(here))
        if len(here) < _PAGE:
            return came, went
        first = last + 1


def _entering(
    conn: Connection,
    version: SequenceVersion,
    steps: Steps,
    candidates: Sequence[Candidate],
    now: datetime,
) -> list[dict[str, Any]]:
    if not candidates:
        return []
    known = enrolments.last_of(conn, version.name, [one.customer for one in candidates])
    alive = happenings.not_merged(conn, [one.customer for one in candidates])
    asked = None
    if steps.entry.segment and steps.entry.on is not Trigger.SEGMENT:
        asked = segments.current(conn, steps.entry.segment).segment
    rows: dict[int, dict[str, Any]] = {}
    for one in candidates:
        last = known.get(one.customer)
        if one.customer in rows or one.customer not in alive or not _may_enter(last, one, steps, now):
            continue
        if asked is not None and not audience.belongs(conn, asked, now, one.customer):
            continue
        rows[one.customer] = {
            "sequence": version.name,
            "sequence_id": version.id,
            "customer_id": one.customer,
            "round": last.round + 1 if last else 1,
            "state": Standing.ACTIVE.value,
            "step": steps.start,
            "due_at": now,
            "context": {"key": one.key, **one.context},
            "entered_at": now,
        }
    return list(rows.values())


def _may_enter(last: Last | None, one: Candidate, steps: Steps, now: datetime) -> bool:
    if last is None:
        return True
    again = steps.entry.again_days
    if last.state == Standing.ACTIVE or again is None or last.key == one.key or last.ended_at is None:
        return False
    return now - last.ended_at >= timedelta(days=again)
