"""Reconcile: what nobody knows is looked up, what was left lying is taken up again, what is too late ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from channels.base import Recalls
from hub.model.errors import HubError
from hub.model.event import DeliveryStatus
from hub.model.outbound import Evidence, Outgoing, Purpose, State
from hub.outreach import outcomes, timeline
from hub.outreach.dispatch import Dispatcher
from hub.outreach.outcomes import Kind, Outcome
from hub.store import dispatching, outbox
from hub.store.recovery import free_the_silent

log = logging.getLogger(__name__)

# A provider's list may lag: only what is absent at the last look, 10 min after the send, is proven absent.
LOOKS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
# So many are looked up at once and stored by one commit, and so many pages in one run: after a kill in a big run
# hundreds are doubtful.
_LOOKS_AT_ONCE, _PAGES = 10, 20
# Closer to its time than this, no later reminder makes up for one that was perhaps lost.
CLOSE = timedelta(hours=3)
# News that says that the message had been accepted: also a bounce, which only follows an acceptance.
_NOT_ACCEPTED = frozenset({"", DeliveryStatus.UNKNOWN.value})


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Works for one process at a time: its tick is claimed."""

    dispatcher: Dispatcher

    async def run_once(self) -> int:
        """Takes up what was left lying, ends what is too late, looks up what is doubtful; returns how many."""
        database, now = self.dispatcher.database, self.dispatcher.clock()
        await database.write(free_the_silent, now)
        found: int = await database.write(lambda conn, _: take_up(conn, now), None)
        found += await database.write(lambda conn, _: dispatching.expire_overdue(conn, now), None)
        looked_at: set[int] = set()
        for _ in range(_PAGES):
            rows = await database.read(lambda conn, _: dispatching.doubtful(conn, now), None)
            fresh = [row for row in rows if row["id"] not in looked_at]
            if not fresh:
                break
            looked_at |= {row["id"] for row in fresh}
            await self._look_up_all(fresh, now)
        return found + len(looked_at)

    async def _look_up_all(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Looks up some at once; those of which news came, and those whose provider has no list, need no look."""
        told = [row for row in rows if row["delivery"] not in _NOT_ACCEPTED]
        open_ones = [row for row in rows if row["delivery"] in _NOT_ACCEPTED]
        listed = [row for row in open_ones if self._is_listed(row)]
        if told:
            await self._believe(told, now)
        for start in range(0, len(listed), _LOOKS_AT_ONCE):
            await self._look_up(listed[start : start + _LOOKS_AT_ONCE], now)
        if unlisted := [(row, None) for row in open_ones if not self._is_listed(row)]:
            await self.dispatcher.database.write(lambda conn, _: decide(conn, unlisted, now, listed=False), None)

    def _is_listed(self, row: Mapping[str, Any]) -> bool:
        return isinstance(self.dispatcher.channels.get(row["channel"]), Recalls)

    async def recover(self) -> int:
        """Takes up what a process that died had in hand, at the start of the only process that may send."""
        now, worker = self.dispatcher.clock(), self.dispatcher.worker
        return await self.dispatcher.database.write(lambda conn, _: take_up(conn, now, others_than=worker), None)

    async def _believe(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Stores as accepted what the provider told of meanwhile."""
        named = await self.dispatcher.database.read(_references, [row["id"] for row in rows if not row["reference"]])
        known = [(row, row["reference"] or named[row["id"]], row["delivery"]) for row in rows]
        await self.dispatcher.settle(
            *[_accepted(row, now, name, f"the provider told of it: {news}") for row, name, news in known]
        )

    async def _look_up(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Looks some up together; each alone where one of them spoils it for the others."""
        try:
            await self._ask(rows, now)
        except HubError:
            raise
        except Exception:
            if len(rows) == 1:
                log.exception("message %s could not be looked up", rows[0]["id"])
                return
            for row in rows:
                await self._look_up([row], now)

    async def _ask(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Asks the provider for each; one that stops before its answers are stored only has it asked again."""
        looked_for = await self.dispatcher.database.read(_as_sent, rows)
        looks = list(zip(rows, await asyncio.gather(*map(self._evidence, rows, looked_for)), strict=True))
        there = [_accepted(row, now, found.reference, found.detail) for row, found in looks if found and found.accepted]
        if there:
            await self.dispatcher.settle(*there)
        if missing := [(row, found) for row, found in looks if not (found and found.accepted)]:
            await self.dispatcher.database.write(lambda conn, _: decide(conn, missing, now, listed=True), None)

    async def _evidence(self, row: Mapping[str, Any], sent: Outgoing) -> Evidence | None:
        channel = self.dispatcher.channels.get(row["channel"])
        if not isinstance(channel, Recalls) or not row["body_hash"]:
            return None
        try:
            return await channel.find(sent, row["body_hash"])
        except Exception:
            # Whatever stops one look-up is logged; the next look comes anyway, and other messages have their own.
            log.exception("message %s could not be looked up", row["id"])
            return None


def take_up(conn: Connection, now: datetime, *, others_than: str | None = None) -> int:
    """Puts claimed messages back, and calls submitting ones unknown: they are never blindly sent again."""
    rows = dispatching.left_lying(conn, now, others_than=others_than)
    changes, steps = [], []
    for row in rows:
        claimed = row["state"] == State.CLAIMED
        state, reason = (State.READY, "left_lying") if claimed else (State.UNKNOWN, "process_died")
        values: dict[str, Any] = {"state": state.value, "reason": reason, "worker": "", "lease_until": None}
        if not claimed:
            values |= {"due_at": now + LOOKS[0], "phase": "process"}
            steps.append(_step(row, state, reason, {"attempt": row["attempt"], "look": 0}, now))
        changes.append((row["id"], values))
    dispatching.move(conn, changes, steps)
    return len(rows)


def decide(
    conn: Connection,
    looks: Sequence[tuple[Mapping[str, Any], Evidence | None]],
    now: datetime,
    *,
    listed: bool,
) -> None:
    """Moves doubtful messages on after a look that did not find them: look again, try again, or give them up.

    `listed`: their provider has a list to look at; where there is none (mail), a bounce may still come until the end.
    """
    current = {row["id"]: row for row in dispatching.by_ids(conn, [seen["id"] for seen, _ in looks], lock=True)}
    newest = outbox.last_steps(conn, list(current))
    changes: list[tuple[int, Mapping[str, Any]]] = []
    steps: list[dict[str, Any]] = []
    for seen, evidence in looks:
        row = current.get(seen["id"])
        if (
            row is None
            or row["state"] != State.UNKNOWN
            or row["due_at"] != seen["due_at"]
            or row["delivery"] != seen["delivery"]
        ):
            continue
        values, told = _after_look(row, newest.get(row["id"]), evidence, now, listed=listed)
        changes.append((row["id"], values))
        steps.append(_step(row, State(values["state"]), values["reason"], told, now))
    dispatching.move(conn, changes, steps)
    outcomes.tell_ends(conn, [(current[message], values) for message, values in changes], now)


def _after_look(
    row: Mapping[str, Any], step: Mapping[str, Any] | None, evidence: Evidence | None, now: datetime, *, listed: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns what a message becomes and what its story is told; `step`: its newest, which counts the looks."""
    before = int((step["seen"] or {}).get("look", 0)) if step and step["state"] == State.UNKNOWN else 0
    looks = before + 1
    wait = LOOKS[looks] - LOOKS[looks - 1] if looks < len(LOOKS) else None
    if not listed and wait is not None:
        looks, wait = len(LOOKS) - 1, LOOKS[-1] - LOOKS[0] if looks == 1 else wait
    absent = evidence is not None and not evidence.accepted
    told: dict[str, Any] = {"look": looks, "attempt": row["attempt"]}
    if evidence is not None:
        told["evidence"] = evidence.detail
    if wait is None:
        return _verdict(row, absent=absent, now=now), told
    reason = "not_found_yet" if absent else "no_answer"
    return {"state": State.UNKNOWN.value, "reason": reason, "due_at": now + wait}, told


def _verdict(row: Mapping[str, Any], *, absent: bool, now: datetime) -> dict[str, Any]:
    promotional = row["purpose"] == Purpose.PROMOTIONAL
    in_time = now < row["expires_at"]
    if absent and in_time and not promotional:
        return {"state": State.RETRY_WAIT.value, "reason": "proven_absent", "due_at": now}
    if _may_go_twice(row, now) and in_time:
        content = {**row["content"], "may_arrive_twice": True}
        return {"state": State.RETRY_WAIT.value, "reason": "once_more", "due_at": now, "content": content}
    return {"state": State.ABANDONED.value, "reason": "proven_absent_too_late" if absent else "never_known"}


def _may_go_twice(row: Mapping[str, Any], now: datetime) -> bool:
    """A reminder close to its time is better twice than never; once only, and it says so."""
    starts_at = row["content"].get("starts_at")
    return (
        row["purpose"] == Purpose.REMINDER
        and starts_at is not None
        and datetime.fromisoformat(starts_at) - now <= CLOSE
        and not row["content"].get("may_arrive_twice")
    )


def _accepted(row: Mapping[str, Any], now: datetime, reference: str, why: str) -> Outcome:
    return Outcome(
        message=row["id"],
        attempt=row["attempt"],
        kind=Kind.ACCEPTED,
        at=now,
        reference=reference,
        why=why,
        parts=row["parts"],
    )


def _references(conn: Connection, messages: Sequence[int]) -> dict[int, str]:
    return {message: dispatching.told_reference(conn, message) for message in messages}


def _as_sent(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Outgoing]:
    """Returns what is looked for: each message as its newest attempt left, and when."""
    looked_for = []
    for row in rows:
        said = row["content"].get("rendered") or row["content"]
        to, steps = timeline.address_of(conn, row["identity_id"]), outbox.steps_of(conn, row["id"])
        tried_at = next((step["at"] for step in reversed(steps) if step["state"] == State.SUBMITTING), None)
        text = str(said.get("text", ""))
        looked_for.append(Outgoing(id=row["id"], attempt=row["attempt"], to=to, text=text, tried_at=tried_at))
    return looked_for


def _step(row: Mapping[str, Any], state: State, reason: str, seen: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "message_id": row["id"],
        "state": state.value,
        "reason": reason,
        "seen": seen,
        "worker": row["worker"],
        "at": now,
    }
