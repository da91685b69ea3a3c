"""Staff's other acts: assigning, closing, notes, tasks, customers, consent, merging; what is not there is a 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.desk import consents as consenting
from hub.desk import conversations, customers, merging, notes, subjects, tasks
from hub.insight.card import customer_card
from hub.insight.history import timeline
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.store import appointments, consents
from hub.store.customers import create_customer, find_identities
from hub.store.session import Database
from hub.store.tables import AuditRow, ConversationRow, CustomerRow, IdentityRow, InteractionRow, TaskRow
from tests.builders import NOW, incoming, later, mail, sms, who
from tests.desk_world import ADA, KEY, actor, add_staff, conversation_of, customer_of, take

BY = actor()
GONE = 10_000


def _work(function: Callable[..., Any], *args: Any, **more: Any) -> Callable[[Connection, None], Any]:
    return lambda conn, _: function(conn, *args, **more)


async def do(database: Database, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    return await database.write(_work(function, *args, **more), None)


async def ask(database: Database, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    return await database.read(_work(function, *args, **more), None)


async def count(database: Database, table: Any) -> int:
    return await database.read(lambda conn, _: conn.scalar(select(func.count()).select_from(table)) or 0, None)


@pytest.fixture
async def talk(database: Database) -> int:
    """A conversation of Ada's."""
    [interaction] = await take(database, incoming(mail()))
    return await conversation_of(database, interaction)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda: (conversations.assign, GONE, None, BY), id="assign"),
        pytest.param(lambda: (conversations.close, GONE, BY), id="close"),
        pytest.param(lambda: (conversations.reopen, GONE, BY), id="reopen"),
        pytest.param(lambda: (conversations.mark_read, GONE), id="read"),
        pytest.param(lambda: (customers.change_customer, GONE, {"display_name": "x"}, BY), id="change"),
        pytest.param(lambda: (customers.add_identity, GONE, who("x@example.com"), BY), id="identity"),
        pytest.param(lambda: (customers.close_identity, 1, GONE, BY), id="close identity"),
        pytest.param(lambda: (customers.confirm_identity, 1, GONE, BY), id="confirm identity"),
        pytest.param(lambda: (merging.merge, 1, GONE, BY), id="merge"),
        pytest.param(lambda: (merging.unmerge, 1, BY), id="unmerge"),
        pytest.param(lambda: (tasks.finish_task, GONE, BY), id="task"),
        pytest.param(lambda: (consenting.leave_alone, 1, GONE, "", BY), id="leave alone"),
        pytest.param(lambda: (consenting.write_again, 1, GONE, 1, BY), id="write again"),
    ],
)
async def test_what_is_not_there_is_not_found_and_nothing_is_written(
    database: Database, talk: int, act: Callable[[], tuple[Any, ...]]
) -> None:
    function, *args = act()
    with pytest.raises(NotFound):
        await do(database, function, *args)
    assert await count(database, AuditRow) == 0


async def test_a_note_for_what_is_not_there_is_not_written(database: Database, talk: int) -> None:
    for write, number in ((notes.note_conversation, GONE), (notes.note_customer, GONE)):
        with pytest.raises(NotFound):
            await do(database, write, number, "hello", BY, draft_id="note-0001")
    assert await count(database, InteractionRow) == 1


async def test_work_goes_to_staff_who_can_do_it(database: Database, talk: int) -> None:
    agent, viewer = await add_staff(database), await add_staff(database, role="viewer", name="Vera")
    await do(database, conversations.assign, talk, agent, BY)
    for nobody in (viewer, GONE):
        with pytest.raises(NotFound):
            await do(database, conversations.assign, talk, nobody, BY)
    held = await database.read(lambda conn, _: conn.scalar(select(ConversationRow.assignee_id)), None)
    assert held == agent


async def test_a_number_has_one_open_conversation_so_an_older_one_stays_closed(database: Database) -> None:
    [first] = await take(database, incoming(sms(id="SM1")))
    old = await conversation_of(database, first)
    await do(database, conversations.close, old, BY)
    await take(database, incoming(sms(id="SM2", at=later(days=1))))
    with pytest.raises(Refused, match="newer open"):
        await do(database, conversations.reopen, old, BY)


async def test_a_note_sent_twice_is_one_entry(database: Database, talk: int) -> None:
    first = await do(database, notes.note_conversation, talk, "Call her after four.", BY, draft_id="note-0001")
    again = await do(database, notes.note_conversation, talk, "Call her after four.", BY, draft_id="note-0001")
    assert first == again
    assert await count(database, InteractionRow) == 2


