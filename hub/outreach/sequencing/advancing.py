"""Advancing: does the steps that are due, each in the transaction that moves the customer on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import HubError
from hub.model.local_time import local_instant, minutes_after, zone
from hub.model.never_said import Bar
from hub.model.sequence import Branch, End, Send, Sequence, Standing, Step, Task, Wait, WaitReply, Webhook
from hub.outreach.house import House
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.sequencing import sending
from hub.outreach.sequencing.answering import STOP, WAITING, who_stopped
from hub.outreach.sequencing.asking import answer
from hub.outreach.sequencing.sending import Reader
from hub.outreach.sequencing.webhooks import WEBHOOK, told_outside
from hub.store import carts, enrolments, happenings, jobs, sequences, unpromoted
from hub.store.outbox import plan_messages
from hub.store.tables import CustomerRow, TaskRow
from hub.store.upsert import insert_new

# So many in one transaction (bulk work rests between its chunks).
PAGE = 100
TASK_KIND = "sequence"


@dataclass(slots=True)
class Work:
    """What the steps of one page did, to be stored together. `on_time_from`: no step due since then is late."""

    conn: Connection
    now: datetime
    reader: Reader
    messages: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    hooks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    on_time_from: datetime | None = None
    moved: list[dict[str, Any]] = field(default_factory=list)
    bars: dict[int, Bar | None] = field(default_factory=dict)

    def bar(self, version: int, sequence: Sequence) -> Bar | None:
        """Returns why no other system is told who is on the way through a version of a sequence; None where one is."""
        if version not in self.bars:
            self.bars[version] = unpromoted.why_sequence(self.conn, sequence)
        return self.bars[version]


@dataclass(slots=True)
class Way:
    """One customer's way while its steps are done: at which step, as which one, and at what time that was due."""

    row: Mapping[str, Any]
    sequence: Sequence
    step: str
    position: int
    at: datetime
    context: dict[str, Any]
    over: bool = False
    rests: bool = False


def advance(conn: Connection, given: tuple[datetime, House, Rulebook]) -> int:
    """Does the due steps of a page of enrolments; returns how many moved. Whoever is second finds them locked."""
    return advance_at(conn, *given)


def advance_at(
    conn: Connection,
    now: datetime,
    house: House,
    rulebook: Rulebook,
    on_time_from: datetime | None = None,
    limit: int = PAGE,
) -> int:
    """Does the due steps of a page of enrolments, as `advance`.

    `on_time_from`: for a clock that jumps, which would have come to each step due since then when it was due.
    """
    rows = enrolments.take_due(conn, now, limit)
    if not rows:
        return 0
    versions = sequences.by_ids(conn, {row["sequence_id"] for row in rows})
    read = {number: _read(version) for number, version in versions.items()}
    stopped, alive = who_stopped(conn, rows), happenings.not_merged(conn, [row["customer_id"] for row in rows])
    over = carts.over(conn, rows)
    reader = sending.load(conn, sorted(alive), house, rulebook)
    work = Work(conn, now, reader, on_time_from=on_time_from)
    for row in rows:
        if row["id"] in stopped:
            enrolments.leave(conn, row, STOP, now)
        elif row["id"] in over:
            enrolments.leave(conn, row, over[row["id"]], now)
        elif row["customer_id"] not in alive:
            enrolments.leave(conn, row, "merged", now)
        else:
            steps = read[row["sequence_id"]]
            if steps is None:
                enrolments.leave(conn, row, "unreadable", now)
                continue
            _go(work, Way(row, steps, row["step"], row["position"], row["due_at"], dict(row["context"])))
    enrolments.go_on(conn, work.moved)
    plan_messages(conn, work.messages)
    enrolments.note(conn, enrolments.with_messages(conn, work.steps, work.keys))
    insert_new(conn, TaskRow, work.tasks)
    jobs.enqueue(conn, WEBHOOK, work.hooks, now)
    return len(rows)


def _read(version: sequences.SequenceVersion) -> Sequence | None:
    try:
        return version.sequence
    except HubError:
        return None


def _go(work: Work, way: Way) -> None:
    """Does step after step until one rests or the way is over."""
    while not (way.over or way.rests):
        step = way.sequence.steps.get(way.step)
        if step is None:
            way.over = True
            break
        _do(work, way, step)
    work.moved.append(
        {
            "id": way.row["id"],
            "step": way.step,
            "position": way.position,
            "due_at": way.at,
            "context": way.context,
            "state": (Standing.DONE if way.over else Standing.ACTIVE).value,
            "ended_at": work.now if way.over else None,
        }
    )


