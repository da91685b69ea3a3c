"""Answering: what a customer on the way says. STOP ends it; an answer ends it or leads on, as the sequence wants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.sequence import WaitReply
from hub.store import enrolments, sequences
from hub.store.recipients import recipients
from hub.store.tables import milliseconds

_SCHEMES = ("mailto", "tel", "whatsapp")
# A dead address and staff's own doubt say nothing of what the customer wants.
_NO = frozenset({"stop", "withdrawn", "complaint", "staff"})
STOP, REPLY = "stop", "reply"
WAITING = "waiting"


def heed(conn: Connection, sequence: str, replied: Mapping[int, int], withdrew: Collection[int], now: datetime) -> int:
    """Lets those leave or go on who wrote (customer to interaction) or withdrew; returns how many."""
    rows = enrolments.active_of(conn, sequence, [*replied, *withdrew])
    stopped = who_stopped(conn, rows)
    versions = sequences.by_ids(conn, {row["sequence_id"] for row in rows})
    return sum(_heard(conn, row, versions, replied.get(row["customer_id"]), row["id"] in stopped, now) for row in rows)


def _heard(
    conn: Connection,
    row: Mapping[str, Any],
    versions: Mapping[int, sequences.SequenceVersion],
    interaction: int | None,
    stopped: bool,
    now: datetime,
) -> bool:
    if stopped:
        return enrolments.leave(conn, row, STOP, now)
    if interaction is None or row["context"].get("interaction") == str(interaction):
        return False
    steps = versions[row["sequence_id"]].sequence
    if steps.leaves_at_reply:
        return enrolments.leave(conn, row, REPLY, now)
    step = steps.steps.get(row["step"])
    context = {**row["context"], "reply": str(interaction)}
    if not isinstance(step, WaitReply) or row["context"].get(WAITING) != row["step"]:
        return enrolments.move(conn, row, context=context)
    context.pop(WAITING)
    position = row["position"] + 1
    if not enrolments.move(conn, row, context=context, step=step.replied, position=position, due_at=now):
        return False
    enrolments.note(conn, [enrolments.step_row(row, row["position"], row["step"], step.kind, "replied", now)])
    return True


def who_stopped(conn: Connection, rows: Collection[Mapping[str, Any]]) -> set[int]:
    """Returns the enrolments whose customer has asked us to stop, by any address, since they entered."""
    if not rows:
        return set()
    found = recipients(conn, sorted({row["customer_id"] for row in rows}), _SCHEMES)
    said: dict[int, int] = {}
    for customer, held in found.addresses.items():
        for address in held:
            against = found.suppressions.get(f"{address.scheme}:{address.value}", ())
            word = found.agreed.get(address.id)
            moments = [one.at for one in against if one.reason in _NO]
            moments += [word.at] if word is not None and not word.granted else []
            said[customer] = max([said.get(customer, 0), *moments])
    return {row["id"] for row in rows if said.get(row["customer_id"], 0) >= milliseconds(row["entered_at"])}
