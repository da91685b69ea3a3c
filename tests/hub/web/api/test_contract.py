"""What holds for every operation: who may call it, what it refuses, and that its description is true."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hub.store.staff import ROLES
from hub.web.api import operations
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import Operation
from tests.builders import incoming, mail
from tests.hub.web.api.conftest import Api

OPERATIONS = operations()
GUARDED = [each for each in OPERATIONS if each.roles]
# Those that take files read their forms themselves, and are tested with what they are for.
TYPED = [each for each in GUARDED if not isinstance(each, FileOperation)]


def address(each: Operation, number: str = "999999") -> str:
    """Returns an address of the operation that names nothing."""
    path = each.path.replace("{name}/{language}", "nobody/xx").replace("{kind}", "form")
    return re.sub(r"\{(name|slug)\}", "nobody", re.sub(r"\{\w*id\}", number, path))


async def test_every_operation_needs_a_valid_token(api: Api) -> None:
    for each in GUARDED:
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
            answer = await api(each.method, address(each), role="", **headers)
            assert (answer.status, answer.body["code"]) == (401, "not_signed_in"), each.name


async def test_the_token_of_this_machine_is_an_admins_without_being_staff(api: Api) -> None:
    me = await api("GET", "/me", role="machine")
    assert (me.status, me.body["id"], me.body["role"]) == (200, None, "admin")
    await api.capture(incoming(mail()))
    [talk] = (await api("GET", "/conversations", role="machine")).items
    for key in ("k", "k"):
        body = {"text": "Hello"}
        await api.made(f"/conversations/{talk['id']}/reply", body, role="machine", Idempotency_Key=key)
    [message] = (await api("GET", "/messages", role="machine")).items
    assert message["staff_id"] is None
    [act] = (await api("GET", "/audit", role="machine", query={"limit": 1})).items
    assert (act["action"], act["staff_id"], act["actor"]) == ("reply.queued", None, "the command line")


async def test_a_token_that_is_no_text_is_refused(api: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api.room.server.port)
    writer.write(b"GET /api/v1/me HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_cookies_open_nothing(api: Api) -> None:
    async with api.room.browser("admin") as browser:
        answer = await browser.get("/api/v1/me")
    assert answer.status == 401


# Who may call is no question to the database; that each statement is one of PostgreSQL's too, one role shows.
@pytest.mark.parametrize(
    ("store_url", "role"), [*(("sqlite", role) for role in ROLES), ("postgresql", "admin")], indirect=["store_url"]
)
async def test_every_operation_is_open_to_its_roles_only(api: Api, role: str) -> None:
    for each in GUARDED:
        answer = await api(each.method, address(each), role=role)
        if role in each.roles:
            assert answer.status in (200, 201, 400, 404, 422), (each.name, answer.body)
        else:
            assert (answer.status, answer.body["code"]) == (403, "not_allowed"), each.name


async def test_auditors_and_viewers_change_nothing() -> None:
    for each in GUARDED:
        if each.method != "GET":
            assert not {"viewer", "auditor"} & set(each.roles), each.name


@pytest.mark.security_row(9)
async def test_unknown_fields_are_refused_everywhere(api: Api) -> None:
    for each in TYPED:
        answer = await api(each.method, address(each), query={"account_id": "1"})
        assert (answer.status, answer.body["field"]) == (422, "account_id"), (each.name, answer.body)
        if each.method != "GET":
            answer = await api(each.method, address(each), {"account_id": 1})
            assert answer.status == 422, (each.name, answer.body)
            assert answer.body.get("field", "") == ("account_id" if "body" in each.inputs else "")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"{", 400, "bad_request", id="broken"),
        pytest.param(b'{"text": "\\ud800"}', 400, "bad_request", id="half a character"),
        pytest.param(b"[" * 100_000, 400, "bad_request", id="too deep"),
        pytest.param(b"[]", 422, "refused", id="no object"),
        pytest.param(b'"text"', 422, "refused", id="a string"),
        pytest.param(b'{"title": "a\\u0000b"}', 400, "bad_request", id="NUL"),
        pytest.param(b'{"title": 5}', 422, "refused", id="wrong type"),
    ],
)
async def test_bodies_that_do_not_fit_are_refused(api: Api, body: bytes, status: int, code: str) -> None:
    for each in TYPED:
        if "body" in each.inputs:
            answer = await api(each.method, address(each), body)
            assert (answer.status, answer.body["code"]) == (status, code), (each.name, answer.body)


@pytest.mark.security_row(27)
async def test_json_sent_as_plain_text_is_refused(api: Api) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json-patch+json"):
        answer = await api("POST", "/customers", {"display_name": "Ada"}, Content_Type=kind)
        assert answer.status == 403, kind
    assert (await api("GET", "/customers")).items == []


async def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    answer = await api("POST", "/tasks", b'{"title": "' + b"x" * 2_100_000 + b'"}')
    assert (answer.status, answer.body["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "query",
    [
        {"before": "1 OR 1=1"},
        {"before": "0x1"},
        {"limit": "1; DROP TABLE customer"},
        {"limit": "0"},
        {"limit": "201"},
        {"sort": "display_name"},
        {"order_by": "id desc"},
        [("q", "a"), ("q", "b")],
        {"before": "99999999999999999999"},
    ],
    ids=str,
)
@pytest.mark.security_row(8)
async def test_filters_take_only_what_they_know(api: Api, query: Any) -> None:
    answer = await api("GET", "/customers", query=query)
    assert (answer.status, answer.body["code"]) == (422, "refused"), answer.body
    assert (await api("GET", "/customers", query={"q": "a\0b"})).status == 400


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "%201", "1_0", "x", "99999999999999999999", "1'--"])
async def test_an_address_with_an_id_that_is_none_names_nothing(api: Api, number: str) -> None:
    for path in (f"/customers/{number}", f"/interactions/{number}", f"/messages/{number}"):
        answer = await api("GET", path)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


@pytest.mark.security_row(6)
async def test_things_that_are_not_there_are_not_found(api: Api) -> None:
    for each in TYPED:
        if "path" in each.inputs and "body" not in each.inputs:
            asked = each.inputs["query"].model_fields if "query" in each.inputs else {}
            needed = {name: "999999" for name, field in asked.items() if field.is_required()}
            answer = await api(each.method, address(each), query=needed)
            code = answer.body.get("code") if isinstance(answer.body, dict) else None
            assert (answer.status, code) == (404, "not_found"), (each.name, answer.status, answer.body)


async def test_unknown_addresses_and_methods_answer_in_json(api: Api) -> None:
    answer = await api("GET", "/nothing")
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    answer = await api("PUT", "/customers", {})
    assert (answer.status, answer.body["code"]) == (405, "wrong_method")


async def test_errors_say_what_why_and_what_to_do(api: Api) -> None:
    answer = await api("POST", "/customers", {"display_name": "Ada", "role": "admin"})
    assert answer.status == 422
    assert set(answer.body) == {"code", "message", "next", "field"}
    assert "role" in answer.body["message"]
    assert "display_name" in answer.body["next"]


async def test_a_token_that_calls_too_often_is_told_to_wait(api: Api) -> None:
    statuses = [(await api("GET", "/me", role="viewer")).status for _ in range(600)]
    assert set(statuses) == {200}
    answer = await api("GET", "/me", role="viewer")
    assert (answer.status, answer.body["code"]) == (429, "too_many")
    assert int(answer.headers["Retry-After"]) > 0
    assert (await api("GET", "/me", role="agent")).status == 200


async def test_the_description_is_public_and_says_what_each_operation_takes_and_gives(api: Api) -> None:
    answer = await api("GET", "/openapi.json", role="")
    assert answer.status == 200
    described = answer.body
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "http://hub.test/api/v1"}]
    names = []
    for each in OPERATIONS:
        said = described["paths"][each.path][each.method.lower()]
        names.append(said["operationId"])
        assert said["summary"]
        assert str(each.status) in said["responses"]
        placed = {(one["name"], one["in"]): one for one in said["parameters"]}
        assert {name for name, where in placed if where == "path"} == set(re.findall(r"\{(\w+)\}", each.path))
        assert all(one["required"] for (_, where), one in placed.items() if where == "path")
        assert ("requestBody" in said) == ("body" in each.inputs or isinstance(each, FileOperation))
        assert (said.get("security") == []) == (not each.roles)
        assert (("Idempotency-Key", "header") in placed) == each.creates
        if each.roles:
            assert {"401", "403", "422", "429", "503"} <= set(said["responses"])
    assert len(set(names)) == len(names)


async def test_the_description_refers_to_nothing_that_it_does_not_hold(api: Api) -> None:
    described = (await api("GET", "/openapi.json", role="")).body
    schemas = described["components"]["schemas"]
    referred = {ref.rpartition("/")[2] for ref in _refs(described)}
    assert referred == set(schemas)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in schemas)
    for name, schema in schemas.items():
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False, name


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from _refs(value)
    elif isinstance(part, list):
        for value in part:
            yield from _refs(value)
