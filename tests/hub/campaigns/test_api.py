"""Campaigns through the API: from the draft to the results, each refusal naming its field."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, update

from hub.outreach.campaigning.flights import Flights
from hub.outreach.campaigning.running import Runs
from hub.outreach.house import House
from hub.outreach.quiet_hours import rulebook_of
from hub.store import consents, segments, templates
from hub.store.customers import find_identities
from hub.store.tables import IdentityRow
from hub.web.api import flights
from tests.builders import who
from tests.hub.campaigns.conftest import EVERYBODY, FACES, agreement
from tests.hub.web.api.conftest import Api
from tests.hub.web.api.conftest import api as api
from tests.web_room import NOW

GOOD: dict[str, Any] = {
    "segment": "everybody",
    "template": "offer",
    "channel": "outgoing_mail",
    "schedule": {"kind": "once", "at": "now"},
    "variables": {"code": "TEA10"},
}


@pytest.fixture
async def shop(api: Api) -> Api:
    """An API with an offer, a segment and two customers in Prague, one of whom agreed to offers."""
    for name in ("ada", "bob"):
        await api.customer(f"mailto:{name}@example.com", display_name=name, time_zone="Europe/Prague", country="CZ")
    await api.room.services.database.write(_furnish, api.room.services.keys.consent)
    return api


def _furnish(conn: Connection, key: bytes) -> None:
    segments.save(conn, "everybody", "Everybody", EVERYBODY, "Max", NOW)
    templates.save(conn, name="offer", language="en", purpose="promotional", faces=FACES, now=NOW)
    held = find_identities(conn, [who("ada@example.com")])[who("ada@example.com")]
    conn.execute(update(IdentityRow).where(IdentityRow.id == held.identity_id).values(confirmed_at=NOW))
    consents.record(conn, [agreement(held.identity_id, NOW)], key)


async def run(shop: Api) -> None:
    services = shop.room.services
    house = House.of(services.settings, services.channels, services.public_url, services.keys)
    await Runs(services.database, house, rulebook_of(services.settings), "one", services.clock, lambda: None).run_once()


async def test_a_campaign_goes_from_draft_to_its_results(shop: Api) -> None:
    made = await shop.made("/campaigns", {"name": "tea", "title": "Tea", "definition": GOOD}, role="marketer")
    number = made["id"]
    assert made["state"] == "draft"
    changed = await shop("PUT", f"/campaigns/{number}", {"title": "Tea!", "definition": GOOD}, role="marketer")
    assert changed.body["version"] == 2
    assert [row["version"] for row in (await shop("GET", f"/campaigns/{number}/versions")).items] == [2, 1]
    plan = (await shop("POST", f"/campaigns/{number}/flight-plan", role="marketer")).body
    assert (plan["audience"], plan["messages"], plan["skipped"], plan["ready"]) == (2, 1, {"no_consent": 1}, True)
    assert plan["samples"][0]["subject"] == "Obchodní sdělení: ada, an offer"
    launched = await shop("POST", f"/campaigns/{number}/launch", {"plan_hash": plan["hash"]}, role="marketer")
    assert launched.body["state"] == "scheduled"
    await run(shop)
    stopped = (await shop("POST", f"/campaigns/{number}/pause", role="marketer")).body
    assert (stopped["in_flight"], stopped["waiting"], stopped["campaign"]["state"]) == (0, 1, "paused")
    assert (await shop("POST", f"/campaigns/{number}/resume", role="marketer")).body["state"] == "running"
    assert (await shop("POST", f"/campaigns/{number}/cancel", role="marketer")).body["waiting"] == 1
    (found,) = (await shop("GET", f"/campaigns/{number}/runs")).items
    results = (await shop("GET", f"/runs/{found['id']}", query={"days": 7})).body
    assert (results["audience"], results["states"]) == (2, {"cancelled": 1, "skipped": 1})
    people = (await shop("GET", f"/runs/{found['id']}/people")).items
    assert [(one["state"], one["reason"]) for one in people] == [
        ("cancelled", "run_cancelled"),
        ("skipped", "no_consent"),
    ]
    told = (await shop("GET", f"/runs/{found['id']}/customers/{people[0]['customer']}")).body
    assert told["words"] == "Not sent: the campaign was cancelled."
    clone = await shop.made(f"/campaigns/{number}/clone", {"name": "tea_again"}, role="marketer")
    assert (clone["state"], clone["title"], clone["definition"]) == ("draft", "Tea!", {**GOOD, "late_minutes": 60})


async def test_the_flight_plan_of_a_large_audience_is_promised_and_asked_for(
    shop: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "AT_ONCE", 1)
    services = shop.room.services
    made = await shop.made("/campaigns", {"name": "tea", "definition": GOOD}, role="marketer")
    promised = await shop("POST", f"/campaigns/{made['id']}/flight-plan", role="marketer")
    assert (promised.status, promised.body["state"], promised.body["total"]) == (202, "asked", 2)
    where = promised.headers["Location"].removeprefix("/api/v1")
    assert (await shop("GET", where, role="marketer")).body["plan"] is None
    house = House.of(services.settings, services.channels, services.public_url, services.keys)
    job = Flights(services.database, house, rulebook_of(services.settings), "one", services.clock)
    assert await job.run_once() == 1
    flight = (await shop("GET", where, role="marketer")).body
    assert (flight["state"], flight["plan"]["messages"], flight["plan"]["ready"]) == ("made", 1, True)
    bound = {"plan_hash": flight["plan"]["hash"]}
    launched = await shop("POST", f"/campaigns/{made['id']}/launch", bound, role="marketer")
    assert launched.body["state"] == "scheduled"
    again = await shop("POST", f"/campaigns/{made['id']}/flight-plan", role="marketer")
    assert (again.status, again.body["message"]) == (422, "Only a draft has a flight plan.")
    answers = (await shop("GET", "/openapi.json")).body["paths"]["/campaigns/{id}/flight-plan"]["post"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Plan"}
    assert answers["202"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Flight"}


async def test_a_test_goes_to_a_colleague(shop: Api) -> None:
    made = await shop.made("/campaigns", {"name": "tea", "definition": GOOD}, role="marketer")
    tested = await shop.made(f"/campaigns/{made['id']}/test", {"to": "max@example.com"}, role="marketer")
    message = (await shop("GET", f"/messages/{tested['message_id']}")).body
    assert (message["origin"], message["purpose"]) == ("system", "service")
    assert message["subject"] == "[Test] Obchodní sdělení: ada, an offer"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"segment": "nobody"}, "segment"),
        ({"template": "nothing"}, "template"),
        ({"schedule": {"kind": "recurring", "cron": "0 9 * * 1"}}, "schedule.cron"),
        ({"late_minutes": 1}, "late_minutes"),
        ({"sql": "1"}, "sql"),
    ],
)
async def test_a_campaign_that_cannot_be_is_refused_by_its_field(
    shop: Api, changes: dict[str, Any], field: str
) -> None:
    answer = await shop("POST", "/campaigns", {"name": "tea", "definition": {**GOOD, **changes}}, role="marketer")
    assert answer.status == 422, answer.body
    assert field in str(answer.body)
    assert (await shop("GET", "/campaigns")).items == []


async def test_a_launch_without_the_plan_is_refused(shop: Api) -> None:
    made = await shop.made("/campaigns", {"name": "tea", "definition": GOOD}, role="marketer")
    answer = await shop("POST", f"/campaigns/{made['id']}/launch", {"plan_hash": "guessed-2"}, role="marketer")
    assert answer.status == 422
    assert "flight plan" in str(answer.body)
