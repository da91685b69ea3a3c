"""One-time links: pages on GET, consumed by POST, gone afterwards."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete

from hub.store import links
from hub.store.tables import AuditRow, LinkRow, SessionRow, StaffRow
from hub.web.auth import create_link, ensure_first_admin
from tests.web_room import PASSWORD, Browser, WebRoom

NEW = {"password": "quite another one", "again": "quite another one"}


async def _link(room: WebRoom, purpose: str = links.RESET, role: str = "agent") -> str:
    def make(conn: Connection, staff_id: int) -> str:
        return create_link(conn, room.services.keys, purpose, staff_id, timedelta(days=1), room.clock())

    return await room.services.database.write(make, room.ids[role])


async def _first_token(room: WebRoom) -> str | None:
    def start(conn: Connection, _arg: None) -> str | None:
        return ensure_first_admin(conn, room.services.keys, room.clock())

    return await room.services.database.write(start, None)


async def _without_staff(room: WebRoom) -> None:
    def clear(conn: Connection, _arg: None) -> None:
        for table in (SessionRow, LinkRow, AuditRow, StaffRow):
            conn.execute(delete(table))

    await room.services.database.write(clear, None)


@pytest.mark.parametrize("token", ["", "%20", "%00", "unknown", "..%2f..", "a" * 3000])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.security_row(26)
async def test_empty_and_unknown_links_are_not_found(small: WebRoom, token: str, method: str) -> None:
    async with small.browser() as browser:
        await browser.get("/sign-in")
        answer = await browser.ask(method, f"/link/{token}", data={"csrf": browser.token, **NEW})
        assert answer.status == 404


async def test_link_survives_scanners_and_is_used_once(room: WebRoom) -> None:
    token = await _link(room)
    async with room.browser() as browser:
        for _ in range(3):
            assert (await browser.get(f"/link/{token}")).status == 200
        assert (await browser.ask("HEAD", f"/link/{token}")).status == 200
        assert (await browser.post(f"/link/{token}", NEW)).status == 303
        assert (await browser.get(f"/link/{token}")).status == 404
        assert (await browser.post(f"/link/{token}", NEW)).status == 404
        assert (await browser.sign_in("agent@hub.test", NEW["password"])).status == 303
        assert (await browser.sign_in("agent@hub.test", PASSWORD)).status == 401


@pytest.mark.security_row(26)
async def test_expired_link_is_not_found(small: WebRoom) -> None:
    token = await _link(small)
    small.clock.advance(days=1)
    async with small.browser() as browser:
        assert (await browser.get(f"/link/{token}")).status == 404


async def test_of_ten_who_use_a_link_at_once_one_wins(room: WebRoom) -> None:
    token = await _link(room)
    async with room.browser() as browser:
        await browser.get(f"/link/{token}")
        answers = await asyncio.gather(*[browser.post(f"/link/{token}", NEW) for _ in range(10)])
        assert Counter(answer.status for answer in answers) == {303: 1, 404: 9}


@pytest.mark.security_row(28)
async def test_used_link_ends_all_sessions_and_other_links(room: WebRoom) -> None:
    token, other = await _link(room), await _link(room)
    async with room.browser("agent") as old, room.browser() as browser:
        await browser.get(f"/link/{token}")
        await browser.post(f"/link/{token}", NEW)
        assert (await old.get("/profile")).status == 401
        assert (await browser.get(f"/link/{other}")).status == 404


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), ("aaaaaaaaaaaa", "aaaaaaaaaaaa"), ("agent-agent-1", "agent-agent-1"), ("quite long one", "x")],
    ids=["short", "one letter", "own name", "typed otherwise"],
)
async def test_weak_password_uses_nothing_up(small: WebRoom, password: str, again: str) -> None:
    token = await _link(small)
    async with small.browser() as browser:
        await browser.get(f"/link/{token}")
        answer = await browser.post(f"/link/{token}", {"password": password, "again": again})
        assert answer.status == 422
        assert (await browser.get(f"/link/{token}")).status == 200


async def test_first_start_makes_an_administrator_once(room: WebRoom) -> None:
    await _without_staff(room)
    first, second = await _first_token(room), await _first_token(room)
    assert first
    assert second
    async with room.browser() as browser:
        page = await browser.get(f"/link/{first}")
        assert "administrator" in page.text
        form = {"email": " Ada@Example.com ", "display_name": "Ada", **NEW}
        assert (await browser.post(f"/link/{first}", form)).status == 303
        assert "ada@example.com" in (await browser.get("/staff")).text
        # The other start's link, and a new start, find the hub set up.
        assert (await browser.get(f"/link/{second}")).status == 404
        assert await _first_token(room) is None


async def test_two_first_administrators_at_once_become_one(room: WebRoom) -> None:
    await _without_staff(room)
    tokens = [await _first_token(room), await _first_token(room)]

    async def take(browser: Browser, token: str | None, name: str) -> int:
        await browser.get(f"/link/{token}")
        form = {"email": f"{name}@example.com", "display_name": name, **NEW}
        return (await browser.post(f"/link/{token}", form)).status

    async with room.browser() as one, room.browser() as two:
        statuses = await asyncio.gather(take(one, tokens[0], "ada"), take(two, tokens[1], "bob"))
        assert sorted(statuses) == [303, 404]


async def test_invited_agent_chooses_a_password_and_is_in(room: WebRoom) -> None:
    async with room.browser("admin") as admin, room.browser() as browser:
        form = {"email": "new@hub.test", "display_name": "New", "role": "agent"}
        shown = await admin.post("/staff", form, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil" not in shown.text
        link = re.search(r"http://hub\.test(/link/[\w-]+)", shown.text)
        assert link
        assert (await browser.sign_in("new@hub.test", "")).status == 401
        await browser.get(link[1])
        assert (await browser.post(link[1], {"display_name": "New Name", **NEW})).status == 303
        assert "New Name" in (await browser.get("/profile")).text
        assert (await browser.get("/staff")).status == 403


async def test_link_of_somebody_shut_out_is_not_found(room: WebRoom) -> None:
    token = await _link(room)
    async with room.browser("admin") as admin, room.browser() as browser:
        await admin.post(f"/staff/{room.ids['agent']}/disable")
        assert (await browser.get(f"/link/{token}")).status == 404


async def test_same_address_is_invited_once(small: WebRoom) -> None:
    async with small.browser("admin") as admin:
        form = {"email": "AGENT@hub.test", "display_name": "Again", "role": "admin"}
        assert (await admin.post("/staff", form)).status == 422


@pytest.mark.parametrize("act", ["role", "disable"])
async def test_last_administrator_stays(room: WebRoom, act: str) -> None:
    async with room.browser("admin") as admin:
        answer = await admin.post(f"/staff/{room.ids['admin']}/{act}", {"role": "agent"})
        assert answer.status == 422
        assert "last administrator" in answer.text
        assert (await admin.get("/staff")).status == 200
