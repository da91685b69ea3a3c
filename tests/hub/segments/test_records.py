"""Rows about records on both engines: each says who belongs, in sets and by look-ups alike; advice needs evidence."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from hub.insight.advice import advice_for, habits_of
from hub.model.segment import read_segment
from hub.store import advice, audience, customers, equipment, habits, margins, offer_codes, offers, products
from hub.store.ids import first_id
from hub.store.session import Database
from hub.store.tables import (
    AppointmentRow,
    CampaignRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    PurchaseLineRow,
    PurchaseRow,
    RunRow,
    SegmentRow,
)
from tests.builders import NOW

PEOPLE = 60


def _ago(days: float) -> Any:
    return NOW - timedelta(days=days)


@pytest.mark.outbound("segment-language")
async def test_rows_about_records_say_who_belongs(database: Database) -> None:
    await database.write(lambda conn, _: _world(conn), None)
    await database.write(lambda conn, _: advice.keep(conn, advice.pairs(conn, NOW), advice.edges(conn, NOW)), None)
    assert await database.write(lambda conn, _: _keep_habits(conn), None) == 1
    told = await database.read(lambda conn, _: {name: _ask(conn, row) for name, (row, _) in ROWS.items()}, None)
    assert told == {name: expected for name, (_, expected) in ROWS.items()}
    await database.read(lambda conn, _: _advice(conn), None)
    # What is reckoned beforehand says the same; a changed cost of a product counts at once, and is reckoned anew.
    earned = {name: row for name, (row, _) in ROWS.items() if row["about"] == "margin"}
    for changed in (False, True):
        if changed:
            await database.write(lambda conn, _: _costs(conn, Decimal("9.9")), None)
        at_once = await database.read(lambda conn, _: {name: _ask(conn, row) for name, row in earned.items()}, None)
        assert (at_once == {name: told[name] for name in earned}) == (not changed)
        while await database.write(margins.reckon, NOW):
            pass
        reckoned = await database.read(lambda conn, _: {name: _ask(conn, row) for name, row in earned.items()}, None)
        assert reckoned == at_once


def _keep_habits(conn: Connection) -> int:
    everybody = habits.page(conn, 0)
    return habits.keep(conn, (everybody, habits.shown(conn, everybody, NOW, "UTC"), NOW))


def _costs(conn: Connection, cost: Decimal) -> None:
    for product in products.listed(conn, limit=1000):
        if product["cost"] is not None:
            products.upsert(conn, product["sku"], {"cost": cost}, NOW)


def _ask(conn: Connection, row: dict[str, Any]) -> list[int]:
    """Asks by sets and by look-ups, which must agree."""
    segment = read_segment({"all": [row]})
    found = audience.members(conn, segment, NOW, limit=100_000)
    assert found == audience.members(conn, segment, NOW, limit=100)
    assert audience.count(conn, segment, NOW) == len(found)
    assert [sentence.phrases for sentence in read_segment(segment.as_json()).sentences()]
    return found


EVERYBODY = list(range(1, PEOPLE + 1))
ROWS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "owns": ({"about": "equipment", "is": "has"}, [1, 2]),
    "owns the model": ({"about": "equipment", "is": "has", "model": "B1"}, [1]),
    "owns none": ({"about": "equipment", "is": "has_not"}, EVERYBODY[2:]),
    "overdue now": ({"about": "equipment", "is": "has", "which": "service_due"}, [1]),
    "due within 60 days": ({"about": "equipment", "is": "has", "which": "service_due", "days": 60}, [1, 2]),
    "warranty ends": ({"about": "equipment", "is": "has", "which": "warranty_ends", "days": 30}, [2]),
    "warranty over": ({"about": "equipment", "is": "has", "which": "warranty_over"}, [1]),
    "given": ({"about": "offers", "is": "given"}, [1, 2, 3]),
    "given that": ({"about": "offers", "is": "given", "offer": "autumn"}, []),
    "redeemed": ({"about": "offers", "is": "redeemed", "offer": "spring"}, [1]),
    "open": ({"about": "offers", "is": "open", "offer": "spring"}, [2, 3]),
    "not given": ({"about": "offers", "is": "not_given", "offer": "spring"}, EVERYBODY[3:]),
    "not redeemed": ({"about": "offers", "is": "not_redeemed"}, EVERYBODY[1:]),
    "left us": ({"about": "margin", "is": "at_least", "amount": "7", "currency": "EUR"}, [1, *range(4, 44)]),
    "left us little": ({"about": "margin", "is": "at_most", "amount": "6.5", "currency": "EUR", "days": 40}, [2, 3]),
    "left us crowns": ({"about": "margin", "is": "at_least", "amount": "1", "currency": "CZK"}, []),
    "best": ({"about": "value", "is": "best"}, [1, *range(4, 24)]),
    "spending": ({"about": "value", "is": "spending"}, [1, *range(4, 27)]),
    "loyal": ({"about": "value", "is": "loyal"}, [1, *range(4, 24)]),
    "recent": ({"about": "value", "is": "recent"}, [2, 3, 24]),
    "slipping": ({"about": "value", "is": "slipping"}, []),
    "lost": ({"about": "value", "is": "lost"}, list(range(49, 61))),
    "may want cups": ({"about": "advice", "is": "sku", "value": "CUP"}, [1, 2, 3]),
    "may want crockery": ({"about": "advice", "is": "category", "value": "crockery"}, [1, 2, 3]),
    "replied": ({"about": "campaign", "is": "replied", "campaign": "spring"}, [1]),
    "did not reply": ({"about": "campaign", "is": "not_replied"}, [2]),
    "bounced": ({"about": "campaign", "is": "bounced"}, [3]),
    "came twice": ({"about": "appointments", "is": "has", "when": "past", "days": 60, "times": 2}, [1]),
    "best in the morning": ({"about": "best_hour", "is": "between", "since": 8, "until": 11}, [1]),
    "best at noon": ({"about": "best_hour", "is": "between", "since": 11, "until": 14}, []),
    "best hour known": ({"about": "best_hour", "is": "known"}, [1]),
    "best hour unknown": ({"about": "best_hour", "is": "unknown"}, EVERYBODY[1:]),
    "by text": ({"about": "best_channel", "is": "is", "medium": "sms"}, [1]),
    "not by text": ({"about": "best_channel", "is": "is_not", "medium": "sms"}, EVERYBODY[1:]),
    "not twice": ({"about": "appointments", "is": "has_not", "when": "past", "times": 2}, EVERYBODY[1:]),
}


def _world(conn: Connection) -> None:
    for _ in range(PEOPLE):
        customers.create_customer(conn, {"display_name": "Somebody"}, [], _ago(2000))
    products.upsert(conn, "TEA", {"name": "Green tea", "currency": "EUR", "cost": Decimal(2)}, NOW)
    products.upsert(conn, "CUP", {"name": "Cup"}, NOW)
    products.upsert(conn, "B1", {"name": "Boiler 1", "successor": "B2"}, NOW)
    products.upsert(conn, "B2", {"name": "Boiler 2"}, NOW)
    bought: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []

    def buy(customer: int, days: float, sku: str, amount: int) -> None:
        number = len(bought) + 1
        at = {"id": number, "customer_id": customer, "source": "shop", "external_id": str(number), "currency": "EUR"}
        times = {"bought_at": _ago(days), "created_at": NOW, "changed_at": NOW}
        bought.append({**at, **times, "amount": Decimal(amount)})
        category = {"TEA": "tea", "CUP": "crockery"}.get(sku, "")
        line = {"purchase_id": number, "line": 1, "sku": sku, "name": sku.lower(), "category": category}
        lines.append({**line, "quantity": Decimal(1), "amount": Decimal(amount)})

    # The first three bought tea lately, the first one twice; forty others tea, and twenty of these a cup after a month.
    for customer in (1, 2, 3):
        buy(customer, 30 + customer, "TEA", 60 if customer > 2 else 6)
    buy(1, 20, "TEA", 9)
    for customer in range(4, 44):
        buy(customer, 200 + customer, "TEA", 100 - customer)
        if customer < 24:
            buy(customer, 170 + customer, "CUP", 1)
    for customer in range(44, 61):
        buy(customer, 300 + customer, "", 1)
    bought[2]["amount"], lines[2]["amount"] = Decimal(3), Decimal(3)
    bought[0]["amount"] = Decimal(500)
    conn.execute(insert(PurchaseRow), bought)
    conn.execute(insert(PurchaseLineRow), lines)
    boiler: dict[str, Any] = {"name": "Boiler", "sku": "B1", "model": "B1", "service_months": 12, "now": NOW}
    equipment.create(conn, customer_id=1, installed_on=_ago(400).date(), warranty_until=date(2025, 1, 1), **boiler)
    pump: dict[str, Any] = {
        "name": "Pump",
        "warranty_until": NOW.date() + timedelta(days=30),
        "service_months": 1,
        "now": NOW,
    }
    equipment.create(conn, customer_id=2, installed_on=NOW.date(), **pump)
    offers.upsert(conn, "spring", {"title": "Spring", "percent": Decimal(5)}, NOW)
    given = offer_codes.give(conn, "spring", [1, 2, 3], NOW, "UTC", "test")
    offer_codes.redeem(conn, offer_codes.by_id(conn, [given.codes[1]])[given.codes[1]]["code"], NOW, "till")
    _campaign(conn)
    visit = {"title": "Visit", "time_zone": "UTC", "state": "attended", "created_at": NOW, "changed_at": NOW}
    visits = [(1, 10), (1, 20), (2, 10)]
    conn.execute(
        insert(AppointmentRow), [{**visit, "customer_id": who, "starts_at": _ago(days)} for who, days in visits]
    )


def _campaign(conn: Connection) -> None:
    made = {"created_at": NOW, "changed_at": NOW}
    segment = {"id": 1, "name": "all", "version": 1, "title": "All", "conditions": {"all": []}, "created_at": NOW}
    conn.execute(insert(SegmentRow), [segment])
    conn.execute(insert(CampaignRow), [{"id": 1, "name": "spring", "title": "Spring", "definition": {}, **made}])
    run = {"id": 1, "campaign_id": 1, "campaign_version": 1, "segment_id": 1, "definition": {}, "state": "done"}
    conn.execute(insert(RunRow), [{**run, "starts_at": NOW, "created_at": NOW}])
    held = {"scheme": "tel", "opened_at": _ago(900)}
    conn.execute(
        insert(IdentityRow),
        [{**held, "id": who, "customer_id": who, "value": f"+1415555000{who}"} for who in (1, 2, 3)],
    )
    message = {
        "origin": "run", "purpose": "promotional", "channel": "main_number", "run_id": 1, "content": {},
        "state": "accepted", "due_at": _ago(40), "expires_at": NOW, "planned_at": _ago(40), "sent_at": _ago(40),
    }  # fmt: skip
    conn.execute(
        insert(MessageRow),
        [
            {**message, "dedupe_key": f"m{who}", "customer_id": who, "identity_id": who,
             "delivery": "bounced" if who == 3 else "delivered"}
            for who in (1, 2, 3)
        ],
    )  # fmt: skip
    said = {
        "channel": "main_number", "medium": "sms", "direction": "in", "kind": "message", "trust": "signed",
        "content_key": None, "subject": "", "text": "Hello", "conversation_id": None, "detail": None,
        "customer_why": "", "conversation_why": "",
    }  # fmt: skip
    # The second one wrote before the campaign, and three weeks after it.
    days = [(1, 39.9), *[(1, 39 - each) for each in range(4)], (1, 30.5), (2, 41), (2, 19)]
    conn.execute(
        insert(InteractionRow),
        [
            {**said, "id": first_id(_ago(ago)) + at, "identity_id": who, "external_id": str(at),
             "received_at": _ago(ago)}
            for at, (who, ago) in enumerate(days)
        ],
    )  # fmt: skip


def _advice(conn: Connection) -> None:
    """Said with its evidence; nothing where there is too little."""
    [first] = advice.next_for(conn, [1], NOW)[1]
    assert (first.later, first.name, first.bought, first.bought_name) == ("CUP", "Cup", "TEA", "tea")
    assert (first.buyers, first.both, first.share) == (40, 20, Decimal("0.5"))
    assert advice.next_for(conn, [4, 50], NOW) == {}, "long ago, or has it"
    assert advice.pairs(conn, _ago(190)) == [], "too few whose sixty days are known"
    assert advice.edges(conn, _ago(250)) == [], "too few buyers to compare with"
    [worn] = advice_for(conn, 1, NOW, "UTC").worn
    assert (worn.name, worn.successor, worn.reasons) == ("Boiler", "Boiler 2", ("warranty_over",))
    assert not advice_for(conn, 50, NOW, "UTC")
    shown = habits_of(conn, 1, NOW, "Europe/Prague")
    assert shown is not None
    assert (shown.medium, shown.of_medium, shown.many) == ("sms", 6, 6)
    assert (shown.hour, shown.of_hour, shown.around) == (11, 4, (10, 13))
    assert habits.known(conn, [1, 2])[1].hour == 10, "kept on the clock of UTC"
    assert habits_of(conn, 2, NOW, "Europe/Prague") is None, "two messages say nothing"
