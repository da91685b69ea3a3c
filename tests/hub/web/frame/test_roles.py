"""Every route with every role: who is not named may not, and nobody gets in unasked."""

from __future__ import annotations

import re
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import web

from hub.store.staff import ROLES
from hub.web.auth import ROLES as SAME_ROLES
from hub.web.auth import allow, public
from hub.web.auth.access import Access, Handler, access_of, check_declared
from tests.web_room import WebRoom


async def _silent(_request: web.Request) -> web.Response:
    return web.Response()


def test_route_that_declares_nothing_keeps_the_hub_from_starting() -> None:
    app = web.Application()
    app.add_routes([web.get("/open", public(_copy())), web.get("/silent", _silent)])
    with pytest.raises(RuntimeError, match="GET /silent"):
        check_declared(app.router)


def test_unknown_role_cannot_be_allowed() -> None:
    with pytest.raises(ValueError, match="known are viewer"):
        allow("boss")
    with pytest.raises(ValueError, match="known are"):
        allow()
    assert SAME_ROLES == ROLES


def _copy() -> Handler:
    # A new handler each time, since a mark stays on it.
    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    return handler


def _routes(room: WebRoom) -> Iterator[tuple[str, str, Access]]:
    for route in room.server.app.router.routes():
        access = access_of(route.handler)
        assert access is not None
        if access.kind == "staff" and route.method != "HEAD" and route.resource is not None:
            yield route.method, _filled(route.resource.canonical), access


def _filled(canonical: str) -> str:
    # The key of a draft is longer than any number.
    return re.sub(r"\{[^}]*\}", "999999999", canonical.replace("{draft}", "9" * 20))


async def _ask(
    http: aiohttp.ClientSession, room: WebRoom, method: str, path: str, token: str, api_token: str, cookie: str
) -> int:
    headers = {"Accept": "text/html", "Cookie": cookie}
    if path.startswith("/api/"):
        headers = {"Content-Type": "application/json"}
        if api_token:
            headers["Authorization"] = f"Bearer {api_token}"
        data: object = b"{}" if method != "GET" else None
    else:
        data = {"csrf": token} if method != "GET" else None
    async with http.request(method, room.url(path), headers=headers, data=data, allow_redirects=False) as response:
        return response.status


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
async def test_every_route_lets_in_whom_it_names_and_nobody_else(small: WebRoom, role: str) -> None:
    wrong = []
    walked = 0
    async with (
        small.browser("" if role == "nobody" else role) as browser,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        cookie = "; ".join(f"{each.key}={each.value}" for each in browser.http.cookie_jar)
        api_token = "" if role == "nobody" else await small.token(role)
        for method, path, access in _routes(small):
            if path == "/sign-out":
                continue
            status = await _ask(http, small, method, path, browser.token, api_token, cookie)
            walked += 1
            if role in access.roles:
                fits = status not in (401, 403) and (status < 500 or status == 503)
            elif access.hidden and not path.startswith("/api/"):
                fits = status == 404
            else:
                fits = status == (401 if role == "nobody" else 403)
            if not fits:
                wrong.append((method, path, status))
    assert walked >= 15
    assert wrong == []


@pytest.mark.security_row(7)
async def test_pages_that_change_something_are_not_opened_by_get(small: WebRoom) -> None:
    async with small.browser("admin") as admin:
        for path in ("/sign-out", "/staff/1/role", "/staff/1/disable", "/staff/1/link", "/tokens/1/end", "/theme"):
            answer = await admin.get(path)
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
