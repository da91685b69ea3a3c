"""Signing in, sessions and their ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import extract_parameters
from sqlalchemy import Connection, select

from hub.config import PasswordHash
from hub.store import staff
from hub.store.session import open_database
from hub.store.tables import SessionRow, ThrottleRow
from hub.web.auth.passwords import Passwords
from hub.web.auth.sign_in import own_path
from tests.web_room import PASSWORD, Clock, WebRoom, services_for, web_room


def _session_cookie(browser_headers: object) -> str:
    return str(browser_headers).partition("hub=")[2].partition(";")[0]


async def test_right_password_starts_a_session_in_a_guarded_cookie(small: WebRoom) -> None:
    async with small.browser() as browser:
        answer = await browser.sign_in("agent@hub.test", PASSWORD)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = next(value for value in answer.headers.getall("Set-Cookie") if value.startswith("hub="))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert (await browser.get("/profile")).status == 200


async def test_only_a_digest_of_the_session_id_is_kept(room: WebRoom) -> None:
    async with room.browser() as browser:
        answer = await browser.sign_in("agent@hub.test", PASSWORD)
        sent = _session_cookie(answer.headers.getall("Set-Cookie"))

        def kept(conn: Connection, _arg: None) -> list[str]:
            return [str(row) for row in conn.execute(select(SessionRow.__table__))]

        rows = await room.services.database.read(kept, None)
        assert len(sent) >= 43
        assert rows
        assert not any(sent in row for row in rows)


@pytest.mark.parametrize(
    ("email", "password"),
    [("agent@hub.test", "wrong"), ("nobody@hub.test", PASSWORD), ("agent@hub.test", ""), ("", ""), ("a\x01", "\x01")],
    ids=["wrong password", "unknown address", "no password", "nothing", "control characters"],
)
async def test_refusals_of_a_sign_in_look_alike(small: WebRoom, email: str, password: str) -> None:
    async with small.browser() as browser:
        answer = await browser.sign_in(email, password)
        assert answer.status == 401
        assert "do not belong together" in answer.text


def test_unknown_address_costs_as_much_as_a_known_one() -> None:
    passwords = Passwords(PasswordHash(memory_kib=1024, time_cost=2, parallelism=3))
    assert extract_parameters(passwords._nobodys) == extract_parameters(passwords._hasher.hash("any"))


@pytest.mark.security_row(29)
async def test_200_sign_ins_at_once_are_counted_one_by_one(room: WebRoom) -> None:
    async with room.browser() as browser:
        await browser.get("/sign-in")
        form = {"email": "agent@hub.test", "password": "wrong", "csrf": browser.token}
        answers = await asyncio.gather(*[browser.ask("POST", "/sign-in", data=form) for _ in range(200)])
        statuses = Counter(answer.status for answer in answers)
        assert statuses == {401: 5, 429: 195}
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status == 429)

        def counted(conn: Connection, _arg: None) -> list[int]:
            return sorted(conn.scalars(select(ThrottleRow.count)))

        # The address let 20 through; of these the account let 5 through.
        assert await room.services.database.read(counted, None) == [20, 200]


async def test_address_is_throttled_over_many_accounts_and_let_in_later(small: WebRoom) -> None:
    async with small.browser() as browser:
        for number in range(20):
            assert (await browser.sign_in(f"nobody{number}@hub.test", "x")).status == 401
        assert (await browser.sign_in("agent@hub.test", PASSWORD)).status == 429
        small.clock.advance(minutes=15)
        assert (await browser.sign_in("agent@hub.test", PASSWORD)).status == 303


async def test_good_sign_ins_are_not_counted(small: WebRoom) -> None:
    for _ in range(7):
        async with small.browser("agent"):
            pass


@pytest.mark.security_row(28)
async def test_fixed_session_id_is_never_adopted(small: WebRoom) -> None:
    async with small.browser() as browser:
        browser.http.cookie_jar.update_cookies({"hub": "chosen-by-somebody-else"}, small.url("/"))
        answer = await browser.sign_in("agent@hub.test", PASSWORD)
        assert _session_cookie(answer.headers.getall("Set-Cookie")) not in ("", "chosen-by-somebody-else")


@pytest.mark.security_row(28)
async def test_session_id_changes_at_every_sign_in_and_the_old_one_ends(room: WebRoom) -> None:
    async with room.browser("agent") as browser, room.browser() as thief:
        old = next(cookie.value for cookie in browser.http.cookie_jar if cookie.key == "hub")
        await browser.sign_in("agent@hub.test", PASSWORD)
        thief.http.cookie_jar.update_cookies({"hub": old}, room.url("/"))
        assert (await thief.get("/profile")).status == 401
        assert (await browser.get("/profile")).status == 200


@pytest.mark.security_row(28)
async def test_password_change_ends_every_other_session(room: WebRoom) -> None:
    async with room.browser("agent") as here, room.browser("agent") as elsewhere:
        await here.get("/profile")
        answer = await here.post(
            "/profile/password", {"current": PASSWORD, "password": "a new long one", "again": "a new long one"}
        )
        assert answer.status == 303
        assert (await here.get("/profile")).status == 200
        assert (await elsewhere.get("/profile")).status == 401


@pytest.mark.parametrize("act", ["role", "disable"])
@pytest.mark.security_row(28)
async def test_role_change_and_shutting_out_end_sessions_at_once(room: WebRoom, act: str) -> None:
    async with room.browser("admin") as admin, room.browser("agent") as agent:
        answer = await admin.post(f"/staff/{room.ids['agent']}/{act}", {"role": "viewer"})
        assert answer.status == 303
        assert (await agent.get("/profile")).status == 401


async def test_session_ends_when_idle_and_after_its_longest_time(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        small.clock.advance(minutes=29)
        assert (await browser.get("/profile")).status == 200
        small.clock.advance(minutes=29)
        assert (await browser.get("/profile")).status == 200
        small.clock.advance(minutes=31)
        assert (await browser.get("/profile")).status == 401
    async with small.browser("agent") as browser:
        for _ in range(28):
            small.clock.advance(minutes=25)
            assert (await browser.get("/profile")).status == 200
        small.clock.advance(minutes=25)
        assert (await browser.get("/profile")).status == 401


async def test_signing_out_ends_the_session(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        old = next(cookie.value for cookie in browser.http.cookie_jar if cookie.key == "hub")
        assert (await browser.post("/sign-out")).status == 303
        browser.http.cookie_jar.update_cookies({"hub": old}, small.url("/"))
        assert (await browser.get("/profile")).status == 401


async def test_sign_in_leads_back_to_the_page_that_was_asked_for(small: WebRoom) -> None:
    async with small.browser() as browser:
        asked = await browser.get("/profile?a=1")
        assert asked.status == 401
        assert 'value="/profile?a=1"' in asked.text
        form = {"email": "agent@hub.test", "password": PASSWORD, "next": "/profile?a=1"}
        assert (await browser.post("/sign-in", form)).headers["Location"] == "/profile?a=1"


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "", "evil", "/sign-in"]
)
def test_sign_in_never_leads_elsewhere(path: str) -> None:
    assert own_path(path) == "/"


async def test_https_cookies_belong_to_this_host_alone(sqlite_store_url: str, tmp_path: Path) -> None:
    clock, database = Clock(), open_database(sqlite_store_url)
    await database.open()
    services = replace(services_for(database, tmp_path, clock), public_url="https://hub.test")
    async with web_room(services, clock) as room, room.browser() as browser:
        shown = await browser.get("/sign-in")
        cookie = shown.headers["Set-Cookie"]
        assert cookie.startswith("__Host-hub_visitor=")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Strict"))
        assert "Domain" not in cookie
        assert shown.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        sent = {"Cookie": cookie.partition(";")[0]}
        form = {"email": "agent@hub.test", "password": PASSWORD}
        answer = await browser.post("/sign-in", form, headers=sent)
        session = next(value for value in answer.headers.getall("Set-Cookie") if value.startswith("__Host-hub="))
        assert "Secure" in session
    await database.close()


async def test_password_made_at_another_cost_is_hashed_anew(small: WebRoom) -> None:
    weak = await Passwords(PasswordHash(memory_kib=16, time_cost=1, parallelism=1)).hash(PASSWORD)
    agent = small.ids["agent"]
    await small.services.database.write(lambda conn, who: staff.set_password(conn, who, weak), agent)
    async with small.browser("agent"):
        pass
    kept = await small.services.database.read(staff.password_of, agent)
    assert kept != weak
    assert extract_parameters(kept).memory_cost == 8


def test_tries_are_limited_as_promised() -> None:
    from hub.web.auth import sign_in

    promised = (5, 20, timedelta(minutes=15))
    assert promised == (sign_in.TRIES_PER_ACCOUNT, sign_in.TRIES_PER_ADDRESS, sign_in.WITHIN)
