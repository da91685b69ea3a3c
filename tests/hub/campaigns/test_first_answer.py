"""A mail of a run starts a conversation when it is first answered; nobody's inbox holds thousands that nobody did."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from hub.capture.capture import Capture
from hub.outreach.campaigning import results
from hub.store.tables import ConversationRow, InteractionRow, MessageRow
from tests.builders import incoming, mail
from tests.hub.campaigns.conftest import BOTH, Marketing, crowd
from tests.hub.outreach.conftest import KEYS


def _talks(conn: Connection, _: None) -> tuple[dict[str, int | None], list[tuple[int | None, str, str]]]:
    said = (
        select(InteractionRow.conversation_id, InteractionRow.direction, ConversationRow.state)
        .join(ConversationRow, ConversationRow.id == InteractionRow.conversation_id)
        .order_by(InteractionRow.conversation_id, InteractionRow.id)
    )
    owners = conn.execute(select(MessageRow.rfc_message_id, MessageRow.conversation_id))
    return {row[0]: row[1] for row in owners}, [(row[0], row[1], row[2]) for row in conn.execute(said)]


@BOTH
async def test_what_a_run_sent_is_a_conversation_once_its_recipient_answers(market: Marketing) -> None:
    await crowd(market, 3)
    await market.launched()
    await market.run()
    await market.out.send()
    asked, passed_on, silent = [row["rfc_message_id"] for row in await market.out.messages()]
    assert await market.out.database.read(_talks, None) == ({asked: None, passed_on: None, silent: None}, [])

    at, capture = market.out.clock.pass_(minutes=5), Capture(KEYS.consent)
    answers = [
        mail("ada0@example.com", "Do you have it in blue?", id="blue", at=at, in_reply_to=asked),
        mail("friend@example.org", "Who are you?", id="who", at=at, in_reply_to=passed_on),
        mail("ada0@example.com", "And in red?", id="red", at=at, references=(asked, "blue"), in_reply_to="blue"),
    ]
    await market.out.write(lambda conn: capture(conn, [incoming(one) for one in answers[:2]]))
    await market.out.write(lambda conn: capture(conn, [incoming(answers[2])]))

    talks, said = await market.out.database.read(_talks, None)
    mine, friends = talks[asked], talks[passed_on]
    assert talks[silent] is None
    assert [(way, state) for talk, way, state in said if talk == mine] == [
        ("out", "open"),
        ("in", "open"),
        ("in", "open"),
    ]
    # Whoever it was passed on to takes no part in it: their question is a conversation of their own.
    assert [(way, state) for talk, way, state in said if talk == friends] == [("out", "closed")]
    assert [(way, state) for talk, way, state in said if talk not in (mine, friends)] == [("in", "open")]
    assert (await market.out.write(results.results, 1)).replies == 1
    assert await market.out.write(lambda conn: conn.scalar(select(func.count()).select_from(ConversationRow))) == 3
