"""Reminders of records, with the clock handed in: planned once, by local day, and asked again before each is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.model.identity import Identity
from hub.model.purchase import Line, Purchase
from hub.outreach.day_reminders import missing_day_reminders
from hub.outreach.gates import ask
from hub.outreach.house import House, Lane
from hub.outreach.planning import store_plan
from hub.outreach.prepare import gather, prepare
from hub.outreach.quiet_hours import Rulebook, rulebook_of
from hub.outreach.seeing import load
from hub.store import customers, offer_codes, offers, purchases, reminders
from hub.store.session import Database
from hub.store.tables import ConversationRow, CustomerRow, IdentityRow, MessageRow
from tests.starting import start_with

# A Monday in Prague, an hour before its next day begins.
EVENING = datetime(2026, 3, 2, 22, tzinfo=UTC)
TEMPLATES = ("review_request", "win_back", "request_follow_up", "offer_ends")
LANGUAGES = ("en", "pt", "cs", "ru")


@pytest.mark.outbound("dedupe-rule", "gate-offer", "schedule-purchase", "late-downtime")
async def test_the_starters_reminders_of_records_work_when_they_are_switched_on(
    database: Database, settings: Any
) -> None:
    house = replace(House.of(settings, {}, "https://hub.example.com"), time_zone="Europe/Prague")
    house = replace(house, lanes={"outgoing_mail": Lane(name="outgoing_mail", schemes=("mailto",))})

    def work(conn: Connection, _: None) -> None:
        places = [f"templates/{name}/" for name in TEMPLATES]
        start_with(conn, EVENING - timedelta(days=900), *places, "reminders.toml")
        people = [_person(conn, language) for language in LANGUAGES]
        for one in people:
            _bought(conn, one, EVENING)
        assert not _planned(conn, EVENING, house), "off until wanted"
        for rule in reminders.rules(conn):
            if rule["about"] in reminders.OF_A_RECORD and rule["channel"] == "outgoing_mail":
                reminders.change_rule(conn, rule["id"], {"enabled": True})
        rulebook = rulebook_of(settings)
        _after_a_purchase(conn, house, rulebook, people)
        _since_the_last_one(conn, house, rulebook, people)
        _a_request(conn, house, rulebook, people[0])
        _an_offer(conn, house, rulebook, people[0])

    await database.write(work, None)


def _after_a_purchase(conn: Connection, house: House, rulebook: Rulebook, people: list[int]) -> None:
    """Seven local days later, once a visit, and not again for half a year; refunded, nobody is asked."""
    early = EVENING + timedelta(days=4)
    assert _planned(conn, early, house) == [], "nothing is planned before its horizon"
    at = EVENING + timedelta(days=6)
    due = [("purchase", one, "promotional", "2026-03-09T09:00") for one in people]
    assert _planned(conn, at, house) == due, "10 in the morning of Prague, where it was 23:00 when they bought"
    assert _planned(conn, at + timedelta(minutes=1), house) == [], "once"
    written = [prepare(one, gather(conn, [one]), house, rulebook) for one in _messages(conn, "purchase")]
    assert not [one.failure for one in written if one.failure]
    assert [one.language for one in written] == list(LANGUAGES)
    first, second = _messages(conn, "purchase")[:2]
    assert "2026-03-09:outgoing_mail:mailto:en@example.com" not in first["dedupe_key"]
    assert "2026-03-02:outgoing_mail:mailto:en@example.com" in first["dedupe_key"], "the local day of the purchase"
    assert _refused(conn, first, at, house, rulebook) == "no_consent", "asking for a review is a promotion"
    conn.exec_driver_sql(f"UPDATE purchase SET state = 'refunded' WHERE id = {first['about_id']}")
    assert _refused(conn, first, at, house, rulebook) == "purchase_undone"
    conn.exec_driver_sql(f"UPDATE purchase SET state = 'paid' WHERE id = {first['about_id']}")
    conn.exec_driver_sql(f"DELETE FROM purchase_line WHERE purchase_id = {second['about_id']}")
    again = _bought(conn, people[0], EVENING + timedelta(days=1), name="again")
    late = EVENING + timedelta(days=7)
    assert _planned(conn, late, house) == []
    assert [(one["about_id"], one["reason"]) for one in reminders.skips_of(conn, people[0])] == [
        (again, "asked_lately")
    ]
    # Three days of downtime never end in a burst.
    assert _planned(conn, EVENING + timedelta(days=11), house) == []


def _since_the_last_one(conn: Connection, house: House, rulebook: Rulebook, people: list[int]) -> None:
    at = EVENING + timedelta(days=178)
    planned = _planned(conn, at, house)
    assert [one[:2] for one in planned] == [("lapse", one) for one in people[1:]], "Ada's last purchase was a day later"
    one = _messages(conn, "lapse")[0]
    prepared = prepare(one, gather(conn, [one]), house, rulebook)
    assert not prepared.failure
    assert _refused(conn, one, at, house, rulebook) == "no_consent"
    _bought(conn, people[1], at, name="back")
    assert _refused(conn, one, at, house, rulebook) == "lapse_bought"


def _a_request(conn: Connection, house: House, rulebook: Rulebook, ada: int) -> None:
    """A form that we answered and that went no further; no promotion, and over as soon as they come back."""
    at = EVENING + timedelta(days=400)
    identity = conn.scalar(select(IdentityRow.id).where(IdentityRow.customer_id == ada))
    row = {
        "identity_id": identity, "channel": "web_form", "medium": "form", "subject": "A new boiler", "state": "waiting",
        "unread": False, "opened_at": at - timedelta(days=4), "last_at": at - timedelta(days=2),
    }  # fmt: skip
    talk = conn.execute(insert(ConversationRow).values(**row).returning(ConversationRow.id)).scalar_one()
    assert [one[:3] for one in _planned(conn, at, house)] == [("inquiry", ada, "reminder")]
    [message] = _messages(conn, "inquiry")
    prepared = prepare(message, gather(conn, [message]), house, rulebook)
    assert "you asked us: A new boiler" in prepared.rendered.text
    noon = message["due_at"] + timedelta(hours=2)
    assert _refused(conn, message, noon, house, rulebook) == ""
    conn.execute(update(ConversationRow).where(ConversationRow.id == talk).values(state="open"))
    assert _refused(conn, message, noon, house, rulebook) == "inquiry_answered"
    conn.execute(update(ConversationRow).where(ConversationRow.id == talk).values(state="waiting", last_at=at))
    assert _refused(conn, message, noon, house, rulebook) == "inquiry_moved"
    _bought(conn, ada, at - timedelta(days=1), name="came of it")
    assert _refused(conn, message, noon, house, rulebook) == "inquiry_done"


def _an_offer(conn: Connection, house: House, rulebook: Rulebook, ada: int) -> None:
    at = EVENING + timedelta(days=500)
    offers.upsert(conn, "spring", {"title": "Spring", "percent": Decimal(10), "valid_days": 4, "prefix": "SPRING"}, at)
    [code] = offer_codes.give(conn, "spring", [ada], at, house.time_zone, "test").codes.values()
    assert [one[:3] for one in _planned(conn, at, house)] == [("offer", ada, "promotional")]
    [message] = _messages(conn, "offer")
    assert message["due_at"] == datetime(2027, 7, 17, 8, tzinfo=UTC), "three days before its last day, 20 July"
    written = prepare(message, gather(conn, [message]), house, rulebook).rendered
    held = offer_codes.by_id(conn, [code])[code]
    assert f"Your code: {held['code']}" in written.text
    assert "valid until July 20, 2027" in written.text
    offers.upsert(conn, "spring", {"is_open": False}, at)
    assert _refused(conn, message, at, house, rulebook) == "offer_closed"
    offers.upsert(conn, "spring", {"is_open": True}, at)
    offer_codes.redeem(conn, held["code"], at, "till")
    assert _refused(conn, message, at, house, rulebook) == "offer_redeemed"
    assert _planned(conn, at + timedelta(minutes=5), house) == []


def _planned(conn: Connection, now: datetime, house: House) -> list[tuple[Any, ...]]:
    plan = missing_day_reminders(conn, now, house)
    store_plan(conn, plan)
    told = [(m["about"], m["customer_id"], m["purpose"], f"{m['due_at']:%Y-%m-%dT%H:%M}") for m in plan.messages]
    return sorted(told, key=str)


def _messages(conn: Connection, about: str) -> list[dict[str, Any]]:
    rows = conn.execute(select(MessageRow.__table__).where(MessageRow.about == about).order_by(MessageRow.id))
    return [dict(row._mapping) for row in rows]


def _refused(conn: Connection, message: dict[str, Any], now: datetime, house: House, rulebook: Rulebook) -> str:
    refusal = ask(load(conn, [message], now, house, rulebook)[message["id"]])
    return refusal.reason if refusal else ""


def _person(conn: Connection, language: str) -> int:
    address = Identity("mailto", f"{language}@example.com")
    fields = {"display_name": "Ada Lovelace", "language": language, "time_zone": "Europe/Prague"}
    made = customers.create_customer(conn, fields, [address], EVENING - timedelta(days=30))
    conn.execute(update(CustomerRow).where(CustomerRow.id == made).values(country="CZ"))
    return made


def _bought(conn: Connection, customer: int, at: datetime, *, name: str = "first") -> int:
    purchase = Purchase(
        source="shop", external_id=f"{customer}/{name}", bought_at=at, amount=Decimal(20), currency="EUR",
        lines=(Line(name="Green tea", sku="T1", category="tea", amount=Decimal(20)),),
    )  # fmt: skip
    return purchases.record(conn, [(purchase, customer, None)], at)[0].id
