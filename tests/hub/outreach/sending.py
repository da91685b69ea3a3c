"""What tests of sending share: a reminder that is due, and an answer as the desk queues it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hub.store.outbox import plan_messages
from tests.hub.outreach.conftest import Outdoors

MAIL, PHONE = "mailto:ada@example.com", "tel:+14155550101"


async def due_reminder(out: Outdoors, *addresses: str, **fields: Any) -> dict[str, Any]:
    """A reminder that is due now; of several, the first."""
    customer = await out.customer(*(addresses or (MAIL,)), **fields)
    await out.appointment(customer, hours=1.9)
    await out.plan()
    return (await out.messages())[0]


async def queue_reply(out: Outdoors, row: dict[str, Any], **content: Any) -> None:
    """Puts an answer into the outbox as the desk does."""
    now = out.clock()
    mail = row["scheme"] == "mailto"
    reply = {
        "dedupe_key": f"reply:{len(await out.messages())}",
        "origin": "reply",
        "purpose": "service",
        "channel": row["channel"],
        "customer_id": row["customer_id"],
        "identity_id": row["identity_id"],
        "conversation_id": row["conversation_id"],
        "content": {"subject": "Re: yes", "text": "See you then", "html": "", **content},
        "rfc_message_id": f"r{len(await out.messages())}@example.com" if mail else "",
        "state": "ready",
        "due_at": now + timedelta(seconds=10),
        "expires_at": now + timedelta(days=3),
        "planned_at": now,
    }
    await out.write(plan_messages, [reply])
