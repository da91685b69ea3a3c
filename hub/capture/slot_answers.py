"""Answers to a free slot: the first YES has it, a NO keeps its place, a late YES was told already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from hub.model.outbound import State
from hub.model.reminder_answers import ReminderAnswer, read_answer
from hub.store import interactions, slots
from hub.store.tables import FreeSlotRow, MessageRow, SlotAskedRow, TemplateRow

TOLD: Final = "slot."


def awaiting(conn: Connection, identities: Sequence[int], now: datetime) -> dict[int, list[dict[str, Any]]]:
    """Returns the slots to come that each identity was asked about, the newest question first."""
    rows = conn.execute(
        select(
            MessageRow.id, MessageRow.identity_id, MessageRow.customer_id, MessageRow.interaction_id,
            FreeSlotRow.id.label("slot"), FreeSlotRow.title, FreeSlotRow.starts_at, FreeSlotRow.time_zone,
            TemplateRow.faces,
        )
        .join(FreeSlotRow, FreeSlotRow.id == MessageRow.about_id)
        .join(
            SlotAskedRow,
            (SlotAskedRow.slot_id == FreeSlotRow.id) & (SlotAskedRow.customer_id == MessageRow.customer_id),
        )
        .outerjoin(TemplateRow, TemplateRow.id == MessageRow.template_id)
        .where(
            MessageRow.identity_id.in_(identities),
            MessageRow.about == slots.ABOUT,
            MessageRow.state == State.ACCEPTED.value,
            MessageRow.interaction_id.is_not(None),
            FreeSlotRow.starts_at > now,
            SlotAskedRow.state.in_((slots.ASKED, slots.LATE)),
        )
        .order_by(MessageRow.interaction_id.desc())
    )  # fmt: skip
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.identity_id, []).append(dict(row._mapping))
    return found


def heed(
    conn: Connection, words: str, interaction: int, channel: str, asked: Mapping[str, Any], now: datetime
) -> ReminderAnswer | None:
    """Does what an answer to a slot asks for; returns what it was, None for a text that is only talk."""
    faces = asked["faces"] or {}
    answer = read_answer(words, {each: str(faces.get(each, "")) for each in ReminderAnswer})
    if answer is None:
        return None
    made = None
    if answer is ReminderAnswer.CONFIRMED:
        made = slots.take(conn, asked["slot"], asked["customer_id"], now)
    else:
        slots.decline(conn, asked["slot"], asked["customer_id"], now)
    # Who has it confirmed an appointment, which the timeline tells as it tells any.
    outcome = "declined" if answer is ReminderAnswer.DECLINED else "late"
    kind = f"reminder.{answer}" if made is not None else f"{TOLD}{outcome}"
    data = {
        "slot": asked["slot"],
        "appointment": made,
        "title": asked["title"],
        "starts_at": asked["starts_at"].isoformat(),
        "time_zone": asked["time_zone"],
        "message": asked["id"],
    }
    learnt = {"interaction_id": interaction, "channel": channel, "key": f"answer:{interaction}", "kind": kind}
    interactions.learn(conn, [{**learnt, "data": data, "at": now}])
    return answer
