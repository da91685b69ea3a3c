"""The oracle: what each row of a segment means, written once more in plain Python over plain values."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from hub.model.segment import Group, Node, Not, Segment
from hub.model.segment.about_history import SPOKEN, Answered, Bought, Meets, Reached, Scored, Spoke
from hub.model.segment.about_person import Address, Agreed, Birthday, Created, Fact, Field, Language
from tests.builders import NOW
from tests.hub.segments.world import Person

_CAMPAIGNS = {1: "spring", 2: "summer"}


def belonging(segment: Segment, everybody: list[Person]) -> list[int]:
    """Returns the ids of who belongs."""
    return [person.id for person in everybody if person.row["merged_into"] is None and holds(segment.root, person)]


def holds(node: Node, person: Person) -> bool:
    match node:
        case Group("all", members):
            return all(holds(each, person) for each in members)
        case Group(_, members):
            return not members or any(holds(each, person) for each in members)
        case Not(member):
            return not holds(member, person)
        case Field():
            return _field(node, person.row[node.about])
        case Birthday():
            return _birthday(node, person.row["birthday"])
        case Created():
            return (person.row["created_at"] >= since(node.days)) is (node.is_ == "within")
        case Fact():
            return _fact(node, person.row["facts"].get(node.name))
        case Address():
            held = [each for each in _open(person, node.scheme) if each["confirmed_at"] or not node.confirmed]
            return bool(held) is (node.is_ == "has")
        case Agreed():
            return any(_agreed(node, each, person) for each in _open(person, node.scheme))
        case Bought():
            return _bought(node, person) is (node.is_ == "has")
        case Meets():
            return any(_meets(node, each) for each in person.appointments) is (node.is_ == "has")
        case Spoke():
            found = [each for each in person.interactions if _spoke(node, each)]
            return (len(found) >= node.times) is (node.is_ == "has")
        case Reached():
            return any(_reached(node, each) for each in person.messages) is (node.is_ == "got")
        case Scored():
            return _scored(node, person)
        case Answered():
            return any(_answered(node, each) for each in _surveyed(person, node.days))
    raise AssertionError(node)


def since(days: int) -> datetime:
    return NOW - timedelta(days=days)


def _field(row: Field, value: str) -> bool:
    if row.is_ in ("known", "unknown"):
        return bool(value) is (row.is_ == "known")
    value = value.upper() if row.about == "country" else value
    same = value in row.value
    if isinstance(row, Language):
        same = same or any(value.startswith(f"{each}-") for each in row.value)
    return same is (row.is_ == "one_of")


def _birthday(row: Birthday, birthday: date | None) -> bool:
    if row.is_ in ("known", "unknown"):
        return (birthday is not None) is (row.is_ == "known")
    if birthday is None:
        return False
    if row.is_ == "in_month":
        return birthday.month == row.month
    days = [NOW.date() + timedelta(days=each) for each in range((row.days or 0) + 1)]
    return any(day == _celebrated(birthday, day.year) for day in days)


def _celebrated(birthday: date, year: int) -> date:
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _fact(row: Fact, stored: Any) -> bool:
    text = None if stored is None or isinstance(stored, list) else _written(stored)
    if row.is_ in ("known", "unknown"):
        return (text is not None) is (row.is_ == "known")
    if text is None:
        return False
    if row.is_ in ("in_last_days", "in_next_days"):
        if not re.match(r"\d{4}-\d\d-\d\d", text):
            return False
        span, today = timedelta(days=row.days or 0), NOW.date()
        first, last = (today - span, today) if row.is_ == "in_last_days" else (today, today + span)
        return first.isoformat() <= text[:10] <= last.isoformat()
    return _compares(row.is_, text, row.value)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _compares(is_: str, text: str, value: str) -> bool:
    spellings = {value, value.lower(), value.upper(), value.capitalize(), value.title()}
    number = _number(value)
    match is_:
        case "contains":
            return any(each in text for each in spellings)
        case "equal" | "not_equal":
            same = text in spellings or (number is not None and _number(text) == number)
            return same is (is_ == "equal")
    known: Any = _number(text)
    limit: Any = number
    if number is None:
        known, limit = (text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else None), value
    if known is None:
        return False
    return bool(known >= limit if is_ == "at_least" else known <= limit)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?(\d+\.?\d*|\.\d+)", text) else None


def _open(person: Person, scheme: str) -> list[dict[str, Any]]:
    return [each for each in person.identities if each["scheme"] == scheme and each["closed_at"] is None]


def _agreed(row: Agreed, identity: dict[str, Any], person: Person) -> bool:
    said = [
        each["granted"]
        for each in person.consents
        if (each["identity_id"], each["purpose"]) == (identity["id"], row.purpose)
    ]
    if row.is_ == "never_asked":
        return not said
    if not said:
        return False
    if row.is_ == "withdrawn":
        return not said[-1]
    if row.is_ == "given":
        return bool(said[-1])
    address = f"{identity['scheme']}:{identity['value']}"
    silenced = any(
        each["address"] == address and each["lifted_at"] is None and each["purpose"] in ("", row.purpose)
        for each in person.suppressions
    )
    return said[-1] and identity["confirmed_at"] is not None and not silenced


def _bought(row: Bought, person: Person) -> bool:
    count, amount = 0, 0
    for each in person.purchases:
        if each["state"] != "paid" or (row.currency and each["currency"] != row.currency):
            continue
        if row.days is not None and not since(row.days) <= each["bought_at"] <= NOW:
            continue
        lines = [line for line in person.lines if line["purchase_id"] == each["id"]]
        if row.category or row.sku:
            lines = [
                line for line in lines
                if (not row.category or line["category"] == row.category) and (not row.sku or line["sku"] == row.sku)
            ]  # fmt: skip
            if not lines:
                continue
            amount += sum(line["amount"] for line in lines)
        else:
            amount += each["amount"]
        count += 1
    return count >= row.times and (row.amount is None or amount >= row.amount)


def _meets(row: Meets, each: dict[str, Any]) -> bool:
    at, days = each["starts_at"], timedelta(days=row.days) if row.days is not None else None
    if row.when == "upcoming":
        if not at > NOW or (days is not None and at > NOW + days):
            return False
        return each["state"] == row.state if row.state else each["state"] in ("booked", "confirmed")
    if at > NOW or (days is not None and at < NOW - days):
        return False
    return bool(each["state"] == row.state if row.state else each["state"] != "cancelled")


def _spoke(row: Spoke, each: dict[str, Any]) -> bool:
    return bool(
        each["direction"] == ("in" if row.direction == "from_them" else "out")
        and each["kind"] == "message"
        and (each["medium"] == row.medium if row.medium else each["medium"] in SPOKEN)
        and (row.days is None or each["received_at"] >= since(row.days))
    )


def _reached(row: Reached, each: dict[str, Any]) -> bool:
    return bool(
        each["state"] == "accepted"
        and each["delivery"] not in ("bounced", "undelivered")
        and each["run_id"] is not None
        and (not row.campaign or _CAMPAIGNS[each["run_id"]] == row.campaign)
        and (row.days is None or each["sent_at"] >= since(row.days))
    )


def _surveyed(person: Person, days: int | None) -> list[dict[str, Any]]:
    return [
        each
        for each in person.interactions
        if each["medium"] in ("survey", "form") and (days is None or each["received_at"] >= since(days))
    ]


def _scored(row: Scored, person: Person) -> bool:
    answers = [each for each in _surveyed(person, row.days) if each["detail"]]
    if row.is_ in ("answered", "not_answered"):
        return bool(answers) is (row.is_ == "answered")
    if not answers:
        return False
    score = int(max(answers, key=lambda each: each["id"])["detail"]["nps"])
    band = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
    return band == row.is_


def _answered(row: Answered, each: dict[str, Any]) -> bool:
    answers = (each["detail"] or {}).get("answers", ())
    return any(question == row.question and _compares(row.is_, value, row.value) for question, value, _kind in answers)
