"""Lists: inbox, customers, tasks, health, today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.desk import conversations, tasks
from hub.desk.customers import create_customer
from hub.insight.card import customer_card
from hub.insight.health import channels_health, unread, unread_count
from hub.insight.inbox import inbox, waiting_counts
from hub.insight.people import find_customers, read_identity
from hub.insight.tasks import open_tasks
from hub.insight.today import today
from hub.model.errors import Refused
from hub.model.problem import Problem, Severity
from hub.store import health, interactions
from hub.store.session import Database
from tests.builders import NOW, incoming, later, mail, sms, who
from tests.desk_world import actor, add_staff, conversation_of, fill, named_mail, take

BY = actor()


async def ask(database: Database, work: Any, *args: Any, **more: Any) -> Any:
    return await database.read(lambda conn, _: work(conn, *args, **more), None)


async def do(database: Database, work: Any, *args: Any, **more: Any) -> Any:
    return await database.write(lambda conn, _: work(conn, *args, **more), None)


async def test_the_inbox_is_paged_filtered_and_searched(database: Database) -> None:
    mails = [
        named_mail(f"Person {n}", f"p{n}@example.com", f"word{n}", id=f"m{n}", at=later(minutes=n)) for n in range(5)
    ]
    ids = await take(database, *[incoming(each) for each in mails], incoming(sms(at=later(hours=1))))
    first = await ask(database, inbox, limit=4)
    second = await ask(database, inbox, limit=4, before=first.next)
    assert [line.name for line in (*first.items, *second.items)] == [
        "+14155550101", "Person 4", "Person 3", "Person 2", "Person 1", "Person 0",
    ]  # fmt: skip
    assert [line.medium for line in (await ask(database, inbox, medium="sms")).items] == ["sms"]
    assert [line.name for line in (await ask(database, inbox, words="word3")).items] == ["Person 3"]
    assert [line.name for line in (await ask(database, inbox, words="person 2")).items] == ["Person 2"]
    staff = await add_staff(database)
    talk = await conversation_of(database, ids[0])
    await do(database, conversations.assign, talk, staff, BY)
    assert [line.assignee_name for line in (await ask(database, inbox, assignee=staff)).items] == ["Grace"]
    assert len((await ask(database, inbox, unassigned=True)).items) == 5
    await do(database, conversations.close, talk, BY)
    assert await ask(database, waiting_counts) == {"open": 5, "waiting": 0}
    assert [line.id for line in (await ask(database, inbox, state="closed")).items] == [talk]


@pytest.mark.parametrize(
    "asked",
    [{"state": "open; DROP TABLE staff"}, {"medium": "fax"}, {"before": "1=1"}, {"state": ""}],
    ids=["state", "medium", "before", "empty"],
)
async def test_a_filter_says_only_what_is_on_its_list(database: Database, asked: dict[str, str]) -> None:
    with pytest.raises(Refused):
        await ask(database, inbox, **asked)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lovelace", True),
        ("LOVELACE", True),
        ("ada@exam", True),
        ("(415) 555-0199", True),
        ("5550199", True),
        ("%", False),
        ("_da", False),
        ("' OR 1=1 --", False),
        ("nobody", False),
        ("žofie", True),
        ("ŽOFIE", True),
    ],
)
async def test_customers_are_found_by_name_and_identity(database: Database, words: str, found: bool) -> None:
    identities = [who("ada@example.com"), who("+14155550199")]
    await do(database, create_customer, {"display_name": "Ada Žofie Lovelace"}, identities, BY)
    await do(database, create_customer, {"display_name": "Somebody Else"}, [], BY)
    page = await ask(database, find_customers, words, region="US")
    assert bool(page.items) is found
    assert all(line.name == "Ada Žofie Lovelace" for line in page.items)


async def test_customers_are_paged_by_key(database: Database) -> None:
    for number in range(5):
        await do(database, create_customer, {"display_name": f"C{number}"}, [], BY)
    first = await ask(database, find_customers, limit=3)
    rest = await ask(database, find_customers, before=int(first.next), limit=3)
    assert [line.name for line in (*first.items, *rest.items)] == ["C4", "C3", "C2", "C1", "C0"]


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("Ada@Example.com", "mailto:ada@example.com"),
        (" (415) 555-0199 ", "tel:+14155550199"),
        ("whatsapp:+14155550199", "whatsapp:+14155550199"),
        ("ext:crm/42", "ext:crm/42"),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
    ],
)
def test_an_identity_is_read_as_a_person_types_it(written: str, identity: str) -> None:
    assert str(read_identity(written, "US")) == identity


@pytest.mark.parametrize("written", ["", "ada", "12", "ada@", "ext:"])
def test_what_is_no_identity_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        read_identity(written, "US")


async def test_tasks_due_first_then_those_without_a_date(database: Database) -> None:
    for title, due in (("later", later(days=2)), ("none", None), ("now", NOW)):
        await do(database, tasks.add_task, title, BY, due_at=due)
    lists = {days: await ask(database, open_tasks, assignee=None, due_before=later(days=days)) for days in (1, 3)}
    assert [task.title for task in lists[3]] == ["now", "later", "none"]
    assert [task.title for task in lists[1]] == ["now", "none"]


async def test_health_tells_problems_pauses_and_what_could_not_be_read(database: Database) -> None:
    problem = Problem(
        code="login", severity=Severity.ERROR, where="support_mail", message="Refused.", mend="Change it."
    )
    await do(database, health.note_problem, problem, NOW)
    await do(database, health.pause, "main_number", "401", NOW)
    broken = {"channel": "surveys", "key": "1", "state": "quarantined", "reason": "?", "received_at": NOW}
    await do(database, interactions.insert_arrival, broken)
    mailbox, number, other, gone = await ask(database, channels_health, ["support_mail", "main_number", "contact_form"])
    assert (mailbox.problem, mailbox.problem_since, mailbox.ails) == (problem, NOW, True)
    assert (number.paused_why, number.ails) == ("401", True)
    assert (other.ails, gone.name, gone.unread) == (False, "surveys", 1)
    assert await ask(database, unread_count) == 1
    assert [item.reason for item in await ask(database, unread)] == ["?"]
    assert await ask(database, unread, channel="support_mail") == []


async def test_today_tells_what_needs_somebody(database: Database, tmp_path: Any) -> None:
    staff = await add_staff(database)
    world = await fill(database, tmp_path)
    await do(database, conversations.assign, world.conversation, staff, BY)
    await do(database, tasks.add_task, "Ring back", BY, due_at=NOW)
    start = NOW - timedelta(hours=10)
    seen = await ask(database, today, staff, start, start + timedelta(days=1), ("support_mail",))
    assert [line.id for line in seen.mine] == [world.conversation]
    assert world.texts in [line.id for line in seen.unassigned]
    assert [task.title for task in seen.tasks] == ["Ring back"]
    assert [line.title for line in seen.appointments] == ["Check-up"]
    assert (seen.unread, seen.ailing, seen.calm) == (1, (), False)
    assert seen.last[0].who.name == "Charles Babbage"


async def test_an_empty_hub_is_calm(database: Database) -> None:
    seen = await ask(database, today, 1, NOW, later(days=1), ())
    assert (seen.calm, seen.last) == (True, ())


async def test_a_card_tells_consent_silence_plans_and_what_was_withheld(database: Database, tmp_path: Any) -> None:
    world = await fill(database, tmp_path)
    card = await ask(database, customer_card, world.ada, NOW)
    by_scheme = {held.scheme: held for held in card.identities}
    assert [(consent.purpose, consent.granted) for consent in by_scheme["mailto"].consents] == [("promotional", True)]
    assert [silence.reason for silence in by_scheme["tel"].silences] == ["stop"]
    assert [(message.purpose, message.state) for message in card.upcoming] == [("reminder", "ready")]
    assert [message.reason for message in card.withheld] == ["asked us to stop"]
    assert card.name == "Ada Lovelace"


async def test_inbox_rows_of_a_joined_conversation_are_shown_once(database: Database) -> None:
    await take(
        database,
        incoming(mail(id="a")),
        incoming(mail(id="b", at=later(minutes=1))),
        incoming(mail(id="c", references=("a", "b"), at=later(minutes=2))),
    )
    assert len((await ask(database, inbox, state="all")).items) == 1
