"""Threads and people: connected components over every id, and only for those who take part."""

from __future__ import annotations

from typing import Any

import pytest

from hub.capture.capture import Capture
from hub.desk import together
from hub.model.contact import Direction, InboundContact, Kind, Party
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.store import conversations, customers, hints, mail_tokens
from hub.store.hints import Reason
from hub.store.session import Database
from hub.store.tables import ConversationRow
from tests.builders import NOW, incoming, later, mail, sms, who
from tests.desk_world import actor
from tests.hub.capture.threads import KEY, STAFF, hinted, row, state, take, talks, written_by_staff


async def test_what_comes_late_joins_the_threads_of_its_people(database: Database) -> None:
    """On both engines: b and c share an unseen parent, which comes; d joins them with a, whose ids nobody else has."""
    a, b, c = await take(
        database,
        mail(id="a", at=later(minutes=1)),
        mail(id="b", references=("lost",), at=later(minutes=2)),
        mail(id="c", in_reply_to="lost", at=later(minutes=3)),
    )
    [lost, d] = await take(
        database, mail(id="lost", at=NOW), mail(id="d", in_reply_to="c", references=("a", "b"), at=later(hours=1))
    )
    assert set(await talks(database, [a, b, c, lost, d])) == {a.conversation}
    # Two processes may have met the same unseen parent: the second finds the first one's conversation.
    known = await database.write(lambda conn, refs: conversations.remember_refs(conn, refs), [("a", 1), ("new", 1)])
    assert known == {"a"}
    # What staff decides is kept, on both engines.
    other = (await take(database, mail("bob@example.org", id="e", in_reply_to="a", at=later(hours=2))))[0]
    assert await hinted(database, other.conversation) == [(a.conversation, Reason.STRANGER)]
    await database.write(
        lambda conn, by: together.keep_apart(conn, a.conversation or 0, other.conversation or 0, by), actor()
    )
    assert await hinted(database, other.conversation) == []
    kept = await database.write(
        lambda conn, by: together.join(conn, other.conversation or 0, a.conversation or 0, by), actor()
    )
    assert (kept, await talks(database, [other])) == (a.conversation, [a.conversation])


async def test_the_conversations_of_different_people_are_not_joined_but_suggested(store: Database) -> None:
    ada = (await take(store, mail(id="a", participants=(Party(who("bob@example.org")),))))[0]
    bob = (await take(store, mail("bob@example.org", id="b", at=later(minutes=1))))[0]
    both = (await take(store, mail("bob@example.org", id="c", in_reply_to="b", references=("a",), at=later(hours=1))))[
        0
    ]
    assert await talks(store, [ada, bob, both]) == [ada.conversation, bob.conversation, bob.conversation]
    assert await hinted(store, ada.conversation) == [(bob.conversation, Reason.BOTH)]


async def test_people_who_write_to_each_other_are_joined(store: Database) -> None:
    ada = (await take(store, mail(id="a", participants=(Party(who("bob@example.org")),))))[0]
    to_ada = {"participants": (Party(who("ada@example.com")),), "in_reply_to": "unseen"}
    bob = (await take(store, mail("bob@example.org", id="b", **to_ada)))[0]
    both = (await take(store, mail(id="c", in_reply_to="b", references=("a",), at=later(hours=1))))[0]
    assert len(set(await talks(store, [ada, bob, both]))) == 1


@pytest.mark.security_row(3)
@pytest.mark.parametrize(
    ("sender", "extra", "reason"),
    [
        pytest.param("eve@example.net", {}, Reason.STRANGER, id="a_stranger_knows_the_token"),
        pytest.param("ada@example.com", {"forged": "yes"}, Reason.FORGED, id="our_server_says_forged"),
    ],
)
async def test_a_token_counts_only_for_those_who_take_part(
    store: Database, sender: str, extra: dict[str, str], reason: Reason
) -> None:
    first = (await take(store, mail(id="token@example.com")))[0]
    other = (await take(store, mail(sender, id="b", references=("token@example.com",), extra=extra)))[0]
    assert other.conversation != first.conversation
    assert await hinted(store, first.conversation) == [(other.conversation, reason)]
    assert await hinted(store, other.conversation) == [(first.conversation, reason)]


async def test_an_answer_to_a_mail_of_ours_that_was_lost_says_so(store: Database) -> None:
    ours = mail_tokens.message_id(KEY, "example.com")
    contacts = [mail(id="a", in_reply_to=ours), mail(id="b", in_reply_to="x.y@example.com")]
    capture = Capture(KEY, KEY)
    told = [(await row(store, (await store.write(capture, [incoming(each)]))[0])).conversation_why for each in contacts]
    assert told == ["answers a mail of ours that is not here", "refers to nothing known"]


async def test_machines_are_suggested_to_nobody(store: Database) -> None:
    first = (await take(store, mail(id="a")))[0]
    await take(store, mail("daemon@example.net", id="b", in_reply_to="a", kind=Kind.BOUNCE))
    assert await hinted(store, first.conversation) == []


