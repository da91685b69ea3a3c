"""An imitated sign-in provider (OAuth 2.0) over real sockets: asks, exchanges, renews, refuses, is slow."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import web

from tests.servers.process import free_port

CLIENT_ID, CLIENT_SECRET = "hub-client", "hub-secret"


@dataclass
class AuthorisationServer:
    """One provider on loopback. `ended` refuses every refresh token; `down` answers 503; refresh tokens rotate.

    `posts` counts what the token endpoint was asked; `reused` refresh tokens that came a second time.
    """

    port: int = field(default_factory=free_port)
    account: str = "support@example.com"
    lasts: int = 3600
    slow_seconds: float = 0
    ended: bool = False
    down: bool = False
    approved: bool = False
    posts: list[str] = field(default_factory=list)
    reused: int = 0
    good: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refresh: str = ""
    _used: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def endpoints(self) -> dict[str, str]:
        base = f"http://127.0.0.1:{self.port}"
        return {name: f"{base}/{name}" for name in ("authorize", "token", "device")}

    @property
    def introspection(self) -> str:
        return f"http://127.0.0.1:{self.port}/introspect"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[AuthorisationServer]:
        app = web.Application()
        app.add_routes(
            [
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
                web.post("/device", self._device),
                web.post("/introspect", self._introspect),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield self
        finally:
            await runner.cleanup()

    def issue(self) -> dict[str, Any]:
        """Returns new tokens as the token endpoint does; the access tokens of before stay good."""
        access, self._refresh = f"access-{next(self._numbers)}", f"refresh-{next(self._numbers)}"
        self.good[access] = self.account
        return {
            "access_token": access,
            "refresh_token": self._refresh,
            "expires_in": self.lasts,
            "token_type": "Bearer",
            "scope": "mail",
            "id_token": _id_token({"email": self.account}),
        }

    def revoke_access(self) -> None:
        """Refuses every access token given so far; refresh tokens stay good."""
        self.good.clear()

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        code = f"code-{next(self._numbers)}"
        self._codes[code] = query
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return web.Response(status=302, headers={"Location": back})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.posts.append(form["grant_type"].rpartition(":")[2])
        if self.slow_seconds:
            await asyncio.sleep(self.slow_seconds)
        if self.down:
            return web.Response(status=503)
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return _refused("invalid_client", 401)
        match form["grant_type"].rpartition(":")[2]:
            case "authorization_code":
                asked = self._codes.pop(form["code"], None)
                fits = asked is not None and (asked["code_challenge"], asked["redirect_uri"]) == (
                    _challenge(form["code_verifier"]),
                    form["redirect_uri"],
                )
                return web.json_response(self.issue()) if fits else _refused("invalid_grant")
            case "refresh_token":
                return self._renewed(form["refresh_token"])
            case "device_code":
                return web.json_response(self.issue()) if self.approved else _refused("authorization_pending")
        return _refused("unsupported_grant_type")

    def _renewed(self, token: str) -> web.Response:
        if token in self._used:
            self.reused += 1
        if self.ended or token != self._refresh:
            return _refused("invalid_grant", why="Token has been expired or revoked.\r\nTrace ID: 1")
        self._used.add(token)
        return web.json_response(self.issue())

    async def _device(self, _request: web.Request) -> web.Response:
        told = {"device_code": "dev", "user_code": "ABC-DEF", "verification_uri": "https://example.com/device"}
        return web.json_response({**told, "interval": 1, "expires_in": 60})

    async def _introspect(self, request: web.Request) -> web.Response:
        token = str((await request.post()).get("token", ""))
        account = self.good.get(token)
        return web.json_response({"active": account is not None, "email": account or ""})


def _refused(error: str, status: int = 400, why: str = "") -> web.Response:
    return web.json_response({"error": error, "error_description": why}, status=status)


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _id_token(claims: dict[str, str]) -> str:
    body = urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
    return f"e30.{body}.c2ln"
