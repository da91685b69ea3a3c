"""The JSON endpoint of a form: JSON only, no other sites unless named, unknown fields refused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.desk.forms import get_form, save_form
from hub.store.tables import InteractionRow
from tests.hub.web.conftest import store_url as store_url
from tests.web_room import WebRoom

ANSWERS = {"name": "Ada Lovelace", "email": "ada@example.com", "message": "Hello"}
SITE = "https://www.example.com"


async def send(room: WebRoom, body: Any, **headers: str) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
    async with (
        room.browser() as browser,
        browser.http.post(room.url("/f/contact.json"), json=body, headers=headers) as response,
    ):
        return response.status, await response.json(content_type=None), dict(response.headers)


async def count(room: WebRoom) -> int:
    return await room.services.database.read(
        lambda conn, _: conn.scalar(select(func.count()).select_from(InteractionRow)) or 0, None
    )


async def test_a_submission_as_json_is_taken_once(room: WebRoom) -> None:
    body = {
        "submission": str(uuid.uuid4()),
        "language": "pt",
        "answers": ANSWERS,
        "source": {"utm_source": "newsletter"},
    }
    first = await send(room, body)
    again = await send(room, body)
    assert (first[0], again[0]) == (201, 201)
    assert first[1] == again[1]
    assert first[1]["submission"] == body["submission"]
    assert first[1]["thanks"].startswith("Obrigado")
    assert "Access-Control-Allow-Origin" not in first[2]
    assert await count(room) == 1


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 403), ("application/x-www-form-urlencoded", 403), ("multipart/form-data; boundary=x", 403)],
)
async def test_what_does_not_say_that_it_is_json_is_refused(room: WebRoom, content_type: str, status: int) -> None:
    async with room.browser() as browser:
        body = b'{"answers": {"email": "ada@example.com"}}'
        answer = await browser.ask("POST", "/f/contact.json", data=body, headers={"Content-Type": content_type})
    assert answer.status in (status, 400)
    assert await count(room) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answers": {**ANSWERS, "role": "admin"}}, "role"),
        ({"answers": ANSWERS, "customer_id": 7}, "customer_id"),
        ({"answers": ANSWERS, "source": {"ip": "1"}}, "ip"),
        ({"answers": ANSWERS, "submission": "7"}, "submission"),
        ({"answers": {**ANSWERS, "name": {"a": 1}}}, "name"),
        ({"answers": {**ANSWERS, "email": "nobody"}}, "email"),
        ({"answers": {}}, "name"),
        ([], None),
        (7, None),
    ],
    ids=[
        "unknown answer",
        "unknown part",
        "unknown source",
        "no uuid",
        "an object",
        "no e-mail",
        "nothing",
        "list",
        "7",
    ],
)
@pytest.mark.security_row(9)
async def test_what_the_form_does_not_ask_for_is_refused_by_name(room: WebRoom, body: Any, field: str | None) -> None:
    status, told, _ = await send(room, body)
    assert (status, told.get("field")) == (422, field)
    assert {"code", "message", "next"} <= set(told)
    assert await count(room) == 0


async def test_another_site_may_send_only_when_the_form_names_it(room: WebRoom) -> None:
    status, _, headers = await send(room, {"answers": ANSWERS}, Origin=SITE)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers

    def name(conn: Connection, _: None) -> None:
        form = get_form(conn, "contact")
        save_form(conn, replace(form, origins=(SITE,)), "test", room.clock(), based_on=form.version)

    await room.services.database.write(name, None)
    async with room.browser() as browser:
        preflight = await browser.ask("OPTIONS", "/f/contact.json", headers={"Origin": SITE})
        stranger = await browser.ask("OPTIONS", "/f/contact.json", headers={"Origin": "https://evil.example"})
    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, SITE)
    assert stranger.status == 403
    status, _, headers = await send(room, {"answers": ANSWERS}, Origin=SITE)
    assert (status, headers["Access-Control-Allow-Origin"]) == (201, SITE)


async def test_scripts_wait_like_everybody(room: WebRoom) -> None:
    answers = [await send(room, {"answers": ANSWERS}) for _ in range(6)]
    assert [status for status, _, _ in answers] == [201] * 5 + [429]
    assert int(answers[5][2]["Retry-After"]) > 0
