"""Bodies that are too large, too slow, in too many parts or packed, on every route."""

from __future__ import annotations

import asyncio
import gzip
import io
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from hub.web.body import SLOWEST_BYTES_PER_SECOND
from tests.patience import SECONDS
from tests.web_room import Browser, WebRoom

HUGE = 26_000_000
PATHS = ["/sign-in", "/profile", "/hooks/main_number/text", "/nothing", "/healthz", "/api/echo", "/test/stream"]


BOMB = gzip.compress(b"0" * 50_000_000, 1)


class LoopClock:
    """The time of the event loop, which stands still until it is moved: nothing that waits is too late before."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time()
        self._loop.time = lambda: self._now  # type: ignore[method-assign]

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._loop.call_soon(int)  # wakes the loop, which then looks at its timers


@pytest.fixture
async def loop_clock(small: WebRoom) -> LoopClock:
    return LoopClock()


async def _zeros(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b"0" * 65_536


def _multipart(count: int) -> aiohttp.MultipartWriter:
    writer = aiohttp.MultipartWriter("form-data")
    for number in range(count):
        writer.append("x").set_content_disposition("form-data", name=f"f{number}")
    return writer


async def _raw(room: WebRoom, head: str, body: bytes = b"", clock: LoopClock | None = None) -> int:
    """Sends a body byte by byte, one in a second, until there is an answer; returns its status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", room.server.port)
    writer.write(head.encode())
    answer = asyncio.create_task(reader.readline())
    rest = iter(body)
    while clock is not None and not answer.done():
        writer.write(bytes([byte for byte in [next(rest, None)] if byte is not None]))
        await asyncio.to_thread(time.sleep, 0.001)  # the loop's own clock stands still
        clock.advance(1)
    line = await answer
    writer.close()
    return int(line.split()[1])


