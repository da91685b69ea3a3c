"""Recordings of talks that began in a queue: who agreed to one, for whom it was asked, and whether it is on.

A call that is rung for is recorded by the verb that rings; one that is taken from a queue is known only when somebody
of staff takes it, so its recording is asked for then, once a call: what is learnt of the call is the proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.store import interactions
from hub.store.calls import call_key
from hub.store.queues import LONGEST_CALL
from hub.store.tables import QueuedCallRow

ANNOUNCED, BEGUN, NOT_BEGUN = "call.announced", "call.recording_begun", "call.recording_not_begun"
PAUSED, RESUMED = "call.recording_paused", "call.recording_resumed"
Steps = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecorded:
    """A talk under way whose caller agreed to a recording that nobody asked for yet."""

    interaction: int
    channel: str
    call: str


def agreed(steps: Steps) -> Mapping[str, str]:
    """Returns in which language a caller was told of a recording, for each step of the flow where they agreed."""
    told = [step["data"] for step in sorted(steps, key=_when) if step["kind"] == ANNOUNCED]
    last = {str(data.get("step", "")): data for data in told}
    return {step: str(data.get("language", "")) for step, data in last.items() if data.get("status") == "recorded"}


def state(steps: Steps) -> str:
    """Returns whether a talk is recorded: on, paused, failed (it was to be and is not), or empty for not at all."""
    told = [step["data"] for step in sorted(steps, key=_when) if step["kind"] == ANNOUNCED]
    kinds = {step["kind"] for step in steps}
    from_queue = any(step["kind"] == "call.connected" and step["data"].get("step") for step in steps)
    if NOT_BEGUN in kinds:
        return "failed"
    on = BEGUN in kinds if from_queue else bool(told) and told[-1]["status"] == "recorded"
    changes = sorted((step["at"], step["kind"]) for step in steps if step["kind"] in (PAUSED, RESUMED))
    return "" if not on else "paused" if changes and changes[-1][1] == PAUSED else "on"


def to_begin(conn: Connection, now: datetime) -> list[Unrecorded]:
    """Returns the talks from a queue that are to be recorded and are not yet; only reads."""
    talks = conn.execute(
        select(QueuedCallRow.channel, QueuedCallRow.call, QueuedCallRow.step).where(
            QueuedCallRow.left_at.is_(None),
            QueuedCallRow.joined_at.is_not(None),
            QueuedCallRow.entered_at > now - LONGEST_CALL,
        )
    ).all()
    ids = interactions.find_by_content(conn, (call_key(talk.call) for talk in talks)) if talks else {}
    learnt = interactions.events_of(conn, list(ids.values())) if ids else {}
    found = []
    for talk in talks:
        number = ids.get(call_key(talk.call), 0)
        steps = learnt.get(number, [])
        if talk.step in agreed(steps) and not any(step["kind"] == BEGUN for step in steps):
            found.append(Unrecorded(interaction=number, channel=talk.channel, call=talk.call))
    return found


def begin(conn: Connection, talk: Unrecorded, now: datetime) -> bool:
    """Writes down that a recording is about to be asked for; False where that was done before."""
    return bool(interactions.learn(conn, [_learnt(talk, BEGUN, {}, now)]))


def not_begun(conn: Connection, talk: Unrecorded, why: str, now: datetime) -> None:
    """Writes down why there is no recording, or that nobody knows whether there is."""
    interactions.learn(conn, [_learnt(talk, NOT_BEGUN, {"why": why}, now)])


def _learnt(talk: Unrecorded, kind: str, data: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
    return {
        "interaction_id": talk.interaction,
        "channel": talk.channel,
        "key": f"{talk.call}:{kind}",
        "kind": kind,
        "data": dict(data),
        "at": now,
    }


def _when(step: Mapping[str, Any]) -> tuple[datetime, str]:
    return step["at"], step["key"]
