"""Appointments: booked, moved, cancelled, by our id or another system's, one by one or many at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hub.web.api.conftest import Api

VISIT = {
    "identity": "ada@example.com",
    "name": "Ada",
    "title": "Check-up",
    "starts_at": "2026-03-05T10:00:00+01:00",
    "time_zone": "Europe/Prague",
}


async def test_an_appointment_is_booked_for_whoever_holds_the_identity(api: Api) -> None:
    ada = await api.made("/customers", {"display_name": "Ada", "identities": ["ada@example.com"]})
    made = await api.made("/appointments", VISIT, role="agent")
    assert (made["customer_id"], made["starts_at"], made["state"], made["revision"]) == (
        ada["id"],
        "2026-03-05T09:00:00.000Z",
        "booked",
        1,
    )
    by_id = await api.made("/appointments", {**VISIT, "identity": "", "customer_id": ada["id"]})
    assert by_id["customer_id"] == ada["id"]
    assert (await api("GET", f"/appointments/{made['id']}")).body == made


async def test_an_unknown_identity_makes_its_customer(api: Api) -> None:
    made = await api.made("/appointments", VISIT)
    [ada] = (await api("GET", "/customers", query={"identity": "ada@example.com"})).items
    assert (made["customer_id"], ada["display_name"]) == (ada["id"], "Ada")


async def test_the_same_external_id_changes_the_appointment_it_named(api: Api) -> None:
    first = await api.made("/appointments", {**VISIT, "external_id": "crm/7"})
    same = await api.made("/appointments", {**VISIT, "external_id": "crm/7"})
    assert same == first
    moved = await api.made("/appointments", {**VISIT, "external_id": "crm/7", "starts_at": "2026-03-06T09:00:00Z"})
    assert (moved["id"], moved["revision"], moved["starts_at"]) == (first["id"], 2, "2026-03-06T09:00:00.000Z")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        pytest.param({"title": ""}, "title", id="no title"),
        pytest.param({"time_zone": "Mars/Base"}, "time_zone", id="no zone"),
        pytest.param({"starts_at": "2026-03-05T10:00:00"}, "starts_at", id="no offset"),
        pytest.param({"starts_at": "tomorrow"}, "starts_at", id="no time"),
        pytest.param({"starts_at": 1772704800}, "starts_at", id="a number"),
        pytest.param({"ends_at": "2026-03-05T08:00:00Z"}, "ends_at", id="ends before it starts"),
        pytest.param({"state": "maybe"}, "state", id="no state"),
        pytest.param({"customer_id": "1"}, "", id="two names of the customer"),
        pytest.param({"identity": ""}, "", id="no customer"),
        pytest.param({"revision": 5}, "revision", id="not theirs to set"),
    ],
)
async def test_what_makes_no_appointment_is_refused(api: Api, wrong: dict[str, Any], field: str) -> None:
    answer = await api("POST", "/appointments", {**VISIT, **wrong})
    assert (answer.status, answer.body.get("field", "")) == (422, field), answer.body
    assert (await api("GET", "/appointments")).items == []


async def test_an_unknown_customer_is_not_found(api: Api) -> None:
    answer = await api("POST", "/appointments", {**VISIT, "identity": "", "customer_id": "77"})
    assert answer.status == 404


async def test_an_appointment_is_moved_with_its_end_confirmed_and_cancelled(api: Api) -> None:
    made = await api.made("/appointments", {**VISIT, "ends_at": "2026-03-05T09:30:00Z"})
    path = f"/appointments/{made['id']}"
    moved = await api("PATCH", path, {"starts_at": "2026-03-05T14:00:00Z", "revision": 1})
    assert (moved.body["starts_at"], moved.body["ends_at"], moved.body["revision"]) == (
        "2026-03-05T14:00:00.000Z",
        "2026-03-05T14:30:00.000Z",
        2,
    )
    assert (await api("PATCH", path, {"state": "confirmed"})).body["state"] == "confirmed"
    cancelled = await api("PATCH", path, {"state": "cancelled", "note": "Ill"})
    assert (cancelled.body["state"], cancelled.body["note"]) == ("cancelled", "Ill")
    assert (await api("PATCH", path, {"state": "booked"})).body["field"] == "state"


async def test_a_change_of_what_somebody_else_changed_is_refused(api: Api) -> None:
    made = await api.made("/appointments", VISIT)
    path = f"/appointments/{made['id']}"
    assert (await api("PATCH", path, {"title": "Longer check-up", "revision": 1})).status == 200
    answer = await api("PATCH", path, {"title": "Other", "revision": 1})
    assert (answer.status, answer.body["field"]) == (422, "revision")


async def test_appointments_are_listed_earliest_first_in_a_range(api: Api) -> None:
    for day in (7, 5, 6):
        await api.made("/appointments", {**VISIT, "starts_at": f"2026-03-0{day}T09:00:00Z"})
    seen, after = [], ""
    while after is not None:
        answer = await api("GET", "/appointments", query={"limit": 1, "after": after})
        seen += [each["starts_at"][:10] for each in answer.items]
        after = answer.body["next"]
    assert seen == ["2026-03-05", "2026-03-06", "2026-03-07"]
    some = await api("GET", "/appointments", query={"start": "2026-03-06T00:00:00Z", "end": "2026-03-07T00:00:00Z"})
    assert [each["starts_at"][:10] for each in some.items] == ["2026-03-06"]
    customer = some.items[0]["customer_id"]
    theirs = await api("GET", "/appointments", query={"customer": customer, "end": "2026-03-07T00:00:00Z"})
    assert len(theirs.items) == 2
    assert (await api("GET", "/appointments", query={"state": "cancelled"})).items == []
    assert (await api("GET", "/appointments", query={"start": "yesterday"})).body["field"] == "start"


async def test_many_are_booked_each_for_itself(api: Api) -> None:
    items = [
        {**VISIT, "external_id": "1"},
        {**VISIT, "external_id": "2", "time_zone": "Mars/Base"},
        {**VISIT, "external_id": "3", "identity": "nonsense"},
        {**VISIT, "external_id": "1", "title": "Changed"},
        {**VISIT, "external_id": "4", "identity": "", "customer_id": "999"},
    ]
    told = await api.made("/appointments/many", {"items": items})
    assert [(each["outcome"], each["field"]) for each in told["items"]] == [
        ("created", ""),
        ("refused", "time_zone"),
        ("refused", "identity"),
        ("changed", ""),
        ("refused", "customer_id"),
    ]
    [stored] = (await api("GET", "/appointments")).items
    assert stored["title"] == "Changed"
    again = await api.made("/appointments/many", {"items": items[3:4]})
    assert [each["outcome"] for each in again["items"]] == ["unchanged"]


async def test_more_than_100_at_once_are_refused(api: Api) -> None:
    answer = await api("POST", "/appointments/many", {"items": [VISIT] * 101})
    assert (answer.status, answer.body["field"]) == (422, "items")