async def _signed_in(browser: Browser) -> str:
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser.http.cookie_jar)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.security_row(20)
async def test_26_mb_announced_is_413_before_it_is_read(small: WebRoom, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: hub.test\r\nContent-Length: {HUGE}\r\nAccept: text/html\r\n\r\n"
    assert await _raw(small, head) == 413


@pytest.mark.parametrize("path", ["/sign-in", "/hooks/main_number/text", "/nothing", "/test/files"])
@pytest.mark.security_row(20)
async def test_26_mb_without_a_length_are_413(small: WebRoom, path: str) -> None:
    async with small.browser() as browser:
        try:
            answer = await browser.ask("POST", path, data=_zeros(HUGE))
        except aiohttp.ClientOSError:
            return  # the hub answered and hung up before the sender had done
        assert answer.status == 413


async def test_stream_stops_at_the_upload_limit(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        writer = aiohttp.MultipartWriter("form-data")
        writer.append(browser.token).set_content_disposition("form-data", name="csrf")
        part = writer.append(_zeros(HUGE), {"Content-Type": "text/csv"})
        part.set_content_disposition("form-data", name="file", filename="a.csv")
        try:
            answer = await browser.ask("POST", "/test/stream", data=writer)
        except aiohttp.ClientOSError:
            return
        assert answer.status == 413


async def test_stream_is_handed_on_as_it_comes(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        form = aiohttp.FormData()
        form.add_field("csrf", browser.token)
        form.add_field("title", "Spring")
        form.add_field("file", io.BytesIO(b"x" * 3_000_000), filename="a.csv", content_type="text/csv")
        answer = await browser.ask("POST", "/test/stream", data=form)
        assert answer.text == "title None text/plain 6\nfile a.csv text/csv 3000000"


@pytest.mark.parametrize("first", ["nothing", "wrong"])
async def test_stream_without_its_token_first_hands_nothing_on(small: WebRoom, first: str) -> None:
    async with small.browser("agent") as browser:
        form = aiohttp.FormData()
        if first == "wrong":
            form.add_field("csrf", "wrong")
        form.add_field("file", io.BytesIO(b"x"), filename="a.csv", content_type="text/csv")
        form.add_field("csrf", browser.token)
        assert (await browser.ask("POST", "/test/stream", data=form)).status == 403


@pytest.mark.parametrize("path", ["/sign-in", "/test/files", "/profile", "/test/stream"])
@pytest.mark.security_row(20)
async def test_2000_parts_are_refused(small: WebRoom, path: str) -> None:
    async with small.browser("agent") as browser:
        headers = {"X-CSRF-Token": browser.token}
        answer = await browser.ask("POST", path, data=_multipart(2_000), headers=headers)
        assert answer.status == 413


async def test_2000_fields_are_refused(small: WebRoom) -> None:
    async with small.browser() as browser:
        await browser.get("/sign-in")
        body = "&".join(f"f{number}=x" for number in range(2_000))
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await browser.ask("POST", "/sign-in", data=body, headers=sent)).status == 413
        assert (await browser.ask("POST", "/hooks/none/text", data=body, headers=sent)).status == 404


@pytest.mark.parametrize("path", ["/sign-in", "/profile", "/hooks/main_number/text", "/nothing", "/test/files"])
@pytest.mark.security_row(20)
async def test_byte_by_byte_is_408(small: WebRoom, loop_clock: LoopClock, path: str) -> None:
    async with small.browser("agent") as browser:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: hub.test\r\nContent-Length: 1000\r\nCookie: {await _signed_in(browser)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        assert await _raw(small, head, b"a=" + b"x" * 900, loop_clock) == 408


async def test_stream_byte_by_byte_is_408(small: WebRoom, loop_clock: LoopClock) -> None:
    async with small.browser("agent") as browser:
        start = (
            f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.token}\r\n'
            '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        )
        head = (
            f"POST /test/stream HTTP/1.1\r\nHost: hub.test\r\nContent-Length: 9000\r\n"
            f"Cookie: {await _signed_in(browser)}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n{start}"
        )
        assert await _raw(small, head, b"x" * 900, loop_clock) == 408


async def test_slow_but_steady_body_is_taken(small: WebRoom, loop_clock: LoopClock) -> None:
    async def steady() -> AsyncIterator[bytes]:
        yield b"email=a&password="
        for _ in range(6):
            await asyncio.to_thread(time.sleep, 0.01)  # what was sent before is read
            loop_clock.advance(0.45 * SECONDS)
            yield b"x" * int(0.5 * SECONDS * SLOWEST_BYTES_PER_SECOND)

    async with small.browser() as browser:
        await browser.get("/sign-in")
        sent = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": browser.token}
        assert (await browser.ask("POST", "/sign-in", data=steady(), headers=sent)).status == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "gzip, gzip"])
@pytest.mark.security_row(20)
async def test_packed_body_is_not_unpacked(small: WebRoom, path: str, packing: str) -> None:
    async with small.browser() as browser:
        sent = {"Content-Encoding": packing, "Content-Type": "application/x-www-form-urlencoded"}
        answer = await browser.ask("POST", path, data=BOMB, headers=sent)
        assert answer.status in (400, 415)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=klingon", b"a=1"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nno name\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\ncut off"),
        ("multipart/form-data; boundary=" + "b" * 300, b"--b"),
    ],
    ids=["unknown charset", "no boundary", "no name", "cut off", "endless boundary"],
)
async def test_broken_forms_are_refused_in_words(small: WebRoom, kind: str, body: bytes) -> None:
    async with small.browser() as browser:
        await browser.get("/sign-in")
        sent = {"Content-Type": kind, "X-CSRF-Token": browser.token}
        answer = await browser.ask("POST", "/sign-in", data=body, headers=sent)
        assert answer.status in (400, 401)


async def test_nul_reaches_no_database(small: WebRoom) -> None:
    async with small.browser("admin") as browser:
        assert (await browser.get("/audit?before=%00")).status == 400
        assert (await browser.get("/link/%00")).status == 404
        assert (await browser.post("/profile", {"display_name": "a\x00b"})).status == 400
        token = await small.token("agent")
        sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert (await browser.ask("POST", "/api/echo", data=b'{"a": "\\u0000"}', headers=sent)).status == 400
