"""Outcomes: what came of a send, stored in one commit; the only place where a failed attempt becomes another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import ChannelBroken, HubError, Rejected, SendError, Temporary
from hub.model.outbound import Origin, Purpose, Receipt, State
from hub.model.problem import Problem, Severity
from hub.model.value import value
from hub.outreach import timeline
from hub.store import consents, deliveries, dispatching, health, jobs
from hub.store.outbox import cancel_waiting
from hub.store.tables import TaskRow
from hub.store.upsert import insert_new

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
# 30 s doubling to an hour, then hourly: the 31st attempt is a day after the first (RFC 5321 4.5.4.1 asks for days; a
# day is enough for what is dated).
MOST_ATTEMPTS = 31
FIRST_LOOK = timedelta(seconds=30)


class Kind(StrEnum):
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    REJECTED = "rejected"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@value(kw_only=True)
class Outcome:
    """What is known of one attempt; survives as JSON in the spool when the database is down."""

    message: int
    attempt: int
    kind: Kind
    at: datetime
    reference: str = ""
    code: str = ""
    parts: int = 0
    why: str = ""
    phase: str = ""
    retry_after: float | None = None
    opted_out: bool = False

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Outcome:
        """Reads what `as_json` wrote. Raises TypeError, ValueError and KeyError."""
        return cls(**{**found, "kind": Kind(found["kind"]), "at": datetime.fromisoformat(found["at"])})


def of_receipt(message: int, attempt: int, receipt: Receipt, at: datetime) -> Outcome:
    """Returns the outcome of a message that was accepted."""
    return Outcome(
        message=message,
        attempt=attempt,
        kind=Kind.ACCEPTED,
        at=at,
        reference=receipt.reference,
        code=receipt.code,
        parts=receipt.parts,
    )


def of_error(message: int, attempt: int, error: HubError, at: datetime) -> Outcome:
    """Returns the outcome of a message that was not accepted, or of which nobody knows."""
    kind = Kind.UNKNOWN
    if isinstance(error, Temporary):
        kind = Kind.TEMPORARY
    elif isinstance(error, ChannelBroken):
        kind = Kind.BROKEN
    elif not isinstance(error, SendError) or isinstance(error, Rejected):
        kind = Kind.REJECTED  # a HubError of the adapter (a line break in a name): refused before a byte left
    return Outcome(
        message=message,
        attempt=attempt,
        kind=kind,
        at=at,
        why=error.message,
        code=error.provider_code if isinstance(error, SendError) else error.code,
        phase=error.phase if isinstance(error, SendError) else "check",
        retry_after=error.retry_after if isinstance(error, SendError) else None,
        opted_out=isinstance(error, Rejected) and error.opted_out,
    )


def settle(
    conn: Connection, outcomes: Sequence[Outcome], key: bytes, known: Mapping[int, Mapping[str, Any]] | None = None
) -> list[bool]:
    """Stores outcomes; an outcome whose message has moved on since is left out (False). `key`: of consent evidence;
    `known`: messages as they were submitted.
    """
    rows = dispatching.as_they_are(conn, sorted({one.message for one in outcomes}), known or {})
    first = {one.message: one for one in reversed(outcomes)}
    told = [first[one.message] is one and _is_awaited(rows.get(one.message), one) for one in outcomes]
    fresh = [one for one, counts in zip(outcomes, told, strict=True) if counts]
    accepted = [one for one in fresh if one.kind is Kind.ACCEPTED]
    _accept(conn, [(rows[one.message], one) for one in accepted])
    changes: list[tuple[int, Mapping[str, Any]]] = []
    steps: list[dict[str, Any]] = []
    for one in fresh:
        if one.kind is Kind.ACCEPTED:
            continue
        row = rows[one.message]
        values = _NEXT[one.kind](row, one)
        changes.append((row["id"], {"worker": "", "lease_until": None, "phase": one.phase, "code": one.code, **values}))
        steps.append(_step(row, one, values))
        if one.kind is Kind.REJECTED and one.opted_out:
            _heed_opt_out(conn, row, one, key)
        if one.kind is Kind.BROKEN:
            _pause(conn, row["channel"], one)
    dispatching.move(conn, changes, steps)
    tell_ends(conn, [(rows[message], values) for message, values in changes], outcomes[0].at if outcomes else None)
    return told


def _is_awaited(row: Mapping[str, Any] | None, one: Outcome) -> bool:
    """A late answer still counts for a message that was given up as unknown meanwhile."""
    waiting = (State.SUBMITTING, State.UNKNOWN)
    return row is not None and row["state"] in waiting and row["attempt"] == one.attempt


def _accept(conn: Connection, accepted: Sequence[tuple[Mapping[str, Any], Outcome]]) -> None:
    if not accepted:
        return
    recorded = timeline.record(conn, [(row, one.at, one.reference) for row, one in accepted])
    changes: list[tuple[int, Mapping[str, Any]]] = []
    steps: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for (row, one), (interaction, conversation) in zip(accepted, recorded, strict=True):
        values = {
            "state": State.ACCEPTED.value,
            "reason": "",
            "worker": "",
            "lease_until": None,
            "reference": one.reference,
            "code": one.code,
            "phase": "",
            "parts": one.parts or row["parts"],
            "sent_at": one.at,
            "interaction_id": interaction,
            "conversation_id": conversation,
        }
        changes.append((row["id"], values))
        steps.append(_step(row, one, values))
        events.append(
            {
                "kind": "message.sent",
                "customer_id": row["customer_id"],
                "interaction_id": interaction,
                "data": {"message": row["id"], "channel": row["channel"], "origin": row["origin"]},
                "at": one.at,
            }
        )
    dispatching.move(conn, changes, steps)
    pairs = [(row["id"], reference) for row, one in accepted for reference in (one.reference, row["rfc_message_id"])]
    deliveries.adopt(conn, pairs)
    jobs.emit(conn, events)
    channels = {row["channel"]: one.at for row, one in accepted}
    paused = dispatching.pauses(conn, sorted(channels), max(channels.values()))
    for channel, at in channels.items():
        health.note_out(conn, channel, at)
        if channel in paused.to_try:
            health.resume(conn, channel)


def _retry(row: Mapping[str, Any], one: Outcome) -> dict[str, Any]:
    backoff = min(FIRST_WAIT * 2 ** min(one.attempt - 1, 20), LONGEST_WAIT)
    wait = timedelta(seconds=one.retry_after) if one.retry_after is not None else backoff
    due_at = one.at + wait
    if one.attempt >= MOST_ATTEMPTS:
        return {"state": State.FAILED.value, "reason": "gave_up"}
    if due_at >= row["expires_at"]:
        return {"state": State.EXPIRED.value, "reason": "no_time_left"}
    return {"state": State.RETRY_WAIT.value, "reason": "try_again", "due_at": due_at}


def _reject(_row: Mapping[str, Any], one: Outcome) -> dict[str, Any]:
    return {"state": State.FAILED.value, "reason": "opted_out" if one.opted_out else "rejected"}


def _put_back(_row: Mapping[str, Any], _one: Outcome) -> dict[str, Any]:
    return {"state": State.READY.value, "reason": "channel_broken"}


def _doubt(_row: Mapping[str, Any], one: Outcome) -> dict[str, Any]:
    return {"state": State.UNKNOWN.value, "reason": "no_answer", "due_at": one.at + FIRST_LOOK}


_NEXT = {Kind.TEMPORARY: _retry, Kind.REJECTED: _reject, Kind.BROKEN: _put_back, Kind.UNKNOWN: _doubt}


def _step(row: Mapping[str, Any], one: Outcome, values: Mapping[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {"attempt": one.attempt, "said": one.why, "code": one.code, "phase": one.phase}
    if one.kind is Kind.UNKNOWN:
        seen["look"] = 0
    if one.reference:
        seen["reference"] = one.reference
    if values["state"] == State.RETRY_WAIT:
        seen["until"] = values["due_at"].isoformat()
    return {
        "message_id": row["id"],
        "state": values["state"],
        "reason": values["reason"],
        "seen": {name: value for name, value in seen.items() if value != ""},
        "worker": row["worker"],
        "at": one.at,
    }


def _heed_opt_out(conn: Connection, row: Mapping[str, Any], one: Outcome, key: bytes) -> None:
    """Twilio 21610: the recipient replied STOP to this sender; final, so we suppress and keep it as evidence."""
    address = timeline.address_of(conn, row["identity_id"])
    consents.suppress(conn, str(address), "stop", one.at, channel=row["channel"], detail=one.code)
    evidence = {
        "identity_id": row["identity_id"],
        "purpose": Purpose.PROMOTIONAL.value,
        "granted": False,
        "wording": one.why,
        "source": f"the provider of {row['channel']} ({one.code})",
        "at": one.at,
        "interaction_id": None,
    }
    consents.record(conn, [evidence], key)
    cancel_waiting(conn, row["identity_id"], one.at, "stop")


def _pause(conn: Connection, channel: str, one: Outcome) -> None:
    problem = Problem(
        code="channel_broken",
        severity=Severity.ERROR,
        where=channel,
        message=one.why,
        mend="Correct the channel's settings. The hub tries again every 5 minutes; nothing is lost.",
        provider_code=one.code,
    )
    dispatching.pause_by_provider(conn, problem, one.at)


def tell_ends(
    conn: Connection, ended: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], now: datetime | None
) -> None:
    """Tells of messages that will not arrive, or perhaps not: an event for each, a task for an answer by staff."""
    silent = (State.SUPPRESSED, State.FAILED, State.EXPIRED, State.ABANDONED)
    lost = [(row, values) for row, values in ended if values.get("state") in silent]
    if not lost or now is None:
        return
    jobs.emit(
        conn,
        [
            {
                "kind": f"message.{values['state']}",
                "customer_id": row["customer_id"],
                "interaction_id": None,
                "data": {"message": row["id"], "reason": values["reason"], "channel": row["channel"]},
                "at": now,
            }
            for row, values in lost
        ],
    )
    tasks = [
        {
            "key": f"message:{row['id']}",
            "kind": "answer_not_sent",
            "title": "An answer may not have arrived"
            if values["state"] == State.ABANDONED
            else "An answer was not sent",
            "customer_id": row["customer_id"],
            "conversation_id": row["conversation_id"],
            "assignee_id": row["staff_id"],
            "created_at": now,
        }
        for row, values in lost
        if row["origin"] == Origin.REPLY
    ]
    insert_new(conn, TaskRow, tasks)
