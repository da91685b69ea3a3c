"""Offers on both engines: taken in once, one code a customer for ever, redeemed once, told of when a pool runs out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, update

from hub.capture.capture import Capture
from hub.capture.purchases import Purchases
from hub.desk import merging
from hub.desk.offer_import import import_offers
from hub.insight.finders import QUESTIONS, House
from hub.insight.offers import offer_page
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.model.offer import expires_at, last_day, new_code, read_code
from hub.model.purchase import Line, Purchase, Told
from hub.store import customers, equipment, offer_codes, offers, products
from hub.store.session import Database
from hub.store.tables import CustomerRow
from tests.builders import NOW
from tests.desk_world import actor

FILE = (
    "external_id;title;percent;price;currency;valid until;category;makes codes;tier;code;tell below\n"
    "spring;Spring offer;10;;;2026-12-31;;yes;;;\n"
    "spring;;15;;;;;;gold;;\n"
    "pool;From the pool;;49,90;EUR;;tea;no;;A-1;2\n"
    "pool;;;;;;;;;a-2 ;\n"
    "wrong;Both;10;5;EUR;;;;;;\n;No id;10;;;;;;;;\n"
)


def test_a_code_ends_with_the_businesss_last_day_and_cannot_be_guessed() -> None:
    ends = expires_at(date(2026, 3, 28), 30, datetime(2026, 3, 27, tzinfo=UTC), "Europe/Prague")
    assert ends == datetime(2026, 3, 28, 23, tzinfo=UTC), "the day before the clocks change"
    assert ends
    assert last_day(ends, "Europe/Prague") == date(2026, 3, 28)
    assert expires_at(None, None, NOW, "UTC") is None
    made = {new_code("SPRING") for _ in range(1000)}
    assert len(made) == 1000
    assert all(read_code(f" {code.lower()} ") == code for code in made)
    with pytest.raises(Refused, match="no code"):
        read_code("ž")


async def test_offers_are_taken_in_given_and_redeemed_once(database: Database) -> None:
    async def take(*, dry: bool = False) -> list[str]:
        report = await import_offers(database, FILE.encode(), NOW, region="CZ", dry=dry)
        return [row.outcome if not row.field else row.field for row in report.rows]

    first = ["created", "changed", "created", "changed", "price", "external_id"]
    assert await take(dry=True) == first
    assert await take() == first, "the dry run stored nothing"
    assert await take() == ["unchanged"] * 4 + ["price", "external_id"]
    await database.write(_give_and_redeem, Purchases(Capture(b"key")))


def _give_and_redeem(conn: Connection, take: Purchases) -> None:
    ada, eve, gold = (_person(conn, name) for name in ("ada", "eve", "gold"))
    conn.execute(update(CustomerRow).where(CustomerRow.id == gold).values(facts={"tier": "gold"}))

    def give(name: str, *who: int, at: datetime = NOW) -> offer_codes.Giving:
        return offer_codes.give(conn, name, who, at, "Europe/Prague", "test")

    given = give("spring", ada, eve, gold)
    worth = offer_codes.by_id(conn, list(given.codes.values()))
    assert [worth[given.codes[one]]["percent"] for one in (ada, eve, gold)] == [10, 10, 15]
    assert give("spring", eve, ada).codes == {ada: given.codes[ada], eve: given.codes[eve]}, "each keeps their own"
    assert give("spring", ada, at=NOW + timedelta(days=400)).refused == {ada: "offer_over"}
    assert give("nothing", ada).refused == {ada: "offer_unknown"}

    pool = give("pool", ada, eve, gold)
    assert (len(pool.codes), pool.refused) == (2, {gold: "offer_no_code_left"})
    assert {row["code"] for row in offer_codes.by_id(conn, list(pool.codes.values())).values()} == {"A-1", "A-2"}
    [problem] = QUESTIONS["offers"](conn, House(now=NOW))
    assert (problem.code, problem.place) == ("codes_gone", "pool")
    number = offers.named(conn, "pool")["id"]
    assert offers.load_codes(conn, number, ["A-1", "a-3", "a-3", ""], NOW) == {"added": 1, "known": 1}
    assert [one.code for one in QUESTIONS["offers"](conn, House(now=NOW))] == ["codes_running_out"]

    # The purchase carries the code: redeemed by it, once; a wrong code costs nobody their purchase.
    code = offer_codes.by_id(conn, [given.codes[ada]])[given.codes[ada]]["code"]
    products.upsert(conn, "T1", {"name": "Tea", "currency": "EUR", "cost": Decimal("2.5")}, NOW)
    lines = (
        Line(name="Tea", sku="T1", category="tea", amount=Decimal(10), quantity=Decimal(2)),
        Line(name="Bag", amount=Decimal(1)),
    )
    told = Told(purchase=_purchase("o1", lines), customer_id=ada, code=code.lower())
    assert [(one.outcome, one.reason) for one in take(conn, [told], NOW)] == [("created", "")]
    assert [(one.outcome, one.field) for one in take(conn, [told], NOW)] == [("unchanged", "")], (
        "the same purchase again"
    )
    again = replace(told, purchase=_purchase("o2", ()))
    [other] = take(conn, [again], NOW)
    assert (other.outcome, other.field) == ("created", "code")
    assert "already" in other.reason
    with pytest.raises(Refused, match="already"):
        offer_codes.redeem(conn, code, NOW, "till")
    with pytest.raises(Refused, match="never given"):
        offer_codes.redeem(conn, "A-3", NOW, "till")
    with pytest.raises(NotFound):
        offer_codes.redeem(conn, "A-9", NOW, "till")
    assert give("spring", ada).refused == {ada: "offer_had"}
    page = offer_page(conn, offers.named(conn, "spring")["id"])
    assert page.counts == {"free": 0, "given": 3, "redeemed": 1}
    [earned] = page.earned
    brought = [int(each) for each in (earned.amount, earned.known, earned.cost, earned.margin)]
    assert brought == [11, 10, 5, 5], "two teas of 2.50"

    # For what each buys: who bought nothing has nothing to be offered.
    offers.upsert(conn, "own", {"title": "Yours", "percent": Decimal(5), "for_bought": True}, NOW)
    own = give("own", ada, eve)
    assert own.refused == {eve: "offer_no_category"}
    assert offer_codes.by_id(conn, [own.codes[ada]])[own.codes[ada]]["category"] == "tea"

    # Merged, the codes go along but where the kept one has theirs; parted, they come back.
    before = _holders(conn)
    boiler = equipment.create(conn, customer_id=gold, site_id=ada, name="Boiler", now=NOW)
    merging.merge(conn, eve, ada, actor())
    assert [row["external_id"] for row in offer_codes.of_customer(conn, eve)].count("spring") == 1
    assert "own" in [row["external_id"] for row in offer_codes.of_customer(conn, eve)]
    assert equipment.get(conn, boiler)["site_id"] == eve, "what stands with them moves too"
    merging.unmerge(conn, ada, actor())
    assert equipment.get(conn, boiler)["site_id"] == ada
    assert _holders(conn) == before


def _holders(conn: Connection) -> list[Any]:
    return [tuple(row) for row in conn.exec_driver_sql("SELECT id, customer_id FROM offer_code ORDER BY id")]


def _person(conn: Connection, name: str) -> int:
    return customers.create_customer(conn, {"display_name": name}, [Identity("mailto", f"{name}@example.com")], NOW)


def _purchase(name: str, lines: tuple[Line, ...]) -> Purchase:
    return Purchase(source="shop", external_id=name, bought_at=NOW, amount=Decimal(11), currency="EUR", lines=lines)
