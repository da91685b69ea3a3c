"""What machines that watch are told."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from hub.store import health
from tests.web_room import WebRoom


async def test_hub_with_a_database_is_well(room: WebRoom) -> None:
    async with room.browser() as browser:
        answer = await browser.get("/healthz")
        assert (answer.status, answer.text) == (200, "ok\n")


async def test_figures_name_routes_and_channels(room: WebRoom) -> None:
    def note(conn: Connection, count: int) -> None:
        health.note_forged(conn, "main_number", count, room.clock())

    await room.services.database.write(note, 3)
    async with room.browser() as browser:
        await browser.get("/link/unknown")
        text = (await browser.get("/metrics")).text
    assert 'hub_requests_total{route="/link/{token}",status="404"} 1.0' in text
    assert 'hub_channel_forged{channel="main_number"} 3.0' in text
    assert 'hub_request_seconds_count{route="/link/{token}"} 1.0' in text


@pytest.mark.parametrize(
    ("role", "status"), [("", 404), ("viewer", 404), ("agent", 404), ("admin", 200), ("auditor", 200)]
)
async def test_figures_are_for_this_machine_or_a_token(small: WebRoom, role: str, status: int) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7"}
    if role:
        headers["Authorization"] = f"Bearer {await small.token(role)}"
    async with small.browser() as browser:
        assert (await browser.get("/metrics", headers=headers)).status == status
