"""Messages: what was planned, sent and withheld, and the whole story of each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.insight import ledger
from hub.insight.paging import read_id
from hub.outreach import why
from hub.web.api.call import Call
from hub.web.api.operation import READERS, operation
from hub.web.api.values import ById, Data, Id, Items, Line, Moment, PageQuery, Told


class Message(Told):
    """One message of the outbox. `state`: where it stands, `reason`: why; `delivery`: how far it got."""

    id: Id
    origin: str
    purpose: str
    channel: str
    customer_id: Id
    identity_id: Id
    scheme: str
    address: str
    conversation_id: Id | None
    interaction_id: Id | None
    staff_id: Id | None
    template: str
    about: str
    about_id: Id | None
    subject: str
    text: str
    state: str
    reason: str
    delivery: str
    code: str
    attempt: int
    parts: int
    planned_at: Moment
    due_at: Moment
    expires_at: Moment
    sent_at: Moment | None


class Step(Told):
    """One step of a message: where it went, why (`words` says it plainly), and the values that were seen then."""

    state: str
    reason: str
    words: str
    seen: Data
    at: Moment


class News(Told):
    """What the provider told later."""

    status: str
    code: str
    reason: str
    at: Moment


class MessageStory(Message):
    """A message from plan to end; `words`: where it stands, in a sentence; `when`: the habits that it is due by."""

    rule: str
    words: str
    when: str
    steps: list[Step]
    news: list[News]


class Withheld(Told):
    """A reminder that was never planned, and why."""

    rule: str
    channel: str
    about: str
    about_id: Id
    reason: str
    words: str
    seen: Data
    at: Moment


class MessageQuery(PageQuery):
    customer: Id | None = None
    state: Annotated[Line, Field(description="planned, held, ready, accepted, suppressed, failed, unknown, ...")] = ""


@operation("GET", "/messages", roles=READERS, summary="Messages of the outbox, newest first")
async def list_messages(call: Call, query: MessageQuery) -> Items[Message]:
    page = await call.read(
        ledger.messages,
        customer_id=query.customer,
        state=query.state,
        before=read_id(query.before),
        limit=query.limit,
    )
    return Items[Message].model_validate({"items": page.items, "next": page.next or None})


@operation("GET", "/messages/{id}", roles=READERS, summary="One message and its story: why it went out, or did not")
async def get_message(call: Call, path: ById) -> MessageStory:
    return await call.read(_message, path.id)


def _message(conn: Connection, message_id: int) -> MessageStory:
    line, told = ledger.message(conn, message_id), why.story(conn, message_id)
    return MessageStory(
        **{name: getattr(line, name) for name in Message.model_fields},
        rule=told.rule,
        words=told.words,
        when=told.when,
        steps=[Step.model_validate(step) for step in told.steps],
        news=[News.model_validate(news) for news in told.news],
    )


@operation("GET", "/customers/{id}/withheld", roles=READERS, summary="Reminders that were never planned, and why")
async def list_withheld(call: Call, path: ById) -> Items[Withheld]:
    told = await call.read(why.of_customer, path.id, limit=200, steps=False)
    return Items[Withheld].model_validate({"items": list(told.skipped)})
