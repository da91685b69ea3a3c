"""Reminding staff to call back: by mail, before it is due, to who has the task, else to every agent."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import Refused
from hub.model.identity import email_identity
from hub.model.local_time import zone
from hub.model.outbound import Origin, Purpose, State
from hub.outreach.house import House
from hub.outreach.to_staff import staff_address
from hub.store import calls_back, reminders
from hub.store.audit import Actor
from hub.store.outbox import plan_messages
from hub.store.tables import MessageRow, milliseconds

log = logging.getLogger(__name__)

# Later than this it stands on everybody's page of today anyway.
LATENESS = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A reminder that a staff member is owed: of which task, by which rule, to which address."""

    rule: Mapping[str, Any]
    task: Mapping[str, Any]
    staff: Mapping[str, Any]
    key: str


def look(conn: Connection, now: datetime, house: House) -> list[Owed]:
    """Returns which reminders are owed now and not planned; only reads. Asked again after planning: none."""
    found: dict[str, Owed] = {}
    for rule in reminders.rules(conn, enabled=True):
        lane = house.lanes.get(rule["channel"])
        if rule["about"] != calls_back.ABOUT or lane is None or "mailto" not in lane.schemes:
            continue
        before = timedelta(minutes=rule["minutes_before"])
        for task in calls_back.due_between(conn, now - LATENESS, now + before):
            for staff in calls_back.reminded(conn, task):
                key = _key(rule, task, staff, house)
                found[key] = Owed(rule=rule, task=task, staff=staff, key=key)
    planned = set(conn.scalars(select(MessageRow.dedupe_key).where(MessageRow.dedupe_key.in_(sorted(found)))))
    return [owed for key, owed in found.items() if key not in planned]


def keep(conn: Connection, given: tuple[Sequence[Owed], House, datetime]) -> int:
    """Plans the reminders; returns how many. A staff member's address becomes a colleague's where nobody holds it."""
    owed, house, now = given
    rows = []
    for one in owed:
        address = email_identity(one.staff["email"])
        if address is None:
            continue
        by = Actor(name=one.staff["display_name"], at=now, key=b"", staff_id=one.staff["id"])
        try:
            customer, identity = staff_address(conn, address, by)
        except Refused as error:
            log.warning("A colleague is not reminded to call back: %s", error.message)
            continue
        due = one.task["due_at"]
        rows.append(
            {
                "dedupe_key": one.key,
                "origin": Origin.RULE.value,
                "purpose": Purpose.SERVICE.value,
                "channel": one.rule["channel"],
                "customer_id": customer,
                "identity_id": identity,
                "template": one.rule["template"],
                "about": calls_back.ABOUT,
                "about_id": one.task["id"],
                "about_revision": 1,
                "content": {
                    "rule": one.rule["id"],
                    "rule_name": one.rule["name"],
                    "starts_at": due.isoformat(),
                    "url": f"{house.public_url}/tasks"
                    if one.task["customer_id"] is None
                    else f"{house.public_url}/customers/{one.task['customer_id']}",
                },
                "rfc_message_id": f"{secrets.token_hex(16)}@{house.message_domain(one.rule['channel'])}",
                "state": State.READY.value,
                "due_at": now,
                "expires_at": due + LATENESS,
                "planned_at": now,
            }
        )
    plan_messages(conn, rows)
    return len(rows)


def _key(rule: Mapping[str, Any], task: Mapping[str, Any], staff: Mapping[str, Any], house: House) -> str:
    due = task["due_at"]
    local = due.astimezone(zone(house.time_zone)).date()
    what = f"rule:{rule['id']}:{calls_back.ABOUT}:{task['id']}:{milliseconds(due)}"
    return f"{what}:{local}:{rule['channel']}:mailto:{staff['email']}"
