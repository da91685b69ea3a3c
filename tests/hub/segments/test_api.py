"""Segments by the API: saved, listed, previewed before they are saved, and explained."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import insert

from hub.store.audience import members
from hub.store.segments import current
from hub.store.session import open_database
from hub.store.tables import CustomerRow
from tests.builders import NOW
from tests.hub.segments.world import people, store
from tests.web_room import Clock, WebRoom, services_for, test_settings, web_room

CZECH = {"all": [{"about": "country", "is": "one_of", "value": ["CZ"]}]}


async def _ask(room: WebRoom, role: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {await room.token(role)}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, room.url(f"/api/v1{path}"), json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_segment_is_put_read_previewed_and_taken_off(room: WebRoom) -> None:
    await room.services.database.write(store, people())
    status, made = await _ask(room, "marketer", "PUT", "/segments/czechs", {"title": "Czechs", "conditions": CZECH})
    assert (status, made["version"], made["conditions"]) == (200, 1, CZECH)
    assert made["says"] == ["the country is “CZ”"]
    stored = await room.services.database.read(current, "czechs")
    wanted = await room.services.database.read(lambda conn, _: members(conn, stored.segment, NOW, limit=99), None)
    status, seen = await _ask(room, "agent", "POST", "/segments/preview", {"conditions": CZECH, "sample": 3})
    assert (status, seen["count"], seen["everybody"], len(seen["sample"])) == (200, len(wanted), 59, 3)
    assert {int(each["id"]) for each in seen["sample"]} <= set(wanted)
    status, why = await _ask(room, "viewer", "GET", f"/segments/czechs/why/{wanted[0]}")
    assert (status, why) == (200, {"belongs": True, "rows": [{"says": "the country is “CZ”", "holds": True}]})
    status, listed = await _ask(room, "agent", "GET", "/segments")
    assert (status, [each["name"] for each in listed["items"]]) == (200, ["all", "czechs"])
    assert (await _ask(room, "admin", "DELETE", "/segments/czechs"))[0] == 200
    assert (await _ask(room, "viewer", "GET", "/segments/czechs"))[0] == 404
    status, every = await _ask(room, "viewer", "GET", "/segments/czechs/versions")
    assert (status, [each["active"] for each in every["items"]]) == (200, [False])


async def test_what_cannot_be_is_refused_with_its_path_and_stored_by_nobody_else(room: WebRoom) -> None:
    wrong = {"all": [{"about": "country", "is": "one_of", "value": ["CZ'; DROP TABLE customer; --"]}]}
    status, refused = await _ask(room, "marketer", "PUT", "/segments/bad", {"title": "Bad", "conditions": wrong})
    assert (status, refused["field"]) == (422, "all.0.value")
    status, refused = await _ask(room, "marketer", "POST", "/segments/preview", {"conditions": {"all": [1]}})
    assert (status, refused["field"]) == (422, "all.0")
    assert (await _ask(room, "agent", "PUT", "/segments/czechs", {"title": "Czechs", "conditions": CZECH}))[0] == 403
    late = {"title": "Czechs", "conditions": CZECH, "based_on": 7}
    assert (await _ask(room, "marketer", "PUT", "/segments/czechs", late))[0] == 422


async def test_a_day_is_one_of_the_businesss_own_clock(sqlite_store_url: str, tmp_path: Path) -> None:
    """Says so in Auckland, where it is the 3rd of March while it still is the 2nd in UTC."""
    database, clock = open_database(sqlite_store_url), Clock()
    clock.advance(hours=2)
    settings = test_settings(tmp_path)
    settings = settings.model_copy(update={"hub": settings.hub.model_copy(update={"time_zone": "Pacific/Auckland"})})
    await database.open()
    born = [{"id": at, "birthday": date(1980, 3, at), "facts": {}, "created_at": NOW} for at in (2, 3)]
    await database.write(lambda conn, _: conn.execute(insert(CustomerRow), born) and None, None)
    today = {"conditions": {"all": [{"about": "birthday", "is": "within", "days": 0}]}}
    async with web_room(services_for(database, tmp_path, clock, settings=settings), clock) as room:
        status, seen = await _ask(room, "marketer", "POST", "/segments/preview", today)
        assert (status, [each["id"] for each in seen["sample"]]) == (200, ["3"])
        await _ask(room, "marketer", "PUT", "/segments/today", {"title": "Today", **today})
        told = [(await _ask(room, "viewer", "GET", f"/segments/today/why/{at}"))[1]["belongs"] for at in (2, 3)]
        assert told == [False, True]
        async with room.browser("marketer") as browser:
            assert "Today" in (await browser.get("/customers/3/segments")).text
            assert "They belong to none now." in (await browser.get("/customers/2/segments")).text
    await database.close()