def _do(work: Work, way: Way, step: Step) -> None:
    match step:
        case Send():
            outcome, seen = _send(work, way, step)
            _note(work, way, step, outcome, seen)
            _on(way, step.next)
        case Wait():
            until = _until(work, way, step)
            _note(work, way, step, "waited", {"until": until.isoformat()})
            _on(way, step.next)
            way.at, way.rests = until, until > work.now
        case WaitReply() if way.context.get(WAITING) != way.step:
            way.context[WAITING] = way.step
            way.at += timedelta(minutes=step.minutes)
            way.rests = way.at > work.now
            # An earlier answer is none to what was just asked.
            way.context.pop("reply", None)
            way.position += 1
        case WaitReply():
            way.context.pop(WAITING)
            _note(work, way, step, "silent")
            _on(way, step.silent)
        case Branch():
            here = work.now.astimezone(zone(work.reader.house.time_zone))
            yes = answer(work.conn, step, way.row["customer_id"], way.context, here)
            _note(work, way, step, "yes" if yes else "no")
            _on(way, step.yes if yes else step.no)
        case Task():
            work.tasks.append(_task(work, way, step))
            _note(work, way, step, "added")
            _on(way, step.next)
        case Webhook():
            bar = work.bar(way.row["sequence_id"], way.sequence)
            if bar is None:
                work.hooks.append((f"{way.row['id']}:{way.step}", _hook(work, way, step)))
            _note(work, way, step, "queued" if bar is None else bar.reason, {"what": bar.what} if bar else None)
            _on(way, step.next)
        case End():
            _note(work, way, step, "ended")
            _on(way, "")


def _on(way: Way, following: str) -> None:
    way.step, way.over = following, not following


def _note(work: Work, way: Way, step: Step, outcome: str, seen: Mapping[str, Any] | None = None) -> None:
    row = enrolments.step_row(way.row, way.position, way.step, step.kind, outcome, work.now, detail=seen)
    work.steps.append(row)
    way.position += 1


def _until(work: Work, way: Way, step: Wait) -> datetime:
    """Counts from when the step was due, so that a downtime shifts nobody and lets nobody come in a burst."""
    place = work.reader.place(way.row["customer_id"])
    until = minutes_after(way.at, step.minutes, place)
    if step.at is None:
        return until
    day = until.astimezone(place).date()
    found = local_instant(datetime.combine(day, step.at), place)
    return found if found >= until else local_instant(datetime.combine(day + timedelta(days=1), step.at), place)


def _send(work: Work, way: Way, step: Send) -> tuple[str, Mapping[str, Any]]:
    now = work.now if work.on_time_from is None else max(way.at, work.on_time_from)
    planned = sending.plan(work.reader, step, way.row, way.step, way.sequence, way.at, now)
    if isinstance(planned, tuple):
        return planned
    work.messages.append(planned)
    work.keys[planned["dedupe_key"]] = (way.row["id"], way.position)
    way.at = max(way.at, planned["due_at"])
    return "planned", {"due_at": planned["due_at"].isoformat()}


def _task(work: Work, way: Way, step: Task) -> dict[str, Any]:
    name = work.conn.scalar(select(CustomerRow.display_name).where(CustomerRow.id == way.row["customer_id"])) or ""
    title = step.title.replace("{name}", name)
    interaction = way.context.get("reply") or way.context.get("interaction")
    return {
        "key": f"sequence:{way.row['id']}:{way.step}",
        "kind": TASK_KIND,
        "title": title[:300],
        "customer_id": way.row["customer_id"],
        "interaction_id": int(interaction) if interaction else None,
        "due_at": work.now + timedelta(days=step.days),
        "created_at": work.now,
    }


def _hook(work: Work, way: Way, step: Webhook) -> dict[str, Any]:
    return {
        "url": step.url,
        "sequence": way.row["sequence"],
        "data": {
            "sequence": way.row["sequence"],
            "step": way.step,
            "enrolment": way.row["id"],
            "customer": way.row["customer_id"],
            "round": way.row["round"],
            "entered_at": way.row["entered_at"].isoformat(),
            "context": told_outside(work.conn, way.context),
        },
        "at": work.now.isoformat(),
    }
