"""The API of problems: listed by state, looked for again, put off."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection

from hub.insight.finders import found
from hub.store import problems
from tests.builders import NOW, later
from tests.web_room import WebRoom

FOUND = [found("login", "support_mail", said="[AUTHENTICATIONFAILED]"), found("backup_none", "hub")]


async def call(room: WebRoom, role: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {await room.token(role)}"}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, room.url(f"/api/v1{path}"), json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


@pytest.fixture
async def bad_day(small: WebRoom) -> WebRoom:
    """A room with two problems."""

    def note(conn: Connection, _: None) -> None:
        problems.note(conn, "test", FOUND, NOW)

    await small.services.database.write(note, None)
    return small


async def test_problems_are_listed_with_cause_and_mend(bad_day: WebRoom) -> None:
    status, told = await call(bad_day, "viewer", "GET", "/problems")
    assert status == 200
    first = told["items"][0]
    assert [each["code"] for each in told["items"]] == ["login", "backup_none"]
    assert (first["severity"], first["place"], first["said"]) == ("error", "support_mail", "[AUTHENTICATIONFAILED]")
    assert first["action"]["path"] == "/channels#support_mail"
    assert all((first["cause"], first["mend"], first["since"]))
    assert told["items"][1]["action"]["command"] == "hub backup"


async def test_a_problem_is_put_off_by_its_number(bad_day: WebRoom) -> None:
    tomorrow = later(days=1).isoformat()
    assert (await call(bad_day, "viewer", "POST", "/problems/1/later", {"until": tomorrow}))[0] == 403
    assert (await call(bad_day, "agent", "POST", "/problems/1/later", {"until": NOW.isoformat()}))[0] == 422
    assert (await call(bad_day, "agent", "POST", "/problems/1/later", {"until": tomorrow, "code": "x"}))[0] == 422
    assert (await call(bad_day, "agent", "POST", "/problems/7/later", {"until": tomorrow}))[0] == 404
    status, told = await call(bad_day, "agent", "POST", "/problems/1/later", {"until": tomorrow})
    assert (status, told["hidden_until"]) == (200, "2026-03-03T10:00:00.000Z")
    for state, codes in (("open", ["backup_none"]), ("hidden", ["login"]), ("all", ["login", "backup_none"])):
        _, listed = await call(bad_day, "viewer", "GET", f"/problems?state={state}")
        assert [each["code"] for each in listed["items"]] == codes
    assert (await call(bad_day, "agent", "POST", "/problems/1/later", {"until": None}))[1]["hidden_until"] is None


async def test_what_is_mended_is_listed_as_ended(bad_day: WebRoom) -> None:
    def mend(conn: Connection, _: None) -> None:
        problems.note(conn, "test", FOUND[:1], later(minutes=5))

    await bad_day.services.database.write(mend, None)
    _, ended = await call(bad_day, "auditor", "GET", "/problems?state=ended")
    assert [(each["code"], each["ended_at"]) for each in ended["items"]] == [
        ("backup_none", "2026-03-02T10:05:00.000Z")
    ]
    assert (await call(bad_day, "viewer", "GET", "/problems?state=strange"))[0] == 422


async def test_looking_again_answers_what_there_is(bad_day: WebRoom) -> None:
    assert (await call(bad_day, "viewer", "POST", "/problems/look", {}))[0] == 403
    status, told = await call(bad_day, "agent", "POST", "/problems/look")
    assert (status, len(told["items"])) == (200, 2)