async def test_a_customer_without_an_address_can_have_notes(database: Database) -> None:
    customer = await do(database, customers.create_customer, {"display_name": "Walk-in"}, [], BY)
    await do(database, notes.note_customer, customer, "Paid in cash.", BY, draft_id="note-0002")
    [entry] = (await ask(database, timeline, customer)).items
    assert (entry.medium, entry.text, entry.author) == ("note", "Paid in cash.", "agent@hub.test")
    assert entry.who.scheme == "hub"


async def test_a_task_is_ticked_off_once_and_back(database: Database, talk: int) -> None:
    customer, _identity = await customer_of(database)
    task = await do(database, tasks.add_task, "Send the offer\r\n", BY, customer_id=customer, due_at=later(days=1))
    await do(database, tasks.finish_task, task, BY)
    await do(database, tasks.finish_task, task, BY)
    acts = await database.read(lambda conn, _: conn.scalars(select(AuditRow.action)).all(), None)
    assert sorted(acts) == ["task.added", "task.done"]
    await do(database, tasks.reopen_task, task, BY)
    row = await database.read(lambda conn, _: conn.execute(select(TaskRow.title, TaskRow.state)).one(), None)
    assert tuple(row) == ("Send the offer", "open")
    for missing in ({"customer_id": GONE}, {"conversation_id": GONE}, {"assignee_id": GONE}):
        with pytest.raises(NotFound):
            await do(database, tasks.add_task, "x", BY, **missing)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"relationship": "lead"}, "relationship"),
        ({"time_zone": "Moon/Crater"}, "time_zone"),
        ({"birthday": "10.12.1815"}, "birthday"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_a_customer_has_only_fields_that_can_be(database: Database, fields: dict[str, str], named: str) -> None:
    with pytest.raises(Refused) as refused:
        await do(database, customers.create_customer, {"display_name": "Ada", **fields}, [], BY)
    assert refused.value.field == named
    assert await count(database, CustomerRow) == 0


async def test_an_identity_of_somebody_else_is_refused(database: Database, talk: int) -> None:
    other = await do(database, customers.create_customer, {"display_name": "Charles"}, [], BY)
    with pytest.raises(Refused, match="belongs to another"):
        await do(database, customers.add_identity, other, ADA, BY)


async def holdings(database: Database) -> list[tuple[int, str]]:
    rows = select(IdentityRow.customer_id, IdentityRow.value).order_by(IdentityRow.id)
    return [tuple(row) for row in await database.read(lambda conn, _: conn.execute(rows).all(), None)]  # type: ignore[misc]


async def test_merging_moves_everything_and_parting_moves_it_back_exactly(database: Database, talk: int) -> None:
    await take(database, incoming(sms(text="It is me, Ada")))
    ada, _ = await customer_of(database)
    other, _ = await customer_of(database, who("+14155550101"))
    await do(database, tasks.add_task, "Hers", BY, customer_id=ada)
    await do(database, tasks.add_task, "The number's", BY, customer_id=other)
    await do(
        database, appointments.create, customer_id=other, title="Check-up", starts_at=NOW, time_zone="UTC", now=NOW
    )
    before = await holdings(database)
    await do(database, merging.merge, ada, other, BY)
    assert {entry.medium for entry in (await ask(database, timeline, ada)).items} == {"email", "sms"}
    card = await ask(database, customer_card, ada, NOW)
    assert (len(card.tasks), len(card.appointments), len(card.merged)) == (2, 1, 1)
    with pytest.raises(Refused, match="merged already"):
        await do(database, merging.merge, ada, other, BY)
    with pytest.raises(Refused, match="merged already"):
        await do(database, merging.merge, other, ada, BY)
    assert await do(database, merging.unmerge, other, BY) == ada
    assert await holdings(database) == before
    card = await ask(database, customer_card, ada, NOW)
    assert ([task.title for task in card.tasks], card.appointments, card.merged) == (["Hers"], (), ())


async def test_what_comes_in_while_merged_goes_with_its_identity_when_parted(database: Database, talk: int) -> None:
    await take(database, incoming(sms(id="SM1")))
    ada, _ = await customer_of(database)
    other, _ = await customer_of(database, who("+14155550101"))
    await do(database, merging.merge, ada, other, BY)
    await take(database, incoming(sms(id="SM2", at=later(hours=1))))
    await do(database, merging.unmerge, other, BY)
    assert len((await ask(database, timeline, other)).items) == 2


async def test_an_accepted_suggestion_gives_the_identity_or_names_whom_to_merge(database: Database, talk: int) -> None:
    from hub.store.customers import suggest

    ada, _ = await customer_of(database)
    free, held = who("free@example.com"), who("charles@example.com")
    await take(database, incoming(mail("charles@example.com", id="c1")))
    charles, _ = await customer_of(database, held)
    await do(database, suggest, [(ada, free, "typed"), (ada, held, "typed")], NOW)
    first, second = (await ask(database, customer_card, ada, NOW)).suggestions
    assert await do(database, customers.decide_suggestion, ada, first.id, BY, accept=True) is None
    assert (await ask(database, find_identities, [free]))[free].customer_id == ada
    assert second.holder_id == charles
    assert await do(database, customers.decide_suggestion, ada, second.id, BY, accept=True) == (charles, ada)
    with pytest.raises(NotFound):
        await do(database, customers.decide_suggestion, ada, second.id, BY, accept=True)


async def test_staff_can_lift_what_staff_said_but_not_a_persons_own_stop(database: Database, talk: int) -> None:
    ada, identity = await customer_of(database)
    await do(database, consenting.leave_alone, ada, identity, "asked on the phone", BY)
    await do(database, consents.suppress, str(ADA), "stop", NOW)
    [held] = (await ask(database, customer_card, ada, NOW)).identities
    by_reason = {silence.reason: silence.id for silence in held.silences}
    await do(database, consenting.write_again, ada, identity, by_reason["staff"], BY)
    with pytest.raises(Refused, match="only they"):
        await do(database, consenting.write_again, ada, identity, by_reason["stop"], BY)
    [held] = (await ask(database, customer_card, ada, NOW)).identities
    assert [silence.reason for silence in held.silences] == ["stop"]


async def test_consent_needs_its_wording_and_is_chained(database: Database, talk: int) -> None:
    ada, identity = await customer_of(database)
    with pytest.raises(Refused, match="evidence"):
        await do(database, consenting.record_consent, ada, identity, "promotional", True, "  ", BY, KEY)
    await do(database, consenting.record_consent, ada, identity, "promotional", True, "Yes, on the phone", BY, KEY)
    held = select(IdentityRow.confirmed_at).where(IdentityRow.id == identity)
    confirmed = await database.read(lambda conn, _: conn.scalar(held), None)
    assert confirmed == BY.at, "staff heard the person: the address is theirs, and a promotion may go there"
    await do(database, consenting.record_consent, ada, identity, "promotional", False, "No more", BY, KEY)
    [held] = (await ask(database, customer_card, ada, NOW)).identities
    assert [(consent.granted, consent.wording) for consent in held.consents] == [(False, "No more")]
    assert [silence.reason for silence in held.silences] == ["withdrawn"]
    assert await ask(database, consents.chain_breaks, KEY) == []


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("A question", "Re: A question"),
        ("Re: A question", "Re: A question"),
        ("RE: Aw: SV: Odp: A question", "Re: A question"),
        ("Re[2]: A question", "Re: A question"),
        ("Antw.: A question", "Re: Antw.: A question"),
        ("回复：A question", "Re: A question"),
        ("Reduced prices: now", "Re: Reduced prices: now"),
        ("Fwd: A question", "Re: Fwd: A question"),
        ("", ""),
        ("Re:", ""),
    ],
)
def test_a_subject_carries_one_re(given: str, answered: str) -> None:
    assert subjects.answer_subject(given) == answered


