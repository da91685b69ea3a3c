"""One switch over everything that goes out, and staff's word over promotions after a restore."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from hub.store.dispatching import kill_switch
from hub.store.installation import note_fact
from hub.store.new_life import PROMOTIONS_HELD, promotions_held
from hub.store.tables import AuditRow
from tests.web_room import WebRoom


def acts(conn: Connection, _: None) -> list[str]:
    return list(conn.scalars(select(AuditRow.action).where(AuditRow.subject == "installation").order_by(AuditRow.id)))


async def stopped(room: WebRoom) -> str:
    return await room.services.database.read(lambda conn, _: kill_switch(conn), None)


@pytest.mark.outbound("gate-kill-switch")
async def test_an_administrator_stops_everything_and_starts_it_again(room: WebRoom) -> None:
    async with room.browser("admin") as browser:
        assert "Stop all sending" in (await browser.get("/channels")).text
        assert (await browser.post("/sending/stop", {"why": " "})).status == 422
        assert (await browser.post("/sending/stop", {"why": "Wrong prices"})).status == 303
        assert await stopped(room) == "Wrong prices"
        assert "Wrong prices" in (await browser.get("/channels")).text
        assert (await browser.post("/sending/start")).status == 303
        assert await stopped(room) == ""
    assert await room.services.database.read(acts, None) == ["sending.stopped", "sending.started"]


@pytest.mark.outbound("crash-restored")
async def test_promotions_go_out_again_only_by_an_administrators_word(room: WebRoom) -> None:
    await room.services.database.write(lambda conn, _: note_fact(conn, PROMOTIONS_HELD, "restored"), None)
    async with room.browser("marketer") as browser:
        assert (await browser.post("/sending/release")).status == 403
    async with room.browser("admin") as browser:
        assert (await browser.post("/sending/release")).status == 303
    assert await room.services.database.read(lambda conn, _: promotions_held(conn), None) == ""
    assert await room.services.database.read(acts, None) == ["promotions.released"]


@pytest.mark.parametrize("path", ["/sending/stop", "/sending/start", "/sending/release"])
async def test_only_administrators_touch_the_switch(room: WebRoom, path: str) -> None:
    async with room.browser("agent") as browser:
        assert (await browser.post(path, {"why": "x"})).status == 403
    assert await stopped(room) == ""
