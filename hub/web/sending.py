"""Sending: what was typed, with what is kept of it, goes into the outbox; for the pages and the API alike."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hub.desk import drafting, replies
from hub.desk.drafting import Place
from hub.desk.drafts import Draft, DraftKind
from hub.desk.outgoing import Queued
from hub.desk.recipients import Recipient, person_of, recipient_of
from hub.insight import inbox
from hub.store.audit import Actor
from hub.web import composing
from hub.web.composing import NOWHERE, Talk, Typed
from hub.web.services import Services


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is written: in a conversation, to an address of a customer, or to anybody."""

    conversation_id: int | None = None
    customer_id: int | None = None
    identity_id: int | None = None

    def whom(self, conn: Connection, typed: Typed) -> tuple[Recipient | None, Talk]:
        """Returns whom it goes to, and the conversation it belongs to. Raises NotFound and Refused."""
        if self.conversation_id is not None:
            line = inbox.conversation(conn, self.conversation_id)
            to = recipient_of(conn, self.conversation_id, typed.about)
            return to, Talk(line.id, line.channel, line.subject)
        if self.customer_id is not None and self.identity_id is not None:
            return person_of(conn, self.customer_id, self.identity_id), NOWHERE
        return None, NOWHERE

    def place(self, typed: Typed) -> Place:
        return Place(
            kind=typed.kind if self.conversation_id is not None else DraftKind.NEW,
            conversation_id=self.conversation_id,
            customer_id=self.customer_id,
            identity_id=self.identity_id,
            about_id=typed.about,
            seen=typed.seen,
        )

    def queue(self, conn: Connection, draft: Draft, by: Actor) -> Queued:
        if self.conversation_id is not None:
            return replies.queue_reply(conn, self.conversation_id, draft, by)
        if self.customer_id is not None and self.identity_id is not None:
            return replies.queue_message(conn, self.customer_id, self.identity_id, draft, by)
        return replies.queue_letter(conn, draft, by)


def send(services: Services, conn: Connection, spot: Spot, draft_id: str, typed: Typed, by: Actor) -> Queued:
    """Queues a draft with the files that are kept for it; the kept one is gone then. Raises NotFound and Refused."""
    to, talk = spot.whom(conn, typed)
    kept = drafting.own(conn, draft_id, by, lock=True)
    draft = composing.draft_of(services, conn, draft_id, typed, to, talk=talk, files=drafting.files_of(kept))
    queued = spot.queue(conn, draft, by)
    drafting.drop(conn, draft_id, by)
    return queued
