"""The oracle: what each row of a segment means, written once more in plain Python over plain values."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from hub.model.segment import Group, Node, Not, Segment
from hub.model.segment.about_habits import BestChannel, BestHour
from hub.model.segment.about_history import SPOKEN, Answered, Bought, Meets, Reached, Scored, Spoke
from hub.model.segment.about_person import Address, Agreed, Birthday, Created, Fact, Field, Language
from hub.model.segment.about_records import Advised, Earned, Offered, Owns, Valued
from tests.builders import NOW
from tests.hub.segments import records_oracle as records
from tests.hub.segments.person import Person

_CAMPAIGNS = {1: "spring", 2: "summer"}
_DOINGS = (Bought, Spoke, Reached, Scored, Offered, Earned, Valued, Advised, BestHour, BestChannel)


def belonging(segment: Segment, everybody: list[Person], now: datetime = NOW) -> list[int]:
    """Returns the ids of who belongs: nobody who was merged, nor whom their doings choose against their will."""
    by_doings = any(isinstance(row, _DOINGS) for row, _opposite in segment.rows())
    return [
        person.id
        for person in everybody
        if person.row["merged_into"] is None
        and not (by_doings and records.objected(person))
        and holds(segment.root, person, now)
    ]


def holds(node: Node, person: Person, now: datetime = NOW) -> bool:
    match node:
        case Group("all", members):
            return all(holds(each, person, now) for each in members)
        case Group(_, members):
            return not members or any(holds(each, person, now) for each in members)
        case Not(member):
            return not holds(member, person, now)
        case Field():
            return _field(node, person.row[node.about])
        case Birthday():
            return _birthday(node, person.row["birthday"], now)
        case Created():
            return (person.row["created_at"] >= now - timedelta(days=node.days)) is (node.is_ == "within")
        case Fact():
            return _fact(node, person.row["facts"].get(node.name), now)
        case Address():
            held = [each for each in _open(person, node.scheme) if each["confirmed_at"] or not node.confirmed]
            return bool(held) is (node.is_ == "has")
        case Agreed():
            return any(_agreed(node, each, person) for each in _open(person, node.scheme))
        case Bought():
            return _bought(node, person, now) is (node.is_ == "has")
        case Meets():
            met = [each for each in person.appointments if _meets(node, each, now)]
            return (len(met) >= node.times) is (node.is_ == "has")
        case Spoke():
            found = [each for each in person.interactions if _spoke(node, each, now)]
            return (len(found) >= node.times) is (node.is_ == "has")
        case Reached():
            return _reached(node, person, now)
        case Scored():
            return _scored(node, person, now)
        case Answered():
            return any(_answered(node, each) for each in _surveyed(person, node.days, now))
        case Owns():
            return records.owns(node, person, now)
        case Offered():
            return records.offered(node, person, now)
        case Earned():
            return records.earned(node, person, now)
        case Valued():
            return records.valued(node, person, now)
        case Advised():
            return records.advised(node, person, now)
        case BestHour():
            return records.best_hour(node, person)
        case BestChannel():
            return records.best_channel(node, person)
    raise AssertionError(node)


def _field(row: Field, value: str) -> bool:
    if row.is_ in ("known", "unknown"):
        return bool(value) is (row.is_ == "known")
    if isinstance(row, Language):
        same = any(value.lower() == each.lower() or value.lower().startswith(f"{each.lower()}-") for each in row.value)
    else:
        same = (value.upper() if row.about == "country" else value) in row.value
    return same is (row.is_ == "one_of")


def _birthday(row: Birthday, birthday: date | None, now: datetime) -> bool:
    if row.is_ in ("known", "unknown"):
        return (birthday is not None) is (row.is_ == "known")
    if birthday is None:
        return False
    if row.is_ == "in_month":
        return birthday.month == row.month
    days = [now.date() + timedelta(days=each) for each in range((row.days or 0) + 1)]
    return any(day == _celebrated(birthday, day.year) for day in days)


def _celebrated(birthday: date, year: int) -> date:
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _fact(row: Fact, stored: Any, now: datetime) -> bool:
    text = None if stored is None or isinstance(stored, list | dict) else _written(stored)
    if row.is_ in ("known", "unknown"):
        return (text is not None) is (row.is_ == "known")
    if text is None:
        return False
    if row.is_ in ("in_last_days", "in_next_days"):
        if not re.match(r"\d{4}-\d\d-\d\d", text):
            return False
        span, today = timedelta(days=row.days or 0), now.date()
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


def _bought(row: Bought, person: Person, now: datetime) -> bool:
    count, amount = 0, 0
    for each in person.purchases:
        if each["state"] != "paid" or (row.currency and each["currency"] != row.currency):
            continue
        if row.days is not None and not now - timedelta(days=row.days) <= each["bought_at"] <= now:
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


def _meets(row: Meets, each: dict[str, Any], now: datetime) -> bool:
    at, days = each["starts_at"], timedelta(days=row.days) if row.days is not None else None
    if row.when == "upcoming":
        if not at > now or (days is not None and at > now + days):
            return False
        return each["state"] == row.state if row.state else each["state"] in ("booked", "confirmed")
    if at > now or (days is not None and at < now - days):
        return False
    return bool(each["state"] == row.state if row.state else each["state"] != "cancelled")


def _spoke(row: Spoke, each: dict[str, Any], now: datetime) -> bool:
    return bool(
        each["direction"] == ("in" if row.direction == "from_them" else "out")
        and each["kind"] == "message"
        and (each["medium"] == row.medium if row.medium else each["medium"] in SPOKEN)
        and (row.days is None or each["received_at"] >= now - timedelta(days=row.days))
    )


def _reached(row: Reached, person: Person, now: datetime) -> bool:
    sent = _sent(row, person, now)
    got = [each for each in sent if each["delivery"] not in ("bounced", "undelivered")]
    if row.is_ == "bounced":
        return len(got) < len(sent)
    if row.is_ in ("got", "not_got"):
        return bool(got) is (row.is_ == "got")
    replied = any(_replied(person, each) for each in got)
    return replied if row.is_ == "replied" else bool(got) and not replied


def _sent(row: Reached, person: Person, now: datetime) -> list[dict[str, Any]]:
    return [
        each
        for each in person.messages
        if each["state"] == "accepted"
        and each["run_id"] is not None
        and (not row.campaign or _CAMPAIGNS[each["run_id"]] == row.campaign)
        and (row.days is None or each["sent_at"] >= now - timedelta(days=row.days))
    ]


def _replied(person: Person, sent: dict[str, Any]) -> bool:
    return any(
        each["identity_id"] == sent["identity_id"]
        and (each["direction"], each["kind"]) == ("in", "message")
        and timedelta(0) <= each["received_at"] - sent["sent_at"] < timedelta(days=14)
        for each in person.interactions
    )


def _surveyed(person: Person, days: int | None, now: datetime) -> list[dict[str, Any]]:
    return [
        each
        for each in person.interactions
        if each["medium"] in ("survey", "form") and (days is None or each["received_at"] >= now - timedelta(days=days))
    ]


def _scored(row: Scored, person: Person, now: datetime) -> bool:
    answers = [each for each in _surveyed(person, row.days, now) if each["detail"]]
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
