"""Forged requests: other sites' forms, JSON in a form's clothes, tokens of others."""

from __future__ import annotations

import pytest

from tests.web_room import PASSWORD, WebRoom

PROFILE = {"display_name": "Changed", "language": "", "time_zone": "", "signature": ""}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://hub.test.evil.example"},
        {"Origin": "http://[broken"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/profile", "/sign-in"])
@pytest.mark.security_row(27)
async def test_post_of_another_site_is_refused(small: WebRoom, path: str, headers: dict[str, str]) -> None:
    async with small.browser("agent") as browser:
        form = {**PROFILE, "email": "agent@hub.test", "password": PASSWORD}
        assert (await browser.post(path, form, headers=headers)).status == 403
        assert "Changed" not in (await browser.get("/profile")).text


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "http://hub.test"}, {"Sec-Fetch-Site": "same-origin"}], ids=str
)
async def test_post_of_our_own_page_is_taken(small: WebRoom, headers: dict[str, str]) -> None:
    async with small.browser("agent") as browser:
        assert (await browser.post("/profile", PROFILE, headers=headers)).status == 303
        assert "Changed" in (await browser.get("/profile")).text


@pytest.mark.parametrize("token", ["", "x", "ü" * 43, None], ids=["empty", "wrong", "not ascii", "absent"])
async def test_form_without_its_token_is_refused(small: WebRoom, token: str | None) -> None:
    async with small.browser("agent") as browser:
        form = {**PROFILE, **({"csrf": token} if token is not None else {})}
        assert (await browser.ask("POST", "/profile", data=form)).status == 403


async def test_token_of_another_session_is_refused(small: WebRoom) -> None:
    async with small.browser("agent") as agent, small.browser("viewer") as viewer:
        assert (await agent.post("/profile", {**PROFILE, "csrf": viewer.token})).status == 403


async def test_token_in_the_header_counts_as_in_the_form(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        headers = {"X-CSRF-Token": browser.token}
        assert (await browser.ask("POST", "/profile", data=PROFILE, headers=headers)).status == 303


async def test_sign_in_form_of_another_browser_is_refused(small: WebRoom) -> None:
    async with small.browser() as here, small.browser() as elsewhere:
        await here.get("/sign-in")
        await elsewhere.get("/sign-in")
        form = {"email": "agent@hub.test", "password": PASSWORD, "csrf": elsewhere.token}
        assert (await here.ask("POST", "/sign-in", data=form)).status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.security_row(27)
async def test_api_takes_no_json_that_a_foreign_form_could_send(small: WebRoom, kind: str) -> None:
    token = await small.token("agent")
    async with small.browser() as browser:
        sent = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        assert (await browser.ask("POST", "/api/echo", data=b"{}", headers=sent)).status == 403
        sent["Content-Type"] = "application/json"
        assert (await browser.ask("POST", "/api/echo", data=b"{}", headers=sent)).status == 200


async def test_api_knows_no_cookies(small: WebRoom) -> None:
    async with small.browser("admin") as browser:
        sent = {"Content-Type": "application/json"}
        answer = await browser.ask("POST", "/api/echo", data=b"{}", headers=sent)
        assert (answer.status, "application/json") == (401, answer.headers["Content-Type"].partition(";")[0])


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer x", "Basic {}", "bearer  {} x"], ids=str)
async def test_api_refuses_what_is_no_token(small: WebRoom, sent: str) -> None:
    token = await small.token("agent")
    async with small.browser() as browser:
        headers = {"Authorization": sent.format(token)}
        assert (await browser.get("/api/echo", headers=headers)).status == 401


async def test_token_ends_with_its_owner_and_never_exceeds_them(small: WebRoom) -> None:
    token = await small.token("agent")
    headers = {"Authorization": f"Bearer {token}"}
    async with small.browser("admin") as admin, small.browser() as program:
        assert (await program.get("/api/echo", headers=headers)).text == "agent"
        await admin.post(f"/staff/{small.ids['agent']}/role", {"role": "viewer"})
        assert (await program.get("/api/echo", headers=headers)).status == 401
        await admin.post(f"/staff/{small.ids['agent']}/role", {"role": "agent"})
        assert (await program.get("/api/echo", headers=headers)).status == 200
        await admin.post(f"/staff/{small.ids['agent']}/disable")
        assert (await program.get("/api/echo", headers=headers)).status == 401


async def test_token_calls_at_most_600_times_a_minute(small: WebRoom) -> None:
    headers = {"Authorization": f"Bearer {await small.token('agent')}"}
    async with small.browser() as program:
        for _ in range(600):
            assert (await program.get("/api/echo", headers=headers)).status == 200
        refused = await program.get("/api/echo", headers=headers)
        assert refused.status == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 61
        small.clock.advance(minutes=1)
        assert (await program.get("/api/echo", headers=headers)).status == 200


async def test_token_page_shows_a_token_once_and_keeps_its_digest(small: WebRoom) -> None:
    async with small.browser("admin") as admin:
        made = await admin.post("/tokens", {"name": "Shop", "role": "agent"})
        token = made.text.partition('value="hub_')[2].partition('"')[0]
        assert len(token) >= 43
        listed = await admin.get("/tokens")
        assert "Shop" in listed.text
        assert token not in listed.text
        ended = listed.text.partition('action="/tokens/')[2].partition("/")[0]
        assert (await admin.post(f"/tokens/{ended}/end")).status == 303
        assert (await admin.post(f"/tokens/{ended}/end")).status == 404
