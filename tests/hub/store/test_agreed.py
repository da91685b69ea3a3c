"""The newest word of each address stands with it: for whatever is appended, after an upgrade, and after tampering."""

from __future__ import annotations

import itertools
import random
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from hub.outreach.learning import Learning
from hub.store import agreed, consents
from hub.store.backup.places import in_postgres
from hub.store.migrate import move_to, upgrade
from hub.store.session import Database
from hub.store.sqlite_engine import sqlite_engine
from hub.store.tables import ConsentRow, CustomerRow, IdentityRow
from tests.builders import NOW

KEY = b"k" * 32
_PURPOSES = (*agreed.COLUMNS, "calls")
_ADDRESSES = range(1, 13)


def _said(identity: int, purpose: str, granted: bool) -> dict[str, Any]:
    return {"identity_id": identity, "purpose": purpose, "granted": granted, "wording": "Yes", "source": "form",
            "at": NOW, "interaction_id": None}  # fmt: skip


def _people(conn: Connection, _: None = None) -> None:
    conn.execute(insert(CustomerRow), [{"id": at, "facts": {}, "created_at": NOW} for at in _ADDRESSES])
    held = {"scheme": "mailto", "opened_at": NOW}
    conn.execute(
        insert(IdentityRow),
        [{**held, "id": at, "customer_id": at, "value": f"{at}@example.com"} for at in _ADDRESSES],
    )


def _kept(conn: Connection, _: None = None) -> dict[tuple[int, str], bool]:
    rows = conn.execute(select(IdentityRow.id, *agreed.COLUMNS.values())).all()
    words = ((row[0], purpose, word) for row in rows for purpose, word in zip(agreed.COLUMNS, row[1:], strict=True))
    return {(identity, purpose): word for identity, purpose, word in words if word is not None}


def _in_force(conn: Connection, _: None = None) -> dict[tuple[int, str], bool]:
    rows = consents.in_force(conn, list(_ADDRESSES))
    return {key: row["granted"] for key, row in rows.items() if key[1] in agreed.COLUMNS}


async def test_what_is_kept_is_the_newest_word_and_what_is_not_is_found_and_put_right(database: Database) -> None:
    rnd = random.Random(8)
    await database.write(_people, None)
    for _ in range(12):
        batch = [
            _said(rnd.choice(_ADDRESSES[:-1]), rnd.choice(_PURPOSES), rnd.random() < 0.5)
            for _ in range(rnd.randrange(9))
        ]
        await database.write(lambda conn, rows: consents.record(conn, rows, KEY), batch)
        kept = await database.read(_kept, None)
        assert kept == await database.read(_in_force, None)
    assert 12 not in {identity for identity, _purpose in kept}, "who was never asked said nothing"
    assert await database.read(lambda conn, _: agreed.differing(conn), None) == []

    def tamper(conn: Connection, _: None) -> None:
        conn.execute(update(IdentityRow).where(IdentityRow.id == 12).values(agreed_promotional=True))
        nothing = {each.key: None for each in agreed.COLUMNS.values()}
        conn.execute(update(IdentityRow).where(IdentityRow.id == 3).values(nothing))

    await database.write(tamper, None)
    assert await database.read(lambda conn, _: agreed.differing(conn), None) == [3, 12]
    await Learning(database, lambda: NOW, "UTC").run_once()
    assert await database.read(_kept, None) == kept


def test_an_upgrade_keeps_the_newest_word_of_what_was_said_before(database_url: str) -> None:
    """Says so of evidence in every order of three words, two purposes mixed, as a hub before schema 8 wrote it."""
    if not database_url.startswith("sqlite"):
        assert in_postgres(database_url, _upgraded) == _WANTED
        return
    engine = sqlite_engine(database_url, begin="BEGIN")
    with engine.begin() as conn:
        assert _upgraded(conn) == _WANTED
    engine.dispose()


_CUSTOMER = text(
    "INSERT INTO customer (id, display_name, relationship, language, time_zone, country, note, facts, created_at)"
    " VALUES (:number, '', 'customer', '', '', '', '', '{}', 0)"
)
_IDENTITY = text(
    "INSERT INTO identity (id, customer_id, scheme, value, raw, display_name, opened_at)"
    " VALUES (:number, :number, 'mailto', :value, '', '', 0)"
)
_ORDERS = list(itertools.product((True, False), repeat=3))
_WANTED = {
    (identity, purpose): word
    for identity, words in enumerate(_ORDERS, 1)
    for purpose, word in (("promotional", words[2]), ("reminder", words[1]))
}


def _upgraded(conn: Connection) -> dict[tuple[int, str], bool]:
    move_to(conn, "0007")
    for number in _ADDRESSES:
        given = {"number": number, "value": f"{number}@example.com"}
        conn.execute(_CUSTOMER, given)
        conn.execute(_IDENTITY, given)
    evidence = ConsentRow.__table__.insert()
    for identity, (first, second, third) in enumerate(_ORDERS, 1):
        for purpose, word in (("promotional", first), ("reminder", second), ("promotional", third)):
            conn.execute(evidence, {**_said(identity, purpose, word), "digest": ""})
    upgrade(conn)
    assert agreed.differing(conn) == []
    return _kept(conn)
