"""Proving the public address: the hub fetches a word of its own through it, and says plainly why it could not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.store.keys import Keys
from hub.web.proving import prove
from tests.servers.certificate import write_certificate
from tests.servers.process import free_port
from tests.web_room import WebRoom

KEYS = Keys.of(b"k" * 32)
Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def elsewhere(answers: Answers, **more: object) -> AsyncIterator[str]:
    """Runs another server and yields its address."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answers)
    server = TestServer(app, scheme="https" if "ssl" in more else "http")
    await server.start_server(**more)
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def test_the_hub_finds_itself_and_another_hub_is_not_it(room: WebRoom) -> None:
    url = f"http://127.0.0.1:{room.server.port}"
    assert await prove(url, room.services.keys) == ""
    assert "not this hub" in await prove(url, Keys.of(b"x" * 32))


async def _redirect(request: web.Request) -> web.Response:
    raise web.HTTPMovedPermanently("https://other.example.com/")


async def _other(request: web.Request) -> web.Response:
    return web.Response(text="Welcome to nginx!")


async def _gateway(request: web.Request) -> web.Response:
    return web.Response(status=502, text="Bad Gateway")


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (_redirect, "https://other.example.com/"),
        (_other, "Something else answers"),
        (_gateway, "does not reach the hub"),
        (_endless, "Something else answers"),
    ],
    ids=["redirect", "another server", "proxy without the hub", "endless"],
)
@pytest.mark.security_row(24)
async def test_what_is_not_the_hub_is_said_in_words(answers: Answers, said: str) -> None:
    async with elsewhere(answers) as url, asyncio.timeout(60):
        assert said in await prove(url, KEYS)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"http://127.0.0.1:{free_port()}", "Nobody answers there"),
        ("http://no-such-name.invalid", "no DNS record"),
        ("http://127.0.0.1:1/a b", ""),
    ],
    ids=["nobody", "unknown name", "odd"],
)
async def test_what_cannot_be_reached_is_said_in_words(url: str, said: str) -> None:
    why = await prove(url, KEYS)
    assert why
    assert said in why


async def test_certificates_that_customers_would_refuse_are_told_apart(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    async with elsewhere(_other, ssl=context) as url:
        assert "self-signed" in await prove(url, KEYS)
        assert "not in HTTPS" not in await prove(url, KEYS)
    async with elsewhere(_other) as url:
        assert "not in HTTPS" in await prove(url.replace("http:", "https:"), KEYS)


@pytest.mark.parametrize("nonce", ["", "x", "0" * 31, "0" * 33, "G" * 32, "..%2f"])
async def test_only_a_nonce_is_answered(room: WebRoom, nonce: str) -> None:
    async with room.browser() as nobody:
        assert (await nobody.get(f"/.well-known/interaction-hub/{nonce}")).status == 404
        assert (await nobody.get(f"/.well-known/interaction-hub/{'0' * 32}")).status == 200
