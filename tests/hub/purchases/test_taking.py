"""Purchases come in once, find their buyer as any contact does, and are corrected when told again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from hub.capture.capture import Capture
from hub.capture.purchases import Outcome, Purchases
from hub.desk import merging
from hub.desk.customers import change_customer
from hub.insight.history import timeline
from hub.model.identity import Identity
from hub.model.purchase import Line, Purchase, Told
from hub.store import customers, purchases
from hub.store.interactions import events_of
from hub.store.purchases import Stored
from hub.store.session import Database
from hub.store.tables import ConversationRow, CustomerRow, InteractionRow, PurchaseRow
from tests.builders import NOW, mail, who
from tests.desk_world import KEY, actor, customer_of, incoming, take

TAKE = Purchases(Capture(KEY))
TEA = Line(name="Tea", amount=Decimal("9.90"), quantity=Decimal(2), sku="T1", category="tea", cost=Decimal("3.1234"))
SOAP = Line(name="Soap", amount=Decimal("-0.05"))


def bought(external_id: str = "1", *, who_: str = "ada@example.com", **more: Any) -> Told:
    """A purchase of Ada's."""
    purchase = Purchase(
        **{"source": "shop", "external_id": external_id, "bought_at": NOW - timedelta(days=3),
           "amount": Decimal("9.85"), "currency": "EUR", "lines": (TEA, SOAP), **more}
    )  # fmt: skip
    return Told(purchase=purchase, buyer=(who(who_),), name="Ada")


async def tell(database: Database, *told: Told, at: Any = NOW) -> list[Outcome]:
    return await database.write(lambda conn, _: TAKE(conn, told, at), None)


async def stored(database: Database, customer: int) -> list[Stored]:
    return await database.read(lambda conn, _: purchases.of(conn, customer, 10), None)