async def test_another_address_of_the_same_customer_takes_part(store: Database) -> None:
    first = (await take(store, mail(id="a")))[0]
    work = Identity("mailto", "ada@work.example")
    await store.write(lambda conn, _: customers.add_identity(conn, first.customer or 0, work, NOW), None)
    answer = (await take(store, mail("ada@work.example", id="b", in_reply_to="a")))[0]
    assert (answer.customer, answer.conversation) == (first.customer, first.conversation)


async def test_a_subject_joins_nothing_and_is_suggested_to_the_same_customer_alone(store: Database) -> None:
    first, second, other = await take(
        store,
        mail(id="a", subject="The fridge"),
        mail(id="b", subject="RE: AW: The  fridge".replace("  ", " ")),
        mail("bob@example.org", id="c", subject="Re: The fridge"),
    )
    assert len(set(await talks(store, [first, second, other]))) == 3
    assert await hinted(store, second.conversation) == [(first.conversation, Reason.SUBJECT)]
    assert await hinted(store, other.conversation) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(mail(id="b", in_reply_to="a", at=later(hours=1)), ("open", True), id="a_person_reopens"),
        pytest.param(
            mail(id="b", in_reply_to="a", kind=Kind.AUTO_REPLY, at=later(hours=1)),
            ("closed", False),
            id="a_machine_not",
        ),
        pytest.param(
            written_by_staff("ada@example.com", id="b", in_reply_to="a", at=later(hours=1)),
            ("waiting", False),
            id="staffs_answer_waits",
        ),
        pytest.param(
            mail(STAFF, id="b", in_reply_to="a", direction=Direction.OUT, extra={"internal": "yes"}, at=later(hours=1)),
            ("closed", False),
            id="talk_among_us_not",
        ),
    ],
)
async def test_only_a_person_reopens_what_is_closed(
    store: Database, answer: InboundContact, expected: tuple[str, bool]
) -> None:
    first = (await take(store, mail(id="a")))[0]
    closing = ConversationRow.__table__.update().values(state="closed", unread=False)  # type: ignore[attr-defined]
    await store.write(lambda conn, _: conn.execute(closing), None)
    await take(store, answer)
    assert await state(store, first.conversation) == expected


async def test_whom_staff_writes_to_is_the_customer_whoever_stands_first(store: Database) -> None:
    ada = (await take(store, mail(id="a")))[0]
    ours = written_by_staff(
        "ada@example.com", id="b", in_reply_to="a", recipients=(Party(who(STAFF)), Party(who("ada@example.com")))
    )
    about, alone = await take(
        store,
        mail(STAFF, id="c", in_reply_to="a", direction=Direction.OUT, extra={"internal": "yes"}),
        mail(STAFF, id="d", direction=Direction.OUT, extra={"internal": "yes"}),
    )
    answer = (await take(store, ours))[0]
    assert [each.customer for each in (answer, about)] == [ada.customer] * 2
    assert [each.conversation for each in (answer, about)] == [ada.conversation] * 2
    assert (await row(store, about)).customer_why == "written among ourselves in this conversation"
    # Nobody becomes a prospect by writing to their own business.
    assert ((await row(store, alone)).address, (await row(store, alone)).relation) == (STAFF, "employee")


async def test_the_copy_in_sent_proves_what_nothing_vouched_for(store: Database) -> None:
    """Staff writes to Ada with our mailbox in Cc: that copy is a stranger's until the one in Sent is read."""
    first = (await take(store, mail(id="a")))[0]
    unproven = mail(STAFF, id="b", in_reply_to="a", extra={"claims_staff": "yes"}, at=later(hours=1))
    taken = (await take(store, unproven))[0]
    assert (await row(store, taken)).address == STAFF
    proven = written_by_staff("ada@example.com", id="b", in_reply_to="a", at=later(hours=1))
    again = (await take(store, proven))[0]
    mended = await row(store, taken)
    assert (again.interaction, again.duplicate) == (taken.interaction, True)
    assert (mended.direction, mended.trust, mended.address) == ("out", "verified", "ada@example.com")
    assert (mended.conversation_id, "claims_staff" in (mended.detail or {})) == (first.conversation, False)


async def test_what_cannot_be_joined_says_why(store: Database) -> None:
    one, other, text, second = await take(
        store, mail(id="a"), mail("bob@example.org", id="b"), sms(id="S1"), sms("+14155550102", id="S2")
    )
    by = actor()

    def join(one: int | None, other: int | None) -> Any:
        return store.write(lambda conn, _: together.join(conn, one or 0, other or 0, by), None)

    with pytest.raises(Refused, match="already"):
        await join(one.conversation, one.conversation)
    with pytest.raises(NotFound):
        await join(one.conversation, 99)
    with pytest.raises(Refused, match="two numbers"):
        await join(text.conversation, second.conversation)
    # The next text looks for the conversation of its number, so that one is kept.
    assert await join(one.conversation, text.conversation) == text.conversation
    with pytest.raises(Refused, match="joined with another"):
        await join(one.conversation, other.conversation)
    assert (await take(store, sms(text="And this", id="S3")))[0].conversation == text.conversation
    assert await store.read(lambda conn, _: hints.of_conversation(conn, text.conversation or 0), None) == [
        (one.conversation, "subject", "", "joined")
    ]
