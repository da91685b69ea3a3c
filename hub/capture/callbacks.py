"""Missed calls: a callback task once a call, which closes itself when the customer is spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hub.model.event import CallEvent, CallStep
from hub.store import interactions
from hub.store.tables import IdentityRow, InteractionEventRow, InteractionRow, TaskRow
from hub.store.upsert import insert_new

SETTLING = frozenset({CallStep.ENDED, CallStep.RUNG, CallStep.CONNECTED})
_ASKED_FOR_STAFF = frozenset({f"call.{CallStep.RUNG.value}", f"call.{CallStep.QUEUED.value}"})
_UNANSWERED = frozenset({"no-answer", "busy", "failed", "canceled"})


def settle(conn: Connection, told: Mapping[int, tuple[CallEvent, int | None]], now: datetime) -> None:
    """Opens a callback task for calls that nobody took and closes those of customers whom somebody spoke to.

    `told`: by interaction, its last event and its customer. What counts is everything known of a call, so that its
    events end the same in whatever order they come.
    """
    if not told:
        return
    steps = interactions.events_of(conn, list(told))
    for interaction, (event, customer) in told.items():
        known = steps.get(interaction, [])
        if any(step["kind"] == f"call.{CallStep.CONNECTED.value}" for step in known):
            _close(conn, event.call, interaction, customer, now)
        elif not event.outbound and _missed(known) and not _spoken_to_since(conn, customer, interaction):
            insert_new(
                conn,
                TaskRow,
                [
                    {
                        "key": f"call:{event.call}",
                        "kind": "callback",
                        "title": f"Call back {event.caller.value}",
                        "customer_id": customer,
                        "interaction_id": interaction,
                        "created_at": now,
                    }
                ],
            )


def _missed(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Tells whether a call has ended, and staff was rung or waited for in vain, or nobody answered it at all."""
    ends = [step["data"].get("status") for step in steps if step["kind"] == f"call.{CallStep.ENDED.value}"]
    rung = any(step["kind"] in _ASKED_FOR_STAFF for step in steps)
    return bool(ends) and (rung or any(end in _UNANSWERED for end in ends))


def _spoken_to_since(conn: Connection, customer: int | None, interaction: int) -> bool:
    """Tells whether somebody spoke to a customer after a call that is only told of now (a list read late, say)."""
    later = (
        select(InteractionEventRow.interaction_id)
        .join(InteractionRow, InteractionRow.id == InteractionEventRow.interaction_id)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(
            IdentityRow.customer_id == customer,
            InteractionRow.id > interaction,
            InteractionEventRow.kind == f"call.{CallStep.CONNECTED.value}",
        )
    )
    return customer is not None and bool(conn.scalar(select(later.exists())))


def _close(conn: Connection, call: str, interaction: int, customer: int | None, now: datetime) -> None:
    """Closes the call's own task and those of the customer's earlier calls; a later one that was missed stays open."""
    ours = TaskRow.key == f"call:{call}"
    if customer is not None:
        ours |= (TaskRow.customer_id == customer) & (TaskRow.interaction_id <= interaction)
    conn.execute(
        update(TaskRow)
        .where(TaskRow.kind == "callback", TaskRow.state == "open", ours)
        .values(state="done", done_at=now)
    )
