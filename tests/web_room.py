"""A web room on a real socket, with staff of every role, for the tests of pages, hooks and the API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from sqlalchemy import Connection
from yarl import URL

from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.config import HubSettings, Limits, PasswordHash, Settings, load
from hub.store import staff, tokens
from hub.store.blobs import FileBlobs
from hub.store.keys import Keys
from hub.store.session import Database
from hub.store.staff import ROLES
from hub.web.app import make_app
from hub.web.services import Services
from hub.web.sighted import Sighted
from tests.patience import PATIENT, SECONDS

PASSWORD = "correct horse battery"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **spans: float) -> None:
        self.at += timedelta(**spans)


@dataclass
class WebRoom:
    """A running web room. `ids` are the staff's by role; their addresses are `ROLE@hub.test`."""

    server: TestServer
    services: Services
    clock: Clock
    ids: Mapping[str, int] = field(default_factory=dict)

    def url(self, path: str) -> URL:
        """Returns the address of a path, not decoded or encoded again."""
        return URL(f"http://127.0.0.1:{self.server.port}{path}", encoded=True)

    @asynccontextmanager
    async def browser(self, role: str = "") -> AsyncIterator[Browser]:
        """A browser with cookies of its own, signed in as staff of a role, or as nobody."""
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Accept": "text/html"}
        ) as http:
            browser = Browser(self, http)
            if role:
                answer = await browser.sign_in(f"{role}@hub.test", PASSWORD)
                assert answer.status == 303, answer.text
            yield browser

    async def token(self, role: str) -> str:
        """Returns an API token of the staff member of a role."""

        def make(conn: Connection, role: str) -> str:
            return tokens.create(conn, f"test {role}", self.ids[role], role, self.clock())

        return await self.services.database.write(make, role)


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Any
    body: bytes

    @property
    def token(self) -> str:
        """Returns the form token of the page."""
        found = re.search(r'name="csrf" value="([^"]*)"', self.text)
        return found[1] if found else ""


@dataclass
class Browser:
    """Keeps cookies, sends the form token of the last page, and never follows a redirect by itself."""

    room: WebRoom
    http: aiohttp.ClientSession
    token: str = ""

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        """Sends a form as a page of ours does, with its token."""
        return await self.ask("POST", path, data={"csrf": self.token, **(data or {})}, **more)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        """Sends anything."""
        async with self.http.request(method, self.room.url(path), allow_redirects=False, **more) as response:
            body = await response.read()
            answer = Answer(response.status, body.decode("utf-8", "replace"), response.headers, body)
        self.token = answer.token or self.token
        return answer

    async def sign_in(self, email: str, password: str, **more: Any) -> Answer:
        """Signs in as a person does: the page, then its form; then the token of the signed-in pages is known."""
        await self.get("/sign-in")
        answer = await self.post("/sign-in", {"email": email, "password": password}, **more)
        if answer.status == 303:
            await self.get("/profile")
        return answer


def services_for(database: Database, folder: Path, clock: Clock, **more: Any) -> Services:
    """Returns the services of a web room over a database with the schema; `more` replaces some of them."""
    keys = Keys.of(b"k" * 32)
    blobs = FileBlobs(folder / "blobs")
    settings = test_settings(folder)
    services = Services(
        settings=settings,
        database=Sighted(database),
        blobs=blobs,
        intake=Intake(database, blobs, Capture(keys.consent)),
        channels={},
        keys=keys,
        public_url="http://hub.test",
        local_url="http://127.0.0.1:8080",
        clock=clock,
        nudge=lambda: None,
    )
    return replace(services, **more)


def test_settings(folder: Path, **sections: Any) -> Settings:
    """Returns the settings as they come, but patient, and with passwords that cost little."""
    cheap = PasswordHash(memory_kib=8, time_cost=1, parallelism=1)
    settings = load({"data": folder}, environment=PATIENT)
    return settings.model_copy(update={"password_hash": cheap, **sections})


test_settings.__test__ = False  # type: ignore[attr-defined]  # pytest takes any function of this name for a test


@asynccontextmanager
async def web_room(services: Services, clock: Clock, *, patience_seconds: float = SECONDS) -> AsyncIterator[WebRoom]:
    """Runs a web room and adds a staff member of every role."""
    server = TestServer(make_app(services, patience_seconds=patience_seconds))
    await server.start_server()
    room = WebRoom(server, services, clock)
    from hub.web.auth.passwords import PASSWORDS

    hashed = await server.app[PASSWORDS].hash(PASSWORD)

    def add(conn: Connection, kept: str) -> dict[str, int]:
        ids = {role: staff.invite(conn, f"{role}@hub.test", f"The {role}", role, clock()) for role in ROLES}
        for staff_id in ids.values():
            staff.set_password(conn, staff_id, kept)
        return ids

    room.ids = await services.database.write(add, hashed)
    try:
        yield room
    finally:
        await server.close()


__all__ = ["NOW", "PASSWORD", "Browser", "Clock", "HubSettings", "Limits", "WebRoom", "services_for", "web_room"]
