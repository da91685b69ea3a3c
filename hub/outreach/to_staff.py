"""Messages to staff's own addresses: tests and trials, which count nowhere and ask for no consent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.model.outbound import Origin, Purpose, State
from hub.outreach.house import House
from hub.outreach.rendering import Rendered
from hub.store import customers
from hub.store.audit import Actor
from hub.store.outbox import note_steps
from hub.store.tables import CustomerRow, MessageRow

_VALID = timedelta(hours=1)
# Whom a test may go to: never to a customer, who has not agreed to it.
_STAFF = ("employee", "owner")


def queue_test(
    conn: Connection,
    cause: str,
    channel: str,
    to: Identity,
    rendered: Rendered,
    house: House,
    by: Actor,
    **content: Any,
) -> int:
    """Queues what was rendered for a staff member's own address; returns the message. Raises Refused for a customer's.

    `cause`: what is tested, the beginning of the dedupe key; `content`: what the message has besides its words.
    """
    holder, identity = staff_address(conn, to, by)
    said: Mapping[str, Any] = {
        "subject": f"[Test] {rendered.subject}" if rendered.subject else "",
        "text": rendered.text,
        "html": rendered.html,
        **content,
    }
    row = {
        "dedupe_key": f"system:{cause}:{secrets.token_hex(8)}",
        "origin": Origin.SYSTEM.value,
        "purpose": Purpose.SERVICE.value,
        "channel": channel,
        "customer_id": holder,
        "identity_id": identity,
        "staff_id": by.staff_id,
        "content": said,
        "rfc_message_id": f"{secrets.token_hex(16)}@{house.message_domain(channel)}" if to.scheme == "mailto" else "",
        "state": State.READY.value,
        "due_at": by.at,
        "expires_at": by.at + _VALID,
        "planned_at": by.at,
    }
    made: int = conn.execute(insert(MessageRow).values(**row).returning(MessageRow.id)).scalar_one()
    note_steps(conn, [{"message_id": made, "state": State.READY.value, "reason": "", "at": by.at}])
    return made


def staff_address(conn: Connection, to: Identity, by: Actor) -> tuple[int, int]:
    """Returns who holds an address, after making a colleague of nobody yet. Raises Refused for a customer's."""
    held = customers.find_identities(conn, [to]).get(to)
    if held is None:
        named = {"display_name": by.name, "relationship": "employee"}
        customers.create_customer(conn, named, [to], by.at)
        held = customers.find_identities(conn, [to])[to]
    relationship = conn.scalar(select(CustomerRow.relationship).where(CustomerRow.id == held.customer_id))
    if relationship not in _STAFF:
        raise Refused(
            f"{to.value} is a customer's address.",
            field="to",
            next_step="Send tests to your own; mark yourself as an employee where the address is yours.",
        )
    return held.customer_id, held.identity_id
