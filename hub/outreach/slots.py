"""Offering a free slot: everybody who waits for it is asked at once, each by the channel that reaches them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.outbound import Origin, Purpose, State
from hub.outreach.house import House
from hub.outreach.planning import best_address
from hub.store import reminders, slots
from hub.store.outbox import plan_messages

# Who is asked must have time to answer and to come.
LEAST_LEAD = timedelta(minutes=30)


def offer_slot(
    conn: Connection, fields: Mapping[str, Any], house: House, now: datetime, staff_id: int | None
) -> tuple[int, int]:
    """Opens a slot and asks who waits for it; returns the slot and how many are asked.

    `fields`: title, starts_at, ends_at, time_zone, location, channel. Raises Refused.
    """
    lane = house.lanes.get(fields["channel"])
    if lane is None:
        raise Refused(f"There is no channel {fields['channel']!r} that sends.", field="channel")
    slot_id = slots.open_slot(conn, fields, now, staff_id)
    slot = slots.get(conn, slot_id)
    day = slot["starts_at"].astimezone(zone(slot["time_zone"])).date()
    waiting = slots.waiting_for(conn, slot["title"], day)
    held = reminders.addresses(conn, [place["customer_id"] for place in waiting])
    asked, rows = [], []
    for place in waiting:
        address = best_address(held.get(place["customer_id"], ()), lane.schemes)
        if address is not None:
            asked.append(place)
            rows.append(_message(slot, place, address, house, now))
    slots.note_asked(conn, slot_id, asked, now)
    plan_messages(conn, rows)
    return slot_id, len(asked)


def _message(
    slot: Mapping[str, Any], place: Mapping[str, Any], address: Mapping[str, Any], house: House, now: datetime
) -> dict[str, Any]:
    mail = address["scheme"] == "mailto"
    return {
        "dedupe_key": f"system:slot:{slot['id']}:{address['scheme']}:{address['value']}",
        "origin": Origin.SYSTEM.value,
        "purpose": Purpose.REMINDER.value,
        "channel": slot["channel"],
        "customer_id": place["customer_id"],
        "identity_id": address["id"],
        "template": slots.TEMPLATE,
        "about": slots.ABOUT,
        "about_id": slot["id"],
        "about_revision": 1,
        "content": {"starts_at": slot["starts_at"].isoformat(), "slot": slot["id"]},
        "rfc_message_id": f"{secrets.token_hex(16)}@{house.message_domain(slot['channel'])}" if mail else "",
        "state": State.READY.value,
        "due_at": now,
        "expires_at": slot["starts_at"] - LEAST_LEAD,
        "planned_at": now,
    }
