"""Conversations: the inbox, what was said, who looks after what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import conversations as desk
from hub.desk.replies import inbound_count
from hub.insight import history, inbox
from hub.insight.paging import read_id
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.entries import Entry, entry_page
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Line, Moment, PageQuery, Told


class Conversation(Told):
    """A conversation as a list shows it; `address` is whom it is with, of the `scheme`.

    `sensitive`: it is health-class, so lists do not say what it says; `hidden`: nor is whose token this is told.
    """

    id: Id
    customer_id: Id
    customer_name: str
    identity_id: Id
    scheme: str
    address: str
    channel: str
    medium: str
    subject: str
    preview: str
    state: str
    unread: bool
    assignee_id: Id | None
    assignee_name: str
    opened_at: Moment
    last_at: Moment
    merged_into: Id | None
    sensitive: bool
    hidden: bool


class ConversationNow(Conversation):
    """`came_in`: how many entries came in so far; send it with an answer as `seen`."""

    came_in: int


class InboxQuery(PageQuery):
    state: Literal["open", "waiting", "closed", "all"] = "open"
    medium: Line = ""
    assignee: Id | None = None
    unassigned: bool = False
    customer: Id | None = None
    q: Annotated[Line, Field(description="Words of an entry, or of the customer's name.")] = ""


class ConversationChange(Given):
    """Any of these; `assignee_id` null gives it to nobody."""

    state: Literal["open", "closed"] | None = None
    assignee_id: Id | None = None
    unread: bool | None = None


@operation("GET", "/conversations", roles=READERS, summary="Conversations, the newest first")
async def list_conversations(call: Call, query: InboxQuery) -> Items[Conversation]:
    page = await call.read(
        inbox.inbox,
        state=query.state,
        medium=query.medium,
        assignee=query.assignee,
        unassigned=query.unassigned,
        words=query.q,
        customer_id=query.customer,
        before=query.before,
        limit=query.limit,
    )
    return Items[Conversation].model_validate({"items": page.items, "next": page.next or None})


@operation("GET", "/conversations/{id}", roles=READERS, summary="One conversation")
async def get_conversation(call: Call, path: ById) -> ConversationNow:
    return await call.read(_conversation, path.id)


def _conversation(conn: Connection, conversation_id: int) -> ConversationNow:
    line = Conversation.model_validate(inbox.conversation(conn, conversation_id))
    return ConversationNow(**dict(line), came_in=inbound_count(conn, conversation_id))


@operation("GET", "/conversations/{id}/interactions", roles=READERS, summary="What was said, newest first")
async def list_conversation_interactions(call: Call, path: ById, query: PageQuery) -> Items[Entry]:
    return await call.read(_interactions, path.id, query)


def _interactions(conn: Connection, conversation_id: int, query: PageQuery) -> Items[Entry]:
    inbox.conversation(conn, conversation_id)
    before = read_id(query.before)
    return entry_page(conn, history.conversation_entries(conn, conversation_id, before=before, limit=query.limit))


@operation("PATCH", "/conversations/{id}", roles=WORKERS, summary="Assign, close, reopen, mark as read")
async def change_conversation(call: Call, path: ById, body: ConversationChange) -> ConversationNow:
    return await call.write(_change, path.id, body.named(), call.by)


def _change(conn: Connection, conversation_id: int, changes: dict[str, Any], by: Actor) -> ConversationNow:
    if "assignee_id" in changes:
        desk.assign(conn, conversation_id, changes["assignee_id"], by)
    if state := changes.get("state"):
        (desk.close if state == "closed" else desk.reopen)(conn, conversation_id, by)
    if changes.get("unread") is not None:
        desk.mark_read(conn, conversation_id, unread=changes["unread"])
    return _conversation(conn, conversation_id)
