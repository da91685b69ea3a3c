"""The one way in, on both engines: once each, the right customer, the right conversation."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from channels.base import Captured
from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.model.contact import Answer, Attachment, ConsentEvidence, Direction, Kind, Medium, Party
from hub.model.event import CallStep
from hub.store import consents, interactions, search
from hub.store.session import Database
from hub.store.tables import (
    ArrivalRow,
    AttachmentRow,
    ConversationRow,
    CustomerRow,
    IdentityRow,
    InteractionRow,
    JobRow,
    SuggestionRow,
    TaskRow,
)
from hub.store.timeline import timeline as newest
from tests.builders import NOW, call, incoming, later, mail, sms, who

KEY = b"k" * 32


async def take(database: Database, *batch: Incoming) -> list[Captured]:
    return await database.write(Capture(KEY), list(batch))


async def count(database: Database, table: Any) -> int:
    return await database.read(lambda conn, _: conn.scalar(select(func.count()).select_from(table)) or 0, None)


async def row(database: Database, interaction: int | None) -> Any:
    def one(conn: Connection, _: None) -> Any:
        return conn.execute(select(InteractionRow.__table__).where(InteractionRow.id == interaction)).one()

    return await database.read(one, None)


async def test_the_same_payload_twice_is_one_interaction(database: Database) -> None:
    first = (await take(database, incoming(sms())))[0]
    again = (await take(database, incoming(sms())))[0]
    assert not first.duplicate
    assert again.duplicate
    assert again.interaction == first.interaction
    assert await count(database, InteractionRow) == 1


async def test_the_same_payload_twice_in_one_batch_is_one_interaction(database: Database) -> None:
    first, again = await take(database, incoming(sms()), incoming(sms()))
    assert (first.duplicate, again.duplicate) == (False, True)
    assert await count(database, InteractionRow) == 1


async def test_one_mail_in_two_mailboxes_is_one_interaction_with_two_arrivals(database: Database) -> None:
    first, second = await take(database, incoming(mail(), key="inbox:1"), incoming(mail(), key="sales:1"))
    assert first.interaction == second.interaction
    assert await count(database, InteractionRow) == 1
    assert await count(database, ArrivalRow) == 2


async def test_the_same_message_id_with_another_body_is_kept_beside_the_first(database: Database) -> None:
    await take(database, incoming(mail(text="one"), key="1"), incoming(mail(text="two"), key="2"))
    assert await count(database, InteractionRow) == 2


async def test_an_exact_identity_finds_its_customer(database: Database) -> None:
    first, second = await take(database, incoming(mail(id="a")), incoming(mail("ADA@example.com", id="b")))
    assert first.customer == second.customer
    assert "first contact" in (await row(database, first.interaction)).customer_why
    assert (await row(database, second.interaction)).customer_why == "holds mailto:ada@example.com"


async def test_a_name_is_learnt_once_and_never_overwritten(database: Database) -> None:
    for number, name in enumerate(("", "Ada Lovelace", "Somebody Else")):
        await take(database, incoming(mail(id=f"m{number}", sender_name=name)))
    names = await database.read(lambda conn, _: list(conn.scalars(select(CustomerRow.display_name))), None)
    assert names == ["Ada Lovelace"]


async def test_a_reply_joins_the_conversation_it_refers_to(database: Database) -> None:
    first, reply = await take(database, incoming(mail(id="a")), incoming(mail(id="b", in_reply_to="a")))
    assert first.conversation == reply.conversation
    assert (await row(database, reply.interaction)).conversation_why == "refers to a"


async def test_mails_that_share_an_unseen_parent_are_one_conversation(database: Database) -> None:
    one = incoming(mail(id="a", references=("lost",)))
    two = incoming(mail(id="b", references=("lost",)))
    assert (await take(database, one))[0].conversation == (await take(database, two))[0].conversation


async def test_a_mail_that_refers_to_two_conversations_makes_them_one(database: Database) -> None:
    a, b = await take(database, incoming(mail(id="a")), incoming(mail(id="b")))
    assert a.conversation != b.conversation
    joint = (await take(database, incoming(mail(id="c", references=("a", "b"), at=later(minutes=1)))))[0]
    assert {(await row(database, each.interaction)).conversation_id for each in (a, b, joint)} == {a.conversation}


@pytest.mark.security_row(3)
async def test_a_stranger_with_a_right_reference_starts_a_conversation_of_its_own(database: Database) -> None:
    first = (await take(database, incoming(mail(id="a"))))[0]
    forged = (await take(database, incoming(mail("eve@example.net", id="b", in_reply_to="a"))))[0]
    assert forged.conversation != first.conversation
    assert "takes no part" in (await row(database, forged.interaction)).conversation_why


async def test_someone_in_cc_may_answer_in_the_conversation(database: Database) -> None:
    cc = (Party(who("bob@example.org")),)
    first = (await take(database, incoming(mail(id="a", participants=cc))))[0]
    answer = (await take(database, incoming(mail("bob@example.org", id="b", in_reply_to="a"))))[0]
    assert answer.conversation == first.conversation
    assert answer.customer != first.customer


async def test_texts_and_calls_of_a_number_share_its_open_conversation(database: Database) -> None:
    text = (await take(database, incoming(sms())))[0]
    rung = (await take(database, incoming(call(CallStep.RINGING))))[0]
    assert rung.conversation == text.conversation
    assert rung.customer == text.customer


@pytest.mark.parametrize("kind", [Kind.AUTO_REPLY, Kind.BOUNCE])
@pytest.mark.security_row(30)
async def test_machines_reopen_nothing(database: Database, kind: Kind) -> None:
    first = (await take(database, incoming(mail(id="a"))))[0]

    def close(conn: Connection, _: None) -> None:
        conn.execute(ConversationRow.__table__.update().values(state="closed", unread=False))  # type: ignore[attr-defined]  # FromClause

    await database.write(close, None)
    await take(database, incoming(mail(id="b", in_reply_to="a", kind=kind, at=later(hours=1))))
    state = await database.read(
        lambda conn, _: conn.execute(
            select(ConversationRow.state, ConversationRow.unread).where(ConversationRow.id == first.conversation)
        ).one(),
        None,
    )
    assert tuple(state) == ("closed", False)


async def test_staffs_own_mail_belongs_to_the_customer_it_went_to(database: Database) -> None:
    first = (await take(database, incoming(mail(id="a"))))[0]
    ours = mail(
        "support@example.com",
        id="b",
        in_reply_to="a",
        direction=Direction.OUT,
        recipients=(Party(who("ada@example.com")),),
    )
    answer = (await take(database, incoming(ours)))[0]
    assert (answer.customer, answer.conversation) == (first.customer, first.conversation)


async def test_a_call_is_one_interaction_whatever_the_order_of_its_events(database: Database) -> None:
    recording = Attachment(filename="voicemail.mp3", content_type="audio/mpeg", url="http://127.0.0.1/RE1")
    steps = [
        call(CallStep.RECORDING, recording=recording, voicemail=True, duration=7),
        call(CallStep.ENDED, status="completed", duration=20),
        call(CallStep.RINGING),
        call(CallStep.RECORDING, recording=recording, voicemail=True, duration=7),
    ]
    for number, step in enumerate(steps):
        await take(database, incoming(step, key=f"hook {number}"))
    assert await count(database, InteractionRow) == 1
    assert await count(database, AttachmentRow) == 1
    assert await count(database, JobRow) == 1


async def test_an_unanswered_call_opens_a_callback_task(database: Database) -> None:
    await take(database, incoming(call(CallStep.RINGING)), incoming(call(CallStep.ENDED, status="no-answer")))
    tasks = await database.read(lambda conn, _: list(conn.scalars(select(TaskRow.kind))), None)
    assert tasks == ["callback"]


@pytest.mark.parametrize(
    ("text", "opt", "suppressed"),
    [
        ("STOP", "stop", True),
        ("please stop", "stop", True),
        ("STOP this terrible bill", "", False),
        ("hello", "", False),
    ],
)
async def test_stop_silences_the_sender_for_the_number(
    database: Database, text: str, opt: str, suppressed: bool
) -> None:
    captured = (await take(database, incoming(sms(text=text))))[0]
    found = await database.read(lambda conn, _: consents.suppressions(conn, ["tel:+14155550101"]), None)
    assert captured.opt == opt
    assert bool(found) is suppressed


async def test_start_restores_only_what_stop_took_away(database: Database) -> None:
    def complaint(conn: Connection, _: None) -> None:
        consents.suppress(conn, "tel:+14155550101", "complaint", NOW)

    await database.write(complaint, None)
    await take(database, incoming(sms(text="STOP")), incoming(sms(text="START", id="SM2")))
    found = await database.read(lambda conn, _: consents.suppressions(conn, ["tel:+14155550101"]), None)
    assert [each["reason"] for each in found["tel:+14155550101"]] == ["complaint"]


async def test_an_ordinary_message_after_stop_subscribes_nobody_again(database: Database) -> None:
    await take(database, incoming(sms(text="STOP")), incoming(sms(text="When are you open?", id="SM2")))
    found = await database.read(lambda conn, _: consents.suppressions(conn, ["tel:+14155550101"]), None)
    assert found


async def test_an_identity_somebody_typed_is_held_unconfirmed_or_only_suggested(database: Database) -> None:
    bob = (await take(database, incoming(sms("+14155550102"))))[0]
    claims = (Party(who("+14155550102")), Party(who("+14155550103")))
    form = mail(id="f1", medium=Medium.FORM, claims=claims)
    ada = (await take(database, incoming(form)))[0]

    def holders(conn: Connection, _: None) -> dict[str, int]:
        return {found.value: found.customer_id for found in conn.execute(select(IdentityRow.__table__))}

    held = await database.read(holders, None)
    assert held["+14155550103"] == ada.customer
    assert held["+14155550102"] == bob.customer
    assert await count(database, SuggestionRow) == 1


@pytest.mark.outbound("consent-evidence", "consent-chain")
async def test_consent_of_a_form_is_kept_with_its_evidence_and_chained(database: Database) -> None:
    evidence = ConsentEvidence(
        purpose="promotional", scheme="mailto", granted=True, wording="Send me offers", version="3", ip="203.0.113.9"
    )
    for number in range(3):
        await take(database, incoming(mail(id=f"f{number}", medium=Medium.FORM, consents=(evidence,))))
    broken = await database.read(lambda conn, _: consents.chain_breaks(conn, KEY), None)
    assert broken == []

    def tamper(conn: Connection, _: None) -> None:
        conn.exec_driver_sql("UPDATE consent SET wording = 'something else' WHERE id = 2")

    await database.write(tamper, None)
    assert (await database.read(lambda conn, _: consents.chain_breaks(conn, KEY), None))[0] == 2


async def test_a_detractor_opens_a_task(database: Database) -> None:
    survey = mail(id="row", medium=Medium.SURVEY, extra={"nps": "3"}, answers=(Answer("How likely?", "3", "nps"),))
    captured = (await take(database, incoming(survey)))[0]
    assert captured.conversation is None
    assert await count(database, TaskRow) == 1


async def test_what_cannot_be_read_is_kept_and_listed(database: Database) -> None:
    captured = (await take(database, incoming(failure="too deep", key="bad")))[0]
    assert captured.failure == "too deep"
    listed = await database.read(lambda conn, _: interactions.quarantined(conn), None)
    assert [each["key"] for each in listed] == ["bad"]
    await take(database, incoming(mail(), key="bad", again=True))
    assert await database.read(lambda conn, _: interactions.quarantined(conn), None) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("refrigerateur", True),
        ("RÉFRIGÉRATEUR cassé", True),
        ("réfri", True),
        ("washing", False),
        ('" OR 1', False),
        ("NEAR(", False),
        ("", False),
    ],
)
async def test_search_folds_and_quotes_every_word(database: Database, words: str, found: bool) -> None:
    captured = (await take(database, incoming(mail(text="Mon réfrigérateur est cassé"))))[0]
    ids = await database.read(lambda conn, _: search.search(conn, words), None)
    assert ids == ([captured.interaction] if found else [])


async def test_search_within_a_customer_sees_only_that_customer(database: Database) -> None:
    ada, bob = await take(
        database, incoming(mail(text="fridge", id="a")), incoming(mail("bob@example.org", "fridge", id="b"))
    )
    identity = (await row(database, ada.interaction)).identity_id
    assert await database.read(lambda conn, _: search.search(conn, "fridge", identities=[identity]), None) == [
        ada.interaction
    ]
    assert await database.read(lambda conn, _: search.search(conn, "fridge"), None) == [
        bob.interaction,
        ada.interaction,
    ]


async def test_a_back_dated_mail_lands_where_it_belongs(database: Database) -> None:
    new = (await take(database, incoming(mail(id="a"))))[0]
    old = (await take(database, incoming(mail(id="b", at=later(days=-30)))))[0]
    identity = (await row(database, new.interaction)).identity_id
    timeline = await database.read(lambda conn, _: newest(conn, [identity]), None)
    assert [each["id"] for each in timeline] == [new.interaction, old.interaction]
    assert timeline[1]["occurred_at"] == later(days=-30)
    older = await database.read(lambda conn, _: newest(conn, [identity], before=new.interaction), None)
    assert [each["id"] for each in older] == [old.interaction]


async def test_a_poisoned_payload_never_takes_its_neighbours_along(database: Database) -> None:
    """The text cannot be stored (a NUL on PostgreSQL, a lone surrogate on SQLite): only its own caller hears of it."""
    import asyncio

    capture = Capture(KEY)
    bad = incoming(sms(text="\x00\ud800", id="SM9"), key="bad")
    batch = [incoming(sms(id=f"SM{n}"), key=f"good {n}") for n in range(4)]
    results = await asyncio.gather(
        *[database.submit(capture, item) for item in [*batch[:2], bad, *batch[2:]]], return_exceptions=True
    )
    assert isinstance(results[2], Exception)
    assert [type(result) for position, result in enumerate(results) if position != 2] == [Captured] * 4
    assert await count(database, InteractionRow) == 4
    assert await count(database, CustomerRow) == 1
