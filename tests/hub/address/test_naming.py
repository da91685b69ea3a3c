"""Naming the public address on the page and through the API: proven first, kept, forgotten, audited."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from hub.store import audit, public_address
from hub.store.installation import settings_epoch
from tests.web_room import WebRoom


async def asked(room: WebRoom, work: Any) -> Any:
    return await room.services.database.read(lambda conn, _: work(conn), None)


def own(room: WebRoom) -> str:
    return f"http://127.0.0.1:{room.server.port}"


async def test_a_proven_address_is_kept_at_once_and_every_process_told(room: WebRoom) -> None:
    async with room.browser("admin") as admin:
        await admin.get("/address")
        answer = await admin.post("/address", {"url": own(room) + "/"})
        assert answer.status == 303
    assert await asked(room, public_address.kept) == own(room)
    assert await asked(room, lambda conn: public_address.proven_at(conn, own(room))) == room.clock()
    assert await asked(room, lambda conn: public_address.proven_at(conn, "https://other.example.com")) is None
    assert await asked(room, settings_epoch) == 1
    acts = [row["action"] for row in await asked(room, audit.page)]
    assert acts[0] == "address.changed"


async def test_an_address_that_is_not_proven_is_used_only_when_somebody_says_so_again(room: WebRoom) -> None:
    wrong = "http://127.0.0.1:1"
    async with room.browser("admin") as admin:
        await admin.get("/address")
        answer = await admin.post("/address", {"url": wrong})
        assert answer.status == 422
        assert "Nobody answers there" in answer.text
        assert await asked(room, public_address.kept) == ""
        assert (await admin.post("/address", {"url": wrong, "anyway": "1"})).status == 303
    assert await asked(room, public_address.kept) == wrong
    assert await asked(room, lambda conn: public_address.proven_at(conn, wrong)) is None


@pytest.mark.parametrize(
    "url", ["", "hub.example.com", "ftp://hub.example.com", "https://a b", "https://u:p@hub.example.com", "https://x?y"]
)
async def test_what_is_no_address_is_refused(room: WebRoom, url: str) -> None:
    async with room.browser("admin") as admin:
        await admin.get("/address")
        assert (await admin.post("/address", {"url": url, "anyway": "1"})).status == 422


async def test_the_settings_file_comes_first_and_is_shown_as_such(room: WebRoom) -> None:
    hub = room.services.settings.hub.model_copy(update={"public_url": own(room)})
    settings = room.services.settings.model_copy(update={"hub": hub})
    services = replace(room.services, settings=settings, public_url=own(room))
    async with web_room_of(room, services) as configured, configured.browser("admin") as admin:
        page = await admin.get("/address")
        assert "the settings file" in page.text
        assert 'name="url"' not in page.text
        assert (await admin.post("/address", {"url": own(room)})).status == 422
        assert (await admin.post("/address/proof")).status == 303
        assert "yes" in (await admin.get("/address")).text


def web_room_of(room: WebRoom, services: Any) -> Any:
    """Returns another web room over the same database; its staff are there already."""
    from contextlib import asynccontextmanager

    from aiohttp.test_utils import TestServer

    from hub.web.app import make_app

    @asynccontextmanager
    async def running() -> Any:
        server = TestServer(make_app(services))
        await server.start_server()
        yield WebRoom(server, services, room.clock, room.ids)
        await server.close()

    return running()


async def test_the_api_names_proves_and_forgets(room: WebRoom) -> None:
    headers = {"Authorization": f"Bearer {await room.token('admin')}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def ask(method: str, path: str, body: Any = None) -> dict[str, Any]:
            data = json.dumps(body) if body is not None else None
            async with http.request(method, room.url(f"/api/v1{path}"), data=data) as answer:
                assert answer.status == 200, await answer.text()
                told: dict[str, Any] = await answer.json()
                return told

        assert (await ask("GET", "/address"))["source"] == "default"
        refused = await ask("PUT", "/address", {"url": "http://127.0.0.1:1"})
        assert refused["not_proven"]
        assert refused["source"] == "default"
        named = await ask("PUT", "/address", {"url": own(room)})
        assert (named["url"], named["source"], named["not_proven"]) == (own(room), "kept", "")
        assert named["proven_at"]
        assert await asked(room, public_address.kept) == own(room)
        await ask("DELETE", "/address")
        assert await asked(room, public_address.kept) == ""
