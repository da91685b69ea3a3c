"""A small world of customers of every kind, as rows for the store and as plain values for the oracle."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, insert

from hub.store import consents
from hub.store.ids import first_id
from hub.store.tables import (
    AppointmentRow,
    CampaignRow,
    CustomerRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    PurchaseLineRow,
    PurchaseRow,
    RunRow,
    SegmentRow,
    SuppressionRow,
)
from tests.builders import NOW
from tests.hub.segments.person import Person
from tests.hub.segments.records_world import add_records, store_records

CUSTOMERS = 60
_SCHEMES = ("mailto", "tel", "whatsapp")
_FACTS: tuple[dict[str, Any], ...] = (
    {},
    {"tier": "Gold", "points": 12, "vip": True, "renewal": "2026-03-10"},
    {"tier": "gold", "points": "250.5", "renewal": "2026-02-20T08:00:00Z"},
    {"tier": "silver and gold", "points": -3, "vip": False, "renewal": "soon"},
    {"tier": ["gold"], "points": "1-2", "vip": None, "Číslo boty": "42"},
    {"tier": "Élite", "points": 1500.25, "note": "100% “quoted” 'x' -- ;"},
    {"tier": "", "points": "007", "vip": "true", "renewal": "2026-02-30", "since": "2026-03-02T23:30:00Z"},
    {"tier": {"gold": 1}, "points": 12.0, "vip": 1, "renewal": 20260302, "since": "2026-02-28", "note": "_"},
    {"tier": "GOLD", "points": " 12", "vip": "", "note": "a\nb", "renewal": "2026-03-10 at noon"},
    {"tier": "7.", "points": ".5", "note": "1e3", "since": "", "vip": 0},
    {"tier": "+7", "points": -0.5, "note": "7,5", "since": "-7", "renewal": "x2026-03-10"},
    {"tier": "STRASSE", "note": "straße ÉLITE", "points": 9_007_199_254_740_993, "vip": "-"},
)


@lru_cache(maxsize=8)
def people(seed: int = 20260302, now: datetime = NOW, count: int = CUSTOMERS) -> list[Person]:
    """Returns the same people at every call, as they are at a moment."""
    rnd, records = random.Random(seed), random.Random(seed)
    made = [_person(rnd, number, now) for number in range(1, count + 1)]
    made[-1].row["merged_into"] = 1
    for each in made:
        add_records(records, each, now)
    return made


def store(conn: Connection, everybody: list[Person]) -> None:
    """Stores the people, the two campaigns that they got, and what the shop has."""
    segment = {"id": 1, "name": "all", "version": 1, "title": "All", "conditions": {"all": []}, "created_at": NOW}
    conn.execute(insert(SegmentRow), [segment])
    for number, name in ((1, "spring"), (2, "summer")):
        campaign = {"id": number, "name": name, "title": name, "definition": {}, "created_at": NOW, "changed_at": NOW}
        conn.execute(insert(CampaignRow), [campaign])
        run = {"id": number, "campaign_id": number, "campaign_version": 1, "segment_id": 1, "definition": {}}
        conn.execute(insert(RunRow), [{**run, "starts_at": NOW, "state": "done", "created_at": NOW}])
    for table, rows in (
        (CustomerRow, [each.row for each in everybody]),
        (IdentityRow, [row for each in everybody for row in each.identities]),
        (SuppressionRow, [row for each in everybody for row in each.suppressions]),
        (PurchaseRow, [row for each in everybody for row in each.purchases]),
        (PurchaseLineRow, [row for each in everybody for row in each.lines]),
        (AppointmentRow, [row for each in everybody for row in each.appointments]),
        (InteractionRow, [row for each in everybody for row in each.interactions]),
        (MessageRow, [row for each in everybody for row in each.messages]),
    ):
        conn.execute(insert(table), rows)
    store_records(conn, everybody)
    consents.record(conn, [row for each in everybody for row in each.consents], b"key")


def ago(rnd: random.Random, now: datetime, most: int, least: int = 0) -> datetime:
    """Returns a moment so many days ago; whole days now and then, where the borders are."""
    days = rnd.choice((7, 30, 90)) if rnd.random() < 0.2 else rnd.uniform(least, most)
    return now - timedelta(milliseconds=int(days * 86_400_000))


def _person(rnd: random.Random, number: int, now: datetime) -> Person:
    birthday = rnd.choice((None, date(1980, 2, 29), date(1990, 3, 2), date(1970, 3, 9), date(1985, 12, 31)))
    person = Person(
        row={
            "id": number,
            "relationship": rnd.choice(("prospect", "customer", "partner")),
            "language": rnd.choice(("", "en", "pt", "pt-BR", "cs", "PT-br", "ptx")),
            "country": rnd.choice(("", "CZ", "BR", "us")),
            "time_zone": rnd.choice(("", "Europe/Prague", "America/Sao_Paulo")),
            "birthday": birthday,
            "facts": rnd.choice(_FACTS),
            "created_at": ago(rnd, now, 200),
            "merged_into": None,
        }
    )
    for at in range(rnd.randrange(4)):
        _identity(rnd, person, number * 10 + at, now)
    for at in range(rnd.randrange(4)):
        _purchase(rnd, person, number * 10 + at, now)
    for _ in range(rnd.randrange(3)):
        state = rnd.choice(("booked", "confirmed", "cancelled", "attended", "missed"))
        starts_at = ago(rnd, now, 100, -40)
        person.appointments.append(
            {"customer_id": number, "title": "Visit", "starts_at": starts_at, "time_zone": "UTC", "state": state,
             "created_at": NOW, "changed_at": NOW}
        )  # fmt: skip
    return person


def _identity(rnd: random.Random, person: Person, number: int, now: datetime) -> None:
    scheme = rnd.choice(_SCHEMES)
    value = f"p{number}@example.com" if scheme == "mailto" else f"+1415555{number:04}"
    closed_at = rnd.choice((None, None, None, NOW))
    person.identities.append(
        {"id": number, "customer_id": person.id, "scheme": scheme, "value": value, "opened_at": NOW,
         "confirmed_at": rnd.choice((None, NOW)), "closed_at": closed_at}
    )  # fmt: skip
    for _ in range(rnd.randrange(3)):
        person.consents.append(
            {"identity_id": number, "purpose": rnd.choice(("promotional", "promotional", "reminder")),
             "granted": rnd.random() < 0.7, "wording": "Yes", "source": "form", "at": NOW}
        )  # fmt: skip
    if rnd.random() < 0.3:
        person.suppressions.append(
            {"address": f"{scheme}:{value}", "purpose": rnd.choice(("", "promotional", "reminder")), "reason": "stop",
             "channel": rnd.choice(("", "main_number")), "at": NOW, "lifted_at": rnd.choice((None, None, NOW))}
        )  # fmt: skip
    for at in range(rnd.randrange(6)):
        _interaction(rnd, person, number, number * 10 + at, now)
    if rnd.random() < 0.5:
        run = rnd.choice((None, 1, 2))
        person.messages.append(
            {"dedupe_key": f"m{number}", "origin": "run", "purpose": "promotional", "channel": "main", "content": {},
             "customer_id": person.id, "identity_id": number, "run_id": run,
             "state": rnd.choice(("accepted", "accepted", "failed")), "due_at": NOW, "expires_at": NOW,
             "delivery": rnd.choice(("", "delivered", "bounced")), "planned_at": NOW, "sent_at": ago(rnd, now, 60)}
        )  # fmt: skip


def _interaction(rnd: random.Random, person: Person, identity: int, number: int, now: datetime) -> None:
    medium = rnd.choice(("email", "sms", "call", "form", "survey", "survey", "note", "purchase"))
    out = medium in ("email", "sms", "call") and rnd.random() < 0.4
    detail: dict[str, Any] | None = None
    if medium in ("form", "survey") and rnd.random() < 0.8:
        score = str(rnd.randrange(11))
        said = rnd.choice(("very good", "Bad", "7", "7.0", ""))
        detail = {"nps": score, "answers": [["How likely?", score, "nps"], ["Why?", said, "text"]]}
    at = ago(rnd, now, 120)
    person.interactions.append(
        {"id": first_id(at) + number, "identity_id": identity, "channel": "main", "medium": medium,
         "direction": "out" if out or medium == "note" else "in", "kind": rnd.choice(("message", "message", "bounce")),
         "trust": "signed", "external_id": str(number), "content_key": None, "subject": "", "text": "",
         "detail": detail, "customer_why": "", "conversation_why": "", "received_at": at}
    )  # fmt: skip


def _purchase(rnd: random.Random, person: Person, number: int, now: datetime) -> None:
    lines = [
        {"purchase_id": number, "line": at, "sku": rnd.choice(("", "A1", "B2")), "name": "Thing",
         "category": rnd.choice(("", "tea", "soap")), "quantity": Decimal(1),
         "amount": Decimal(rnd.choice(("10.05", "-2", "50"))), "cost": None}
        for at in range(1, 1 + rnd.randrange(4))
    ]  # fmt: skip
    person.lines += lines
    person.purchases.append(
        {"id": number, "customer_id": person.id, "source": "shop", "external_id": str(number),
         "bought_at": ago(rnd, now, 200, -2), "amount": Decimal(rnd.choice(("19.90", "60", "0.0001"))),
         "currency": rnd.choice(("EUR", "EUR", "CZK")), "state": rnd.choice(("paid", "paid", "paid", "refunded")),
         "note": "", "created_at": NOW, "changed_at": NOW}
    )  # fmt: skip
