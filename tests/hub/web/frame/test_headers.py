"""What every answer tells browsers, who is believed about an address, and how files are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.store.session import Database
from hub.web.guard import networks
from tests.web_room import Clock, WebRoom, services_for, web_room

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize("path", ["/sign-in", "/profile", "/nothing", "/healthz", "/hooks/x/y", "/api/v1/nothing"])
async def test_every_answer_carries_the_policy(small: WebRoom, path: str) -> None:
    async with small.browser() as browser:
        headers = (await browser.get(path)).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Server"] == "hub"
        assert "Strict-Transport-Security" not in headers


async def test_pages_vary_by_what_htmx_asks(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        assert "HX-Request" in (await browser.get("/profile")).headers["Vary"]


async def test_no_page_has_script_or_style_within(small: WebRoom) -> None:
    async with small.browser("admin") as browser:
        for path in ("/sign-in", "/profile", "/staff", "/tokens", "/audit", "/nothing"):
            text = (await browser.get(path)).text
            assert "<style" not in text
            assert " style=" not in text
            assert " onclick=" not in text
            assert "<script>" not in text


async def test_files_are_kept_for_ever_under_their_hash(small: WebRoom) -> None:
    async with small.browser() as browser:
        page = await browser.get("/sign-in")
        address = page.text.partition('href="/static/hub.css')[2].partition('"')[0]
        kept = await browser.get(f"/static/hub.css{address}")
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert kept.headers["Content-Type"] == "text/css; charset=utf-8"
        again = await browser.get("/static/hub.css", headers={"If-None-Match": kept.headers["ETag"]})
        assert (again.status, again.headers["Cache-Control"]) == (304, "public, no-cache")


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "vendor/VENDOR.md", "vendor", "/etc/x"])
async def test_no_other_file_is_served(small: WebRoom, name: str) -> None:
    async with small.browser() as browser:
        assert (await browser.get(f"/static/{name}")).status == 404


@pytest.mark.parametrize(
    ("trusted", "sent", "counted"),
    [
        ((), "203.0.113.7", 1),
        (("127.0.0.1",), "203.0.113.7", 20),
        (("127.0.0.0/8", "10.0.0.0/8"), "203.0.113.7, 10.1.2.3", 20),
    ],
    ids=["nobody trusted", "the proxy", "a chain"],
)
async def test_forwarded_address_is_believed_of_trusted_proxies_alone(
    sqlite_store_url: str, tmp_path: Path, trusted: tuple[str, ...], sent: str, counted: int
) -> None:
    from hub.store.session import open_database

    database: Database = open_database(sqlite_store_url)
    await database.open()
    clock = Clock()
    services = services_for(database, tmp_path, clock, settings=_trusting(tmp_path, trusted))
    async with web_room(services, clock) as room, room.browser() as browser:
        await browser.get("/sign-in")
        refused = 0
        for number in range(21):
            last = sent.replace(".7", f".{number}")
            form = {"email": f"n{number}@hub.test", "password": "x"}
            answer = await browser.post("/sign-in", form, headers={"X-Forwarded-For": last})
            refused += answer.status == 429
        # Where the header is believed each try has an address of its own; else they are one, and the 21st is too much.
        assert refused == (1 if counted == 1 else 0)
    await database.close()


def _trusting(folder: Path, trusted: tuple[str, ...]) -> Settings:
    from tests.web_room import test_settings

    settings = test_settings(folder)
    return settings.model_copy(update={"hub": settings.hub.model_copy(update={"trusted_proxies": trusted})})


def test_proxy_that_is_no_address_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        networks(["the proxy"])


async def test_theme_is_kept_in_the_browser(small: WebRoom) -> None:
    async with small.browser() as browser:
        await browser.get("/sign-in")
        answer = await browser.post("/theme", {"theme": "dark", "back": "/sign-in"})
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert 'data-theme="dark"' in (await browser.get("/sign-in")).text
        await browser.post("/theme", {"theme": "auto"})
        assert "data-theme" not in (await browser.get("/sign-in")).text
