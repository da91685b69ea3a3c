"""What was captured is found again, on both engines: by its words, and where its time places it."""

from __future__ import annotations

import pytest

from hub.store import search
from hub.store.session import Database
from hub.store.timeline import timeline as newest
from tests.builders import incoming, later, mail
from tests.hub.capture.taking import row, take


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