async def counted(database: Database) -> tuple[int, ...]:
    def count(conn: Connection, _: None) -> tuple[int, ...]:
        tables = (PurchaseRow, CustomerRow, InteractionRow, ConversationRow)
        return tuple(conn.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

    return await database.read(count, None)


async def test_a_purchase_is_an_entry_of_its_buyers_history_at_its_own_time(database: Database) -> None:
    [done] = await tell(database, bought())
    assert (done.outcome, await counted(database)) == ("created", (1, 1, 1, 0))
    page = await database.read(lambda conn, _: timeline(conn, done.customer_id or 0, media=["purchase"]), None)
    [entry] = page.items
    assert (entry.medium, entry.occurred_at, entry.conversation_id) == ("purchase", NOW - timedelta(days=3), None)
    assert entry.text == "9.85 EUR\n2 × Tea (T1)\nSoap"
    assert entry.purchase is not None
    assert entry.purchase.purchase == bought().purchase
    [row] = await stored(database, done.customer_id or 0)
    assert (row.id, row.interaction_id, row.purchase) == (done.id, entry.id, bought().purchase)


async def test_told_again_it_is_the_same_one_and_changes_nothing(database: Database) -> None:
    exact = bought(bought_at=NOW - timedelta(days=3, microseconds=7))
    [first] = await tell(database, exact)
    before = await counted(database)
    assert [each.outcome for each in await tell(database, exact, exact)] == ["unchanged", "unchanged"]
    assert await counted(database) == before
    assert first.outcome == "created"


async def test_told_otherwise_it_is_corrected_and_keeps_its_buyer_and_its_entry(database: Database) -> None:
    [first] = await tell(database, bought())
    changed = bought(who_="eve@example.com", state="refunded", amount=Decimal("0"), lines=(TEA,))
    [done] = await tell(database, changed, at=NOW + timedelta(days=1))
    assert (done.outcome, done.id, done.customer_id) == ("changed", first.id, first.customer_id)
    assert await counted(database) == (1, 1, 1, 0), "nobody is made of a correction"
    [row] = await stored(database, first.customer_id or 0)
    assert row.purchase == changed.purchase

    def learnt(conn: Connection, _: None) -> Any:
        return events_of(conn, [row.interaction_id or 0])[row.interaction_id or 0]

    [event] = [one for one in await database.read(learnt, None) if one["kind"] == "purchase.changed"]
    assert event["data"]["state"] == ["paid", "refunded"]


async def test_in_one_batch_the_later_word_on_a_purchase_counts(database: Database) -> None:
    paid, refunded = bought(), bought(state="refunded")
    other = bought("2")
    outcomes = await tell(database, paid, other, refunded, refunded)
    assert [each.outcome for each in outcomes] == ["created", "created", "changed", "unchanged"]
    rows = await stored(database, outcomes[0].customer_id or 0)
    assert {row.purchase.external_id: row.purchase.state for row in rows} == {"1": "refunded", "2": "paid"}


async def test_who_buys_is_a_customer_unless_staff_has_said_otherwise(database: Database) -> None:
    async def relationship(customer: int) -> str | None:
        return await database.read(
            lambda conn, _: conn.scalar(select(CustomerRow.relationship).where(CustomerRow.id == customer)), None
        )

    async def choose(customer: int, word: str) -> None:
        given = {"relationship": word}
        await database.write(lambda conn, _: change_customer(conn, customer, given, actor()), None)

    [open_, cancelled] = await tell(
        database, bought(state="open"), bought("0", who_="eve@example.com", state="cancelled")
    )
    ada, eve = open_.customer_id or 0, cancelled.customer_id or 0
    assert (await relationship(ada), await relationship(eve)) == ("customer", "prospect")
    entry = (await stored(database, ada))[0].interaction_id or 0
    learnt = await database.read(lambda conn, _: events_of(conn, [entry]), None)
    assert [(one["kind"], one["data"]) for one in learnt[entry]] == [
        ("customer.relationship", {"relationship": ["prospect", "customer"]})
    ]
    await choose(ada, "prospect")
    await choose(eve, "supplier")
    again = [bought("2"), bought("3", who_="eve@example.com")]
    await tell(database, *again)
    assert (await relationship(ada), await relationship(eve)) == ("prospect", "supplier")


async def test_the_same_id_of_two_shops_is_two_purchases(database: Database) -> None:
    outcomes = await tell(database, bought(), bought(source="till"))
    assert [each.outcome for each in outcomes] == ["created", "created"]


async def test_a_known_buyer_is_found_and_what_nobody_held_becomes_theirs(database: Database) -> None:
    await take(database, incoming(mail()))
    ada, _ = await customer_of(database)
    card, phone = Identity("ext", "shop/42"), who("+14155550177")
    told = replace(bought(), buyer=(card, phone, who("ada@example.com")))
    [done] = await tell(database, told)
    assert done.customer_id == ada
    held = await database.read(customers.find_identities, [card, phone])
    assert {each.customer_id for each in held.values()} == {ada}
    [again] = await tell(database, replace(bought("2"), buyer=(card,)))
    assert again.customer_id == ada


async def test_an_identity_of_somebody_else_is_never_taken_from_them(database: Database) -> None:
    await take(database, incoming(mail()), incoming(mail("eve@example.com", id="m2")))
    ada, _ = await customer_of(database)
    [done] = await tell(database, replace(bought(), buyer=(who("ada@example.com"), who("eve@example.com"))))
    assert done.customer_id == ada
    assert (await customer_of(database, who("eve@example.com")))[0] != ada


async def test_a_buyer_may_be_named_by_number_even_without_an_address(database: Database) -> None:
    number = await database.write(
        lambda conn, _: customers.create_customer(conn, {"display_name": "Walk-in"}, [], NOW), None
    )
    [done] = await tell(database, replace(bought(), buyer=(), customer_id=number))
    assert (done.outcome, done.customer_id) == ("created", number)


WRONG = {
    "no such customer": (replace(bought(), buyer=(), customer_id=4_711), "customer_id"),
    "nobody named": (replace(bought(), buyer=()), "customer"),
    "no currency": (bought(currency="euro"), "currency"),
    "no such state": (bought(state="lost"), "state"),
    "no id": (bought(""), "external_id"),
    "a line without a name": (bought(lines=(replace(TEA, name=""),)), "lines.0.name"),
    "five decimal places": (bought(amount=Decimal("0.00001")), "amount"),
    "too much money": (bought(amount=Decimal("1e15")), "amount"),
    "not a number": (bought(amount=Decimal("NaN")), "amount"),
    "before the hub's time": (bought(bought_at=NOW.replace(year=1900)), "bought_at"),
}


async def test_one_that_cannot_be_never_stops_the_others(database: Database) -> None:
    told = [bought("good 1"), *(wrong for wrong, _ in WRONG.values()), bought("good 2")]
    outcomes = await tell(database, *told)
    assert [each.outcome for each in outcomes] == ["created", *(["refused"] * len(WRONG)), "created"]
    assert [each.field for each in outcomes[1:-1]] == [field for _, field in WRONG.values()]
    assert all(each.reason for each in outcomes[1:-1])
    assert (await counted(database))[0] == 2


async def test_totals_are_of_what_was_paid_by_currency(database: Database) -> None:
    told = [bought(str(number), amount=Decimal("0.1")) for number in range(30)]
    more = [bought("x", state="refunded"), bought("y", currency="CZK", bought_at=NOW)]
    outcomes = await tell(database, *told, *more)
    totals = await database.read(purchases.totals, outcomes[0].customer_id or 0)
    assert [(each.currency, each.amount, each.count) for each in totals] == [
        ("CZK", Decimal("9.85"), 1),
        ("EUR", Decimal("3.0"), 30),
    ]


async def test_purchases_move_with_a_merge_and_move_back(database: Database) -> None:
    outcomes = await tell(database, bought(), bought("2", who_="eve@example.com"))
    ada, eve = (each.customer_id or 0 for each in outcomes)
    await database.write(lambda conn, _: merging.merge(conn, ada, eve, actor()), None)
    assert [len(await stored(database, each)) for each in (ada, eve)] == [2, 0]
    await database.write(lambda conn, _: merging.unmerge(conn, eve, actor()), None)
    assert [len(await stored(database, each)) for each in (ada, eve)] == [1, 1]


async def test_a_large_batch_is_entered_whole(database: Database) -> None:
    told = [bought(str(number), who_=f"c{number % 20}@example.com") for number in range(260)]
    assert {each.outcome for each in await tell(database, *told)} == {"created"}
    assert await counted(database) == (260, 20, 260, 0)


async def test_a_buyer_named_by_number_who_became_part_of_another_is_refused(database: Database) -> None:
    [ada] = await tell(database, bought())
    [other] = await tell(database, bought("2", who_="ada@work.example"))
    assert ada.customer_id is not None
    assert other.customer_id is not None
    into, gone = ada.customer_id, other.customer_id
    await database.write(lambda conn, _: merging.merge(conn, into, gone, actor()), None)
    [told] = await tell(database, replace(bought("3"), buyer=(), customer_id=gone))
    assert (told.outcome, f"Customer {gone} was merged" in told.reason) == ("refused", True)
