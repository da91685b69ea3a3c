"""Mails captured as they come, and the conversations they are in afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from channels.base import Captured
from hub.capture.capture import Capture
from hub.desk import together
from hub.model.contact import Direction, InboundContact, Party, Trust
from hub.store.session import Database
from hub.store.tables import ConversationRow, CustomerRow, IdentityRow, InteractionRow
from tests.builders import incoming, mail, who

KEY = b"k" * 32


STAFF = "grace@example.com"


async def take(store: Database, *contacts: InboundContact) -> list[Captured]:
    """Captures mails, each as a batch of its own: as they come."""
    taken = []
    for number, contact in enumerate(contacts):
        key = f"{contact.external_id}/{number}/{contact.content_key}/{contact.direction}"
        taken += await store.write(Capture(KEY), [incoming(contact, key=key)])
    return taken


async def talks(store: Database, captured: Sequence[Captured]) -> list[int | None]:
    """Returns the conversation that each interaction is in now."""

    def ask(conn: Connection, ids: list[int | None]) -> list[int | None]:
        found = select(InteractionRow.id, InteractionRow.conversation_id).where(InteractionRow.id.in_(ids))
        rows = {each.id: each.conversation_id for each in conn.execute(found)}
        return [rows[each] for each in ids if each is not None]

    return await store.read(ask, [each.interaction for each in captured])


async def row(store: Database, captured: Captured) -> Any:
    """Returns an interaction with whom it is of."""

    def ask(conn: Connection, number: int | None) -> Any:
        return conn.execute(
            select(
                InteractionRow.__table__, IdentityRow.value.label("address"), CustomerRow.relationship.label("relation")
            )
            .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
            .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
            .where(InteractionRow.id == number)
        ).one()

    return await store.read(ask, captured.interaction)


async def state(store: Database, conversation: int | None) -> tuple[str, bool]:
    """Returns the state of a conversation, and whether it is unread."""

    def ask(conn: Connection, number: int | None) -> tuple[str, bool]:
        found = conn.execute(
            select(ConversationRow.state, ConversationRow.unread).where(ConversationRow.id == number)
        ).one()
        return found.state, found.unread

    return await store.read(ask, conversation)


async def hinted(store: Database, conversation: int | None) -> list[tuple[int, str]]:
    """Returns what is suggested to belong to a conversation, and why."""
    found = await store.read(together.suggestions, conversation or 0)
    return [(each.conversation_id, each.reason) for each in found]


def written_by_staff(to: str, **more: Any) -> InboundContact:
    """A mail that staff wrote in a mail program of their own."""
    given: dict[str, Any] = {
        "direction": Direction.OUT, "trust": Trust.VERIFIED, "recipients": (Party(who(to)),),
        "customer": Party(who(to)), **more,
    }  # fmt: skip
    return mail(STAFF, **given)
