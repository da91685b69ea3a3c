"""What rows about records mean, in plain Python over plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.model.segment.about_habits import BestChannel, BestHour
from hub.model.segment.about_records import BANDS, Advised, Earned, Offered, Owns, Valued
from tests.builders import NOW
from tests.hub.segments.person import Person
from tests.hub.segments.records_world import COSTS, DAYS, LEADS, MONEY, OFFERS, TIMES

Row = dict[str, Any]


def owns(row: Owns, person: Person, now: datetime) -> bool:
    return any(_owned(row, each, now) for each in person.equipment) is (row.is_ == "has")


def _owned(row: Owns, each: Row, now: datetime) -> bool:
    today, service, warranty = now.date(), each["next_service_on"], each["warranty_until"]
    last = today + timedelta(days=row.days or 0)
    if each["state"] != "in_use" or (row.sku and each["sku"] != row.sku) or (row.model and each["model"] != row.model):
        return False
    match row.which:
        case "service_due":
            return service is not None and service <= last
        case "warranty_ends":
            return warranty is not None and today <= warranty <= last
        case "warranty_over":
            return warranty is not None and warranty < today
    return True


def offered(row: Offered, person: Person, now: datetime) -> bool:
    return any(_given(row, each, now) for each in person.codes) is not row.is_.startswith("not_")


def _given(row: Offered, each: Row, now: datetime) -> bool:
    if row.offer and OFFERS[each["offer_id"]] != row.offer:
        return False
    at = each["redeemed_at"] if row.is_.endswith("redeemed") else each["given_at"]
    if at is None or (row.days is not None and at < now - timedelta(days=row.days)):
        return False
    over = each["expires_at"] is not None and each["expires_at"] <= now
    return row.is_ != "open" or (each["redeemed_at"] is None and not over)


def earned(row: Earned, person: Person, now: datetime) -> bool:
    left: list[int] = []
    for each in _paid(person):
        if each["currency"] != row.currency:
            continue
        if row.days is None or now - timedelta(days=row.days) <= each["bought_at"] <= now:
            left += [left_of for line in _lines(person, each) if (left_of := _left(line, row.currency)) is not None]
    limit = int(row.amount * 10_000)
    return bool(left) and (sum(left) >= limit if row.is_ == "at_least" else sum(left) <= limit)


def _left(line: Row, currency: str) -> int | None:
    """Returns what is left of a line in ten-thousandths, cut off as whole numbers are divided by both engines."""
    cost = line["cost"]
    if cost is None:
        of_product, of = COSTS.get(line["sku"], (None, ""))
        if of_product is None or of != currency:
            return None
        return int(line["amount"] * 10_000) - int(of_product * 10_000 * line["quantity"])
    return int((line["amount"] - cost) * 10_000)


def valued(row: Valued, person: Person, now: datetime) -> bool:
    bought = [each for each in _paid(person) if now - timedelta(days=730) <= each["bought_at"] <= now]
    if not bought:
        return False
    last = max(each["bought_at"] for each in bought)
    money = sum((each["amount"] for each in bought if each["currency"] == "EUR"), Decimal(0))
    since = {band: NOW - timedelta(days=days) for band, days in DAYS.items()}
    bands = {"recency": (last, since), "frequency": (len(bought), TIMES), "money": (money, MONEY)}
    return all(_among(*bands[measure], least, most) for measure, (least, most) in BANDS[row.is_].items())


def _among(value: Any, edges: Any, least: int, most: int) -> bool:
    if least > 1 and (least not in edges or value < edges[least]):
        return False
    return most == 5 or most + 1 not in edges or bool(value < edges[most + 1])


def advised(row: Advised, person: Person, now: datetime) -> bool:
    leads = {bought for kind, bought, later in LEADS if (kind, later) == (row.is_, row.value)}
    lately = [each for each in _paid(person) if each["bought_at"] >= now - timedelta(days=60)]
    return bool(leads & _what(row, person, lately)) and row.value not in _what(row, person, _paid(person))


def _what(row: Advised, person: Person, purchases: Iterable[Row]) -> set[str]:
    return {line[row.is_] for each in purchases for line in _lines(person, each)}


def best_hour(row: BestHour, person: Person) -> bool:
    hour = person.habit["hour"] if person.habit else None
    if row.is_ == "between":
        return hour is not None and (row.since or 0) <= hour < (row.until or 0)
    return (hour is not None) is (row.is_ == "known")


def best_channel(row: BestChannel, person: Person) -> bool:
    mostly = person.habit is not None and person.habit["medium"] == row.medium
    return mostly is (row.is_ == "is")


def objected(person: Person) -> bool:
    """Says whether a person objected to being chosen by what they did."""
    return any(each["kind"] == "profiling" and each["lifted_at"] is None for each in person.limits)


def _paid(person: Person) -> list[Row]:
    return [each for each in person.purchases if each["state"] == "paid"]


def _lines(person: Person, purchase: Row) -> list[Row]:
    return [line for line in person.lines if line["purchase_id"] == purchase["id"]]
