"""A hub's API on a real socket, over each engine in turn, with channels that can send and read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
import pytest

from channels.base import Context
from channels.email_smtp import SmtpSender
from channels.maildir import Maildir
from hub.capture.incoming import Incoming
from hub.model.identity import Identity
from hub.store.customers import create_customer
from hub.store.session import Database
from tests import builders
from tests.web_room import Clock, WebRoom, services_for, web_room


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]
    raw: bytes = field(repr=False)

    @property
    def items(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.body
        items: list[dict[str, Any]] = self.body["items"]
        return items


@dataclass
class Api:
    """A caller of the API: one token a role."""

    room: WebRoom
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "admin",
        query: Mapping[str, Any] | list[tuple[str, Any]] | None = None,
        **headers: str,
    ) -> Answer:
        """Calls an operation; `role` empty: without a token. Headers are written with _ for -.

        The role `machine` has the token of this machine's own commands.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role:
            if role not in self.tokens:
                local = self.room.services.local_token
                self.tokens[role] = local if role == "machine" else await self.room.token(role)
            sent["Authorization"] = f"Bearer {self.tokens[role]}"
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else orjson.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        address = self.room.url(f"/api/v1{path}{'?' + urlencode(query, doseq=True) if query else ''}")
        async with self.http.request(method, address, data=data, headers=sent) as response:
            raw = await response.read()
            told = orjson.loads(raw) if response.content_type == "application/json" and raw else None
            return Answer(response.status, told, response.headers, raw)

    async def made(self, path: str, body: Any, **more: Any) -> dict[str, Any]:
        """Creates something and returns it."""
        answer = await self("POST", path, body, **more)
        assert answer.status == 201, answer.body
        told: dict[str, Any] = answer.body
        return told

    async def capture(self, *incoming: Incoming) -> None:
        """Lets contacts come in."""
        for each in incoming:
            await self.room.services.intake.submit(each)

    async def customer(self, *identities: str, **fields: str) -> int:
        """Makes a customer without the API."""
        held = [Identity.from_text(written) for written in identities]
        work = lambda conn, _: create_customer(conn, fields, held, builders.NOW)  # noqa: E731
        return await self.room.services.database.write(work, None)


@pytest.fixture
async def api(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    """The API of a hub that reads a Maildir and can send mail."""
    clock = Clock()
    lent = Context(public_url="http://hub.test", sandbox=True)
    channels = {
        "support_mail": Maildir(
            "support_mail", {"path": str(tmp_path / "mail"), "address": "support@example.com"}, lent
        ),
        "outgoing_mail": SmtpSender(
            "outgoing_mail",
            {"host": "127.0.0.1", "port": 9, "tls": "none", "from_address": "support@example.com"},
            lent,
        ),
    }
    services = services_for(database, tmp_path, clock, channels=channels, local_token="of this run only")
    async with web_room(services, clock) as room, aiohttp.ClientSession() as http:
        yield Api(room, http)
