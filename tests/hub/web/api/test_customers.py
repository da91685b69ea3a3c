"""Customers, their identities, and what they agreed to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import incoming, mail, sms
from tests.hub.web.api.conftest import Api

ADA = {"display_name": "Ada Lovelace", "relationship": "customer", "identities": ["Ada@Example.com", "+1 415 555 0101"]}


async def test_a_customer_is_made_and_found_by_any_identity(api: Api) -> None:
    made = await api.made("/customers", ADA, role="agent")
    assert made["display_name"] == "Ada Lovelace"
    assert [(each["scheme"], each["value"]) for each in made["identities"]] == [
        ("mailto", "ada@example.com"),
        ("tel", "+14155550101"),
    ]
    for written in ("mailto:ada@example.com", "ada@EXAMPLE.com", "tel:+14155550101", "(415) 555-0101"):
        [found] = (await api("GET", "/customers", query={"identity": written})).items
        assert found["id"] == made["id"]
        assert found["identities"] == ["mailto:ada@example.com", "tel:+14155550101"]
    assert (await api("GET", "/customers", query={"identity": "mailto:bob@example.com"})).items == []


async def test_ids_are_strings_and_times_are_utc(api: Api) -> None:
    made = await api.made("/customers", ADA)
    assert isinstance(made["id"], str)
    assert made["id"].isdecimal()
    assert made["created_at"] == "2026-03-02T10:00:00.000Z"


async def test_customers_are_listed_newest_first_page_by_page(api: Api) -> None:
    made = [await api.customer(f"mailto:c{number}@example.com", display_name=f"C{number}") for number in range(5)]
    seen, before = [], ""
    while before is not None:
        answer = await api("GET", "/customers", query={"limit": 2, "before": before})
        seen += [int(each["id"]) for each in answer.items]
        before = answer.body["next"]
    assert seen == made[::-1]


async def test_customers_are_found_by_words(api: Api) -> None:
    await api.customer("mailto:ada@example.com", display_name="Ada Lovelace")
    await api.customer("mailto:bob@example.com", display_name="Bob")
    assert [each["display_name"] for each in (await api("GET", "/customers", query={"q": "lovel"})).items] == [
        "Ada Lovelace"
    ]
    assert len((await api("GET", "/customers", query={"q": "%' OR 1=1 --"})).items) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({}, "display_name", id="neither name nor address"),
        pytest.param({"display_name": "A", "merged_into": "1"}, "merged_into", id="not theirs to set"),
        pytest.param({"display_name": "A", "relationship": "boss"}, "relationship", id="no relationship"),
        pytest.param({"display_name": "A", "time_zone": "Mars/Base"}, "time_zone", id="no time zone"),
        pytest.param({"display_name": "A", "birthday": "1815-13-10"}, "birthday", id="no date"),
        pytest.param({"display_name": "A", "identities": ["nonsense"]}, "identity", id="no identity"),
        pytest.param({"display_name": "A" * 201}, "display_name", id="too long"),
    ],
)
async def test_what_makes_no_customer_is_refused(api: Api, fields: dict[str, Any], field: str) -> None:
    answer = await api("POST", "/customers", fields)
    assert (answer.status, answer.body["field"]) == (422, field)
    assert (await api("GET", "/customers")).items == []


async def test_an_identity_that_somebody_holds_is_refused(api: Api) -> None:
    await api.made("/customers", ADA)
    answer = await api("POST", "/customers", {"display_name": "Eve", "identities": ["ada@example.com"]})
    assert (answer.status, answer.body["field"]) == (422, "identity")
    assert len((await api("GET", "/customers")).items) == 1


async def test_only_the_fields_that_are_sent_change(api: Api) -> None:
    made = await api.made("/customers", {**ADA, "note": "prefers mornings"})
    answer = await api("PATCH", f"/customers/{made['id']}", {"time_zone": "Europe/Prague", "birthday": "1815-12-10"})
    assert answer.status == 200
    changed = (await api("GET", f"/customers/{made['id']}")).body
    assert (changed["time_zone"], changed["birthday"], changed["note"]) == (
        "Europe/Prague",
        "1815-12-10",
        "prefers mornings",
    )


async def test_identities_are_added_proven_and_ended(api: Api) -> None:
    made = await api.made("/customers", {"display_name": "Ada"})
    held = (await api.made(f"/customers/{made['id']}/identities", {"identity": "ada@example.com"}))["identities"][0]
    path = f"/customers/{made['id']}/identities/{held['id']}"
    assert held["confirmed_at"] is None
    proven = (await api("POST", f"{path}/confirm")).body["identities"][0]
    assert proven["confirmed_at"] is not None
    ended = (await api("DELETE", path)).body["identities"][0]
    assert ended["closed_at"] is not None
    assert (await api("GET", "/customers", query={"identity": "ada@example.com"})).items == []
    assert (await api("DELETE", path)).status == 404


@pytest.mark.security_row(6)
async def test_an_identity_of_somebody_else_is_not_found(api: Api) -> None:
    ada = await api.made("/customers", ADA)
    bob = await api.made("/customers", {"display_name": "Bob"})
    identity = ada["identities"][0]["id"]
    for method, path in (("DELETE", ""), ("POST", "/confirm")):
        answer = await api(method, f"/customers/{bob['id']}/identities/{identity}{path}")
        assert answer.status == 404
    assert (await api("GET", f"/customers/{ada['id']}")).body["identities"][0]["closed_at"] is None


async def test_two_customers_become_one_and_two_again(api: Api) -> None:
    await api.capture(incoming(mail("ada@example.com", id="m1")), incoming(sms("+14155550101", id="SM1")))
    [ada] = (await api("GET", "/customers", query={"identity": "ada@example.com"})).items
    [other] = (await api("GET", "/customers", query={"identity": "+14155550101"})).items
    merged = await api("POST", f"/customers/{ada['id']}/merge", {"other": other["id"]})
    assert merged.status == 200, merged.body
    assert len((await api("GET", f"/customers/{ada['id']}/timeline")).items) == 2
    assert (await api("POST", f"/customers/{other['id']}/unmerge")).status == 200
    assert len((await api("GET", f"/customers/{ada['id']}/timeline")).items) == 1


@pytest.mark.outbound("consent-export")
async def test_consent_is_recorded_withdrawn_and_kept_as_evidence(api: Api) -> None:
    made = await api.made("/customers", ADA)
    identity = made["identities"][0]["id"]
    path = f"/customers/{made['id']}/consents"
    agreed = {"identity_id": identity, "purpose": "promotional", "granted": True, "wording": "Asked by phone: yes"}
    given = await api.made(path, agreed, role="agent")
    assert (given["granted"], given["scheme"], given["value"]) == (True, "mailto", "ada@example.com")
    assert (given["wording"], given["at"][:4].isdigit()) == ("Asked by phone: yes", True)
    assert {"version", "source", "ip", "user_agent"} <= set(given)
    await api.made(path, {**agreed, "granted": False, "wording": "Asked us to stop"})
    assert [each["granted"] for each in (await api("GET", path)).items] == [False, True]
    [against] = (await api("GET", "/suppressions", query={"identity": "ada@example.com"})).items
    assert (against["reason"], against["purpose"]) == ("withdrawn", "promotional")


@pytest.mark.parametrize("wrong", [{"purpose": "anything"}, {"wording": ""}, {"ip": "1.2.3.4"}], ids=str)
async def test_consent_without_its_evidence_is_refused(api: Api, wrong: dict[str, str]) -> None:
    made = await api.made("/customers", ADA)
    identity = made["identities"][0]["id"]
    body = {"identity_id": identity, "purpose": "promotional", "granted": True, "wording": "Yes", **wrong}
    answer = await api("POST", f"/customers/{made['id']}/consents", body)
    assert (answer.status, answer.body["field"]) == (422, next(iter(wrong)))


async def test_an_address_is_left_alone_and_allowed_again(api: Api) -> None:
    made = await api.made("/customers", ADA)
    identity = made["identities"][0]["id"]
    body = {"identity_id": identity, "why": "moved away"}
    await api.made(f"/customers/{made['id']}/suppressions", body)
    told = (await api("GET", f"/customers/{made['id']}")).body
    [against] = told["identities"][0]["suppressions"]
    assert (against["reason"], against["detail"]) == ("staff", "moved away")
    path = f"/customers/{made['id']}/identities/{identity}/suppressions/{against['id']}"
    assert (await api("DELETE", path)).status == 200
    assert (await api("GET", "/suppressions")).items == []
    [lifted] = (await api("GET", "/suppressions", query={"lifted": "true"})).items
    assert lifted["lifted_by"] == "admin@hub.test"


async def test_what_is_done_is_written_in_the_audit_log(api: Api) -> None:
    from hub.store import audit

    made = await api.made("/customers", ADA, role="agent")
    [act] = await api.room.services.database.read(lambda conn, _: audit.page(conn, limit=1), None)
    assert (act["action"], act["subject"], act["actor"]) == (
        "customer.created",
        f"customer/{made['id']}",
        "agent@hub.test",
    )
