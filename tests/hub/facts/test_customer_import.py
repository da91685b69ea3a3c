"""Customers as a file, on both engines: who they are, what they agreed to, and that an old yes beats no newer no."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.desk.consents import record_consent
from hub.desk.customer_import import import_customers
from hub.insight.card import customer_card
from hub.insight.people import customer_of
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.store import consents
from hub.store.audit import Actor
from hub.store.session import Database
from hub.store.tables import ConsentRow
from tests.builders import NOW

KEY = b"k" * 32
FILE = (
    "id;e-mail;phone;first name;last name;narozeniny;language;fact: size;offers by mail;offers by text;"
    "agreed on;agreed how;shoe\n"
    "7;ada@example.com;+420603123456;Ada;Lovelace;10.12.1985;en;M;yes;no;2026-01-10;ticked the box on the card;38\n"
    ";eve@example.com;;Eve;;--02-29;cs;;no;;;;\n"
    "8;no address;;Bob;;;;;;;;;\n"
    "9;joe@example.com;;Joe;;;;;yes;;2026-01-10;;\n"
    "10;jim@example.com;;Jim;;;;;perhaps;;;;\n"
    "11;ada@example.com;;Other;;;;;;;;;\n"
    "12;kim@example.com;;Kim;;31.13.1985;;;;;;;\n"
    "13;lea@example.com;;Lea;;;;;yes;;2031-01-10;ticked;\n"
)


async def take(database: Database, text: str, *, dry: bool = False) -> list[tuple[str, str]]:
    report = await import_customers(database, text.encode(), NOW, region="CZ", dry=dry, key=KEY)
    assert list(report.ignored) in ([], ["shoe"])
    return [(row.outcome, row.field) for row in report.rows]


async def card_of(database: Database) -> Any:
    def card(conn: Connection, identity: Identity) -> Any:
        return customer_card(conn, customer_of(conn, identity) or 0, NOW)

    return await database.read(card, Identity("ext", "import/7"))


async def agreed(database: Database) -> dict[str, bool]:
    card = await card_of(database)
    return {each.scheme: one.granted for each in card.identities for one in each.consents}


async def test_customers_are_taken_in_once_with_what_they_agreed_to(database: Database) -> None:
    first = [
        ("created", ""),
        ("created", ""),
        ("rejected", "email"),
        ("rejected", "agreed_how"),
        ("rejected", "offers_by_mail"),
        ("rejected", "email"),
        ("rejected", "birthday"),
        ("rejected", "agreed_on"),
    ]
    assert (await take(database, FILE, dry=True))[:5] == first[:5]
    assert await take(database, FILE) == first, "the dry run stored nothing"
    assert [outcome for outcome, _ in await take(database, FILE)][:2] == ["unchanged", "unchanged"]

    ada = await card_of(database)
    assert (ada.display_name, ada.birthday, ada.relationship) == ("Ada Lovelace", date(1985, 12, 10), "customer")
    assert ada.facts == {"size": "M"}
    held = {f"{each.scheme}:{each.value}" for each in ada.identities}
    assert held >= {"ext:import/7", "mailto:ada@example.com", "tel:+420603123456"}
    assert await agreed(database) == {"mailto": True, "tel": False}
    rows = await database.read(lambda conn, _: conn.execute(select(ConsentRow.wording, ConsentRow.at)).all(), None)
    assert rows[0] == ("ticked the box on the card", datetime(2026, 1, 10, tzinfo=UTC))
    assert not await database.read(lambda conn, key: consents.chain_breaks(conn, key), KEY)

    moved = "id,phone,birthday,language\n7,+420603999999,,pt\n"
    assert await take(database, moved) == [("changed", "")]
    again = await card_of(database)
    assert (again.birthday, again.language, again.facts) == (date(1985, 12, 10), "pt", {"size": "M"})


async def test_an_old_file_signs_nobody_up_who_said_no_since(database: Database) -> None:
    await take(database, FILE)
    ada = await card_of(database)
    mail = next(each.id for each in ada.identities if each.scheme == "mailto")
    by = Actor(name="Olga", at=NOW, key=KEY)

    def refuse(conn: Connection, identity: int) -> None:
        record_consent(conn, ada.id, identity, "promotional", False, "she called and said no", by, KEY)

    await database.write(refuse, mail)
    assert (await take(database, FILE))[0] == ("unchanged", "")
    assert (await agreed(database))["mailto"] is False


async def test_a_file_that_names_nobody_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match="who they are"):
        await take(database, "name\nAda\n")