def test_an_identity_of_another_scheme_is_kept_as_it_is() -> None:
    assert str(Identity("ext", "crm/42")) == "ext:crm/42"


async def test_merging_takes_over_what_is_not_known_yet_and_parting_gives_it_back(database: Database) -> None:
    def name_of(conn: Connection, customer: int) -> str:
        return conn.scalar(select(CustomerRow.display_name).where(CustomerRow.id == customer)) or ""

    def two(conn: Connection, _: None) -> tuple[int, int]:
        named = create_customer(conn, {"display_name": "Ada Lovelace"}, [], NOW)
        return create_customer(conn, {"display_name": ""}, [], NOW), named

    kept, other = await database.write(two, None)
    await do(database, merging.merge, kept, other, BY)
    assert await database.read(name_of, kept) == "Ada Lovelace"
    await do(database, merging.unmerge, other, BY)
    assert await database.read(name_of, kept) == ""
    assert await database.read(name_of, other) == "Ada Lovelace"


async def test_an_appointment_of_somebody_without_a_name_shows_their_address(database: Database) -> None:
    from hub.insight.card import appointment_lines

    def book(conn: Connection, _: None) -> None:
        nameless = create_customer(conn, {"display_name": ""}, [who("+14155550142")], NOW)
        appointments.create(
            conn, customer_id=nameless, title="Check-up", starts_at=later(days=1), time_zone="UTC", now=NOW
        )

    await database.write(book, None)
    lines = await database.read(lambda conn, _: appointment_lines(conn), None)
    assert [line.customer_name for line in lines] == ["+14155550142"]
