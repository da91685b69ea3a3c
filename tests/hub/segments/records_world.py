"""The records of a small world: equipment, codes, habits, objections, what things cost, how people are compared."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, update

from hub.store import margins
from hub.store.tables import (
    BoughtTogetherRow,
    CustomerLimitRow,
    EquipmentRow,
    HabitRow,
    OfferCodeRow,
    OfferRow,
    ProductRow,
    PurchaseRow,
    ValueEdgeRow,
    milliseconds,
)
from tests.builders import NOW
from tests.hub.segments.person import Person

OFFERS = {1: "spring", 2: "autumn"}
# What a thing costs us, and in which currency that is said.
COSTS = {"A1": (Decimal("3.3333"), "EUR"), "B2": (Decimal(40), "CZK")}
LEADS = {("sku", "A1", "B2"), ("category", "tea", "soap"), ("category", "soap", "soap")}
# From where on somebody is in the upper bands: days ago, purchases, euros. Of some bands nobody knows where they begin.
DAYS = {2: 150, 3: 90, 4: 30, 5: 7}
TIMES = {3: 2, 4: 3}
MONEY = {2: Decimal("0.0001"), 3: Decimal("19.9"), 4: Decimal(60)}


def add_records(rnd: random.Random, person: Person, now: datetime) -> None:
    """Gives a person records of each kind, or none."""
    today = now.date()
    for at in range(rnd.choice((0, 0, 1, 2))):
        days = [rnd.choice((None, -400, -30, -1, 0, 1, 30, 31, 400)) for _ in range(2)]
        service, warranty = (None if each is None else today + timedelta(days=each) for each in days)
        person.equipment.append(
            {"id": person.id * 10 + at, "customer_id": person.id, "name": "Boiler", "sku": rnd.choice(("", "A1")),
             "model": rnd.choice(("", "B1", "b1")), "next_service_on": service, "warranty_until": warranty,
             "state": rnd.choice(("in_use", "in_use", "retired")), "created_at": NOW, "changed_at": NOW}
        )  # fmt: skip
    for offer in rnd.sample(tuple(OFFERS), rnd.randrange(3)):
        given = now - timedelta(days=rnd.choice((0, 7, 30, 31, 90)))
        redeemed = rnd.choice((None, None, given, now - timedelta(days=7)))
        expires = rnd.choice((None, now, now + timedelta(days=1), now - timedelta(days=1)))
        person.codes.append(
            {"offer_id": offer, "code": f"C{offer}-{person.id}", "customer_id": person.id, "given_at": given,
             "redeemed_at": redeemed, "expires_at": expires, "created_at": NOW}
        )  # fmt: skip
    if rnd.random() < 0.1:
        kind, lifted = rnd.choice(("profiling", "profiling", "child")), rnd.choice((None, None, NOW))
        person.limits.append({"customer_id": person.id, "kind": kind, "since": NOW, "lifted_at": lifted})
    if rnd.random() < 0.4:
        person.habit = {
            "customer_id": person.id, "many": 9, "medium": rnd.choice(("", "sms", "email")), "of_medium": 7,
            "hour": rnd.choice((None, 0, 8, 9, 23)), "of_hour": 6, "part_of_day": "", "in_part": 0, "looked_at": NOW,
        }  # fmt: skip
    for line in person.lines:
        line["cost"] = rnd.choice((None, None, Decimal("1.5"), Decimal(0)))
        line["quantity"] = rnd.choice((Decimal(1), Decimal("2.5"), Decimal(-1)))


def store_records(conn: Connection, everybody: list[Person]) -> None:
    """Stores the records, and what the shop knows; half of the margins are reckoned, the rest wait for it."""
    times = {"created_at": NOW, "changed_at": NOW}
    offers = [{"id": at, "external_id": name, "title": name, **times} for at, name in OFFERS.items()]
    products = [{"sku": sku, "name": sku, "cost": cost, "currency": of, **times} for sku, (cost, of) in COSTS.items()]
    shares = {"buyers": 20, "both": 9, "share": Decimal("0.45"), "lift": Decimal(2), "computed_at": NOW}
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (OfferRow, offers),
        (ProductRow, products),
        (BoughtTogetherRow, [{"kind": k, "bought": b, "later": later, **shares} for k, b, later in sorted(LEADS)]),
        (ValueEdgeRow, _edges()),
        (EquipmentRow, [row for each in everybody for row in each.equipment]),
        (OfferCodeRow, [row for each in everybody for row in each.codes]),
        (OfferCodeRow, [{"offer_id": 1, "code": "FREE", "created_at": NOW}]),
        (CustomerLimitRow, [row for each in everybody for row in each.limits]),
        (HabitRow, [each.habit for each in everybody if each.habit]),
    ]
    for table, those in rows:
        if those:
            conn.execute(insert(table), those)
    while margins.reckon(conn, NOW):
        pass
    conn.execute(update(PurchaseRow).where(PurchaseRow.id % 2 == 1).values(earned=None, earned_at=None))


def _edges() -> list[dict[str, Any]]:
    values = {
        "recency": {band: Decimal(milliseconds(NOW - timedelta(days=days))) for band, days in DAYS.items()},
        "frequency": {band: Decimal(many) for band, many in TIMES.items()},
        "money": MONEY,
    }
    return [
        {"measure": measure, "band": band, "value": value, "currency": "EUR", "computed_at": NOW}
        for measure, bands in values.items()
        for band, value in bands.items()
    ]
