"""What goes wrong becomes an answer: JSON for programs, text for providers, a page for people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from hub.model import errors
from hub.model.errors import HubError
from hub.store.session import open_database
from hub.web import app as web_app
from hub.web.auth import public
from hub.web.errors import NotAcceptable, NotSignedIn, TooMany
from tests.web_room import Clock, WebRoom, services_for, web_room

CASES: list[tuple[HubError, int]] = [
    (errors.NotFound("gone"), 404),
    (errors.NotAllowed("no"), 403),
    (errors.NotAuthentic("no"), 403),
    (errors.Refused("wrong", field="email", next_step="Mend it."), 422),
    (errors.TooLarge("big"), 413),
    (errors.Unreadable("odd"), 422),
    (errors.Unavailable("down"), 503),
    (errors.ConfigurationError("odd"), 500),
    (errors.Temporary("later"), 500),
    (NotSignedIn("who"), 401),
    (TooMany("slow down", retry_after=12.3), 429),
    (NotAcceptable("slow", status=408), 408),
]
_raised: dict[str, Exception] = {}


@public
async def _fail(request: web.Request) -> web.Response:
    raise _raised[request.match_info["case"]]


def _routes() -> list[web.RouteDef]:
    return [web.get(f"{start}fail/{{case}}", _fail) for start in ("/", "/api/", "/hooks/a/")]


@pytest.fixture
async def failing(sqlite_store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebRoom]:
    """A web room with routes that fail as told."""
    monkeypatch.setattr(web_app, "ROUTES", (*web_app.ROUTES, _routes))
    database = open_database(sqlite_store_url)
    await database.open()
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock), clock) as room:
        yield room
    await database.close()


@pytest.mark.parametrize(("error", "status"), CASES, ids=[type(error).__name__ for error, _ in CASES])
async def test_error_says_what_happened_to_each_reader(failing: WebRoom, error: HubError, status: int) -> None:
    _raised["case"] = error
    async with failing.browser() as browser:
        page = await browser.get("/fail/case")
        program = await browser.get("/api/fail/case")
        provider = await browser.get("/hooks/a/fail/case")
        assert (page.status, program.status, provider.status) == (status, status, status)
        assert f"<strong>{error.message}</strong>" in page.text
        assert f'"code":"{error.code}","message":"{error.message}"' in program.text
        assert provider.text.startswith(error.message)
        assert ("Retry-After" in page.headers) == (status in (429, 503))
        assert ('"field":"email"' in program.text) == (getattr(error, "field", "") == "email")


async def test_unexpected_failure_tells_a_number_and_nothing_of_itself(
    failing: WebRoom, caplog: pytest.LogCaptureFixture
) -> None:
    _raised["case"] = ValueError("the password is hunter22")
    async with failing.browser() as browser:
        for path in ("/fail/case", "/api/fail/case", "/hooks/a/fail/case"):
            answer = await browser.get(path)
            assert answer.status == 500
            assert "hunter22" not in answer.text
            assert answer.headers["X-Request-ID"] in answer.text
    assert "hunter22" in caplog.text


async def test_message_of_an_error_is_text_on_a_page(failing: WebRoom) -> None:
    _raised["case"] = errors.NotFound("<script>alert(1)</script>", next_step="<b>x</b>")
    async with failing.browser() as browser:
        text = (await browser.get("/fail/case")).text
        assert "<script>alert" not in text
        assert "<b>x" not in text


async def test_htmx_gets_the_problem_without_the_page(failing: WebRoom) -> None:
    _raised["case"] = errors.NotFound("gone")
    async with failing.browser() as browser:
        answer = await browser.get("/fail/case", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        assert answer.text.strip().startswith("<article")


async def test_unknown_address_and_wrong_method_are_answered_in_kind(failing: WebRoom) -> None:
    async with failing.browser() as browser:
        assert (await browser.get("/nothing")).status == 404
        api = await browser.get("/api/nothing")
        assert (api.status, '"code":"not_found"' in api.text) == (404, True)
        wrong = await browser.ask("DELETE", "/sign-in")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD,POST")
