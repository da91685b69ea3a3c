"""What goes with what, and who is valuable, against a reckoning by hand over made-up histories."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert

from hub.store import advice
from hub.store.tables import CustomerRow, ProductRow, PurchaseLineRow, PurchaseRow
from hub.store.tables.base import Base
from tests.builders import NOW

SKUS = [f"S{number}" for number in range(12)]
PRESCRIPTION, NOT_SOLD, NO_PRODUCT = "S3", ("S5", "S11"), "S9"
BUYERS = 400


def category(sku: str) -> str:
    return f"C{int(sku[1:]) // 3}"


class History:
    """Who bought what when, and in which state that is; each buys the next thing more often than another."""

    def __init__(self, seed: int) -> None:
        rnd = random.Random(seed)
        self.bought: list[tuple[int, datetime, str, list[str]]] = []
        for customer in range(1, BUYERS + 1):
            at, thing = NOW - timedelta(days=rnd.choice((30, 200, 500, 1200))), rnd.randrange(12)
            for _ in range(rnd.randrange(7)):
                at += timedelta(days=rnd.choice((0, 5, 20, 30, 59, 60, 61)), hours=rnd.choice((0, 3)))
                thing = (thing + (rnd.random() < 0.6)) % 12
                those = [SKUS[thing] if rnd.random() < 0.8 else rnd.choice(SKUS) for _ in range(rnd.randrange(1, 3))]
                if at <= NOW:
                    self.bought.append((customer, at, rnd.choice(["paid"] * 8 + ["refunded", "cancelled"]), those))

    def store(self, conn: Connection) -> None:
        times = {"created_at": NOW, "changed_at": NOW}
        conn.execute(
            insert(CustomerRow),
            [{"id": one, "display_name": "", "facts": {}, "created_at": NOW} for one in range(1, BUYERS + 1)],
        )
        products = [
            {"sku": sku, "name": f"Thing {sku}", "category": category(sku), "is_sold": sku not in NOT_SOLD, **times}
            | {"is_prescription": sku == PRESCRIPTION}
            for sku in SKUS
            if sku != NO_PRODUCT
        ]
        conn.execute(insert(ProductRow), products)
        purchases: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        for number, (customer, at, state, those) in enumerate(self.bought, 1):
            purchases.append(
                {"id": number, "customer_id": customer, "source": "s", "external_id": str(number), "bought_at": at,
                 "amount": Decimal(number % 7), "currency": "EUR", "state": state, **times}
            )  # fmt: skip
            lines += [
                {"purchase_id": number, "line": at_, "sku": sku, "name": f"Thing {sku}", "category": category(sku),
                 "quantity": Decimal(1), "amount": Decimal(1)}
                for at_, sku in enumerate(those)
            ]  # fmt: skip
        conn.execute(insert(PurchaseRow), purchases)
        conn.execute(insert(PurchaseLineRow), lines)

    def has(self, customer: int, kind: str) -> set[str]:
        told = [those for who, _, state, those in self.bought if who == customer and state == "paid"]
        return {_what(kind, sku) for those in told for sku in those}

    def pairs(self, kind: str) -> dict[tuple[str, str], tuple[int, int, Decimal]]:
        """By the definition: of those who bought the one, who bought the other for the first time within 60 days."""
        firsts: dict[int, dict[str, datetime]] = defaultdict(dict)
        for customer, at, state, those in sorted(self.bought, key=lambda each: each[1]):
            if state == "paid" and at >= NOW - timedelta(days=1095):
                for sku in those:
                    firsts[customer].setdefault(_what(kind, sku), at)
        barred = {_what(kind, sku) for sku in SKUS if category(sku) == category(PRESCRIPTION) and sku != NO_PRODUCT}
        found = {}
        whats = {what for first in firsts.values() for what in first} - barred
        for one in whats:
            buyers = [first for first in firsts.values() if one in first and first[one] <= NOW - timedelta(days=60)]
            for other in whats - {one}:
                both = sum(
                    other in first and first[one] < first[other] <= first[one] + timedelta(days=60) for first in buyers
                )
                anybody = sum(other in first for first in firsts.values())
                share = both / len(buyers) if buyers else 0
                if len(buyers) >= 20 and both >= 5 and share >= 0.05 and share * len(firsts) / anybody >= 1.2:
                    found[one, other] = (len(buyers), both, round(Decimal(str(share)), 4))
        return found


def _what(kind: str, sku: str) -> str:
    return sku if kind == "sku" else category(sku)


@pytest.fixture(scope="module", params=(2, 6))
def known(request: pytest.FixtureRequest) -> Iterator[tuple[Connection, History]]:
    engine, history = create_engine("sqlite://"), History(request.param)
    Base.metadata.create_all(engine)
    with engine.begin() as conn:
        history.store(conn)
        yield conn, history
    engine.dispose()


def test_what_goes_with_what_is_as_reckoned_by_hand_and_is_offered_to_whom_it_fits(
    known: tuple[Connection, History],
) -> None:
    conn, history = known
    pairs = advice.pairs(conn, NOW)
    for kind in ("sku", "category"):
        found = {(p["bought"], p["later"]): (p["buyers"], p["both"], p["share"]) for p in pairs if p["kind"] == kind}
        assert found == history.pairs(kind)
    assert pairs, "the made-up shop has some"
    advice.keep(conn, pairs, [])
    offered = advice.next_for(conn, list(range(1, BUYERS + 1)), NOW)
    assert offered
    for customer, those in offered.items():
        assert len(those) <= 3
        for one in those:
            assert one.later not in history.has(customer, one.kind), "they have it already"
            assert one.bought in history.has(customer, one.kind), "and have what it goes with"
            assert one.later not in (PRESCRIPTION, *NOT_SOLD)
            assert one.name == (f"Thing {one.later}" if one.kind == "sku" else one.later), "by its name"


def test_who_ties_is_in_one_band(known: tuple[Connection, History]) -> None:
    conn, history = known
    often: dict[int, int] = defaultdict(int)
    for customer, at, state, _ in history.bought:
        often[customer] += state == "paid" and at >= NOW - timedelta(days=730)
    counts = [many for many in often.values() if many]
    below = {many: sum(other < many for other in counts) / (len(counts) - 1) for many in set(counts)}
    expected = {
        band: Decimal(min(many for many in below if below[many] >= (band - 1) / 5))
        for band in (2, 3, 4, 5)
        if any(rank >= (band - 1) / 5 for rank in below.values())
    }
    edges = advice.edges(conn, NOW)
    assert {edge["band"]: edge["value"] for edge in edges if edge["measure"] == "frequency"} == expected
