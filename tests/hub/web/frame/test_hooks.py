"""Providers' requests over real sockets: proven, captured once, answered after the commit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest
from sqlalchemy import Connection, func, select
from twilio.request_validator import RequestValidator

from channels.base import Context
from channels.sms import TwilioSms
from hub.store.session import Database
from hub.store.tables import ArrivalRow, ChannelStateRow, InteractionRow
from hub.web.hooks import fields_of, flush
from tests.patience import SECONDS
from tests.servers.postgres import Postgres
from tests.web_room import Clock, WebRoom, services_for, web_room

TOKEN = "0123456789abcdef0123456789abcdef"
URL = "http://127.0.0.1:8080/hooks/main_number/text"
FORM = [
    ("MessageSid", "SM00000000000000000000000000000001"),
    ("From", "+14155550101"),
    ("To", "+14155550100"),
    ("Body", "Hello there"),
    ("NumMedia", "0"),
    ("Empty", ""),
]


def _channel() -> TwilioSms:
    settings = {"account_sid": "AC" + "0" * 32, "auth_tokens": TOKEN, "from_number": "+14155550100"}
    return TwilioSms("main_number", settings, Context(public_url="http://127.0.0.1:8080", sandbox=True))


@pytest.fixture
async def hooked(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room with a Twilio number."""
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock, channels={"main_number": _channel()}), clock) as room:
        yield room


def _signed(form: list[tuple[str, str]], url: str = URL) -> dict[str, str]:
    return {
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, dict(form)),
        "Content-Type": "application/x-www-form-urlencoded",
    }


async def _counts(room: WebRoom) -> tuple[int, int]:
    def count(conn: Connection, _arg: None) -> tuple[int, int]:
        return (
            conn.scalar(select(func.count()).select_from(ArrivalRow)) or 0,
            conn.scalar(select(func.count()).select_from(InteractionRow)) or 0,
        )

    return await room.services.database.read(count, None)


async def _send(room: WebRoom, form: list[tuple[str, str]], headers: dict[str, str], path: str = "") -> tuple[int, str]:
    async with aiohttp.ClientSession() as http:
        address = room.url(path or "/hooks/main_number/text")
        async with http.post(address, data=urlencode(form).encode(), headers=headers) as response:
            return response.status, await response.text()


async def test_signed_text_is_captured_and_answered_with_twiml(hooked: WebRoom) -> None:
    status, text = await _send(hooked, FORM, _signed(FORM))
    assert (status, text) == (200, '<?xml version="1.0" encoding="UTF-8"?><Response></Response>')
    assert await _counts(hooked) == (1, 1)


async def test_second_delivery_gets_the_same_answer_and_is_counted_once(hooked: WebRoom) -> None:
    stop = [("MessageSid", "SM2"), ("From", "+14155550101"), ("To", "+14155550100"), ("Body", "STOP")]
    answers = [await _send(hooked, stop, _signed(stop)) for _ in range(3)]
    answers += await asyncio.gather(*[_send(hooked, stop, _signed(stop)) for _ in range(20)])
    assert len(set(answers)) == 1
    assert "<Message>" in answers[0][1]
    assert await _counts(hooked) == (1, 1)


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (FORM, {}),
        (FORM, {"X-Twilio-Signature": "x" * 28}),
        (FORM, _signed(FORM, "http://evil.example/hooks/main_number/text")),
        ([*FORM, ("AddOns", "glued on")], _signed(FORM)),
        (FORM[:-1], _signed(FORM)),
        ([*FORM[:-1], ("Empty", " ")], _signed(FORM)),
    ],
    ids=["absent", "forged", "another host", "parameter glued on", "parameter left out", "empty one filled"],
)
@pytest.mark.security_row(19)
async def test_request_that_is_not_authentic_is_403_and_leaves_no_row(
    hooked: WebRoom, form: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    assert (await _send(hooked, form, sent))[0] == 403
    assert await _counts(hooked) == (0, 0)


async def test_refused_requests_are_counted_together(hooked: WebRoom) -> None:
    for _ in range(7):
        await _send(hooked, FORM, {"Content-Type": "application/x-www-form-urlencoded"})

    def forged(conn: Connection, _arg: None) -> list[int]:
        return list(conn.scalars(select(ChannelStateRow.forged)))

    assert await hooked.services.database.read(forged, None) == []
    await flush(hooked.server.app)
    await flush(hooked.server.app)
    assert await hooked.services.database.read(forged, None) == [7]


@pytest.mark.security_row(19)
async def test_host_and_forwarded_host_do_not_enter_what_is_verified(hooked: WebRoom) -> None:
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert (await _send(hooked, FORM, {**_signed(FORM), **evil}))[0] == 200


async def test_query_of_the_address_is_signed_too(hooked: WebRoom) -> None:
    query = "?m=12&x=a%20b+c&%D0%B0=1"
    assert (await _send(hooked, FORM, _signed(FORM, URL + query), f"/hooks/main_number/text{query}"))[0] == 200
    assert (await _send(hooked, FORM, _signed(FORM, URL + query), "/hooks/main_number/text?m=13"))[0] == 403


async def test_json_body_is_verified_over_its_raw_bytes(hooked: WebRoom) -> None:
    body = json.dumps({"any": "thing"}, indent=3).encode()
    validator = RequestValidator(TOKEN)
    url = f"{URL}?bodySHA256={__import__('hashlib').sha256(body).hexdigest()}"
    headers = {"X-Twilio-Signature": validator.compute_signature(url, {}), "Content-Type": "application/json"}
    path = url.removeprefix("http://127.0.0.1:8080")
    async with aiohttp.ClientSession() as http:
        async with http.post(hooked.url(path), data=body, headers=headers) as response:
            assert response.status == 200
        async with http.post(hooked.url(path), data=body + b" ", headers=headers) as response:
            assert response.status == 403
    # It names no text: it is kept, to be read again.
    assert (await _counts(hooked))[0] == 1


async def test_unreadable_request_is_kept_with_its_body(hooked: WebRoom) -> None:
    form = [("Nothing", "useful"), ("Text", "ünïcode")]
    assert (await _send(hooked, form, _signed(form)))[0] == 200

    def kept(conn: Connection, _arg: None) -> list[tuple[str, bytes]]:
        return [(row.state, row.raw) for row in conn.execute(select(ArrivalRow.state, ArrivalRow.raw))]

    assert await hooked.services.database.read(kept, None) == [("quarantined", urlencode(form).encode())]


async def test_multipart_fields_keep_their_order(hooked: WebRoom) -> None:
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in FORM:
        writer.append(value).set_content_disposition("form-data", name=name)
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(URL, dict(FORM))}
    async with (
        aiohttp.ClientSession() as http,
        http.post(hooked.url("/hooks/main_number/text"), data=writer, headers=headers) as response,
    ):
        assert response.status == 200
    assert await _counts(hooked) == (1, 1)


@pytest.mark.parametrize("path", ["/hooks/main_number/other", "/hooks/nothing/text", "/hooks/main_number/"])
async def test_unknown_hook_is_not_found(hooked: WebRoom, path: str) -> None:
    assert (await _send(hooked, FORM, _signed(FORM), path))[0] == 404


async def test_hook_is_not_called_by_get(hooked: WebRoom) -> None:
    async with hooked.browser() as browser:
        answer = await browser.get("/hooks/main_number/text")
        assert (answer.status, answer.headers["Content-Type"]) == (405, "text/plain; charset=utf-8")


async def test_database_down_is_503_at_once_and_works_again(
    postgres: Postgres, postgres_store_url: str, tmp_path: Path
) -> None:
    from hub.store.session import open_database

    database = open_database(postgres_store_url)
    await database.open()
    clock = Clock()
    services = services_for(database, tmp_path, clock, channels={"main_number": _channel()})
    async with web_room(services, clock) as room:
        postgres.stop()
        try:
            async with asyncio.timeout(SECONDS / 2):  # not when patience ends
                status, _text = await _send(room, FORM, _signed(FORM))
            assert status == 503
            async with room.browser() as browser:
                assert (await browser.get("/healthz")).status == 503
        finally:
            postgres.start()
        assert (await _send(room, FORM, _signed(FORM)))[0] == 200
        assert await _counts(room) == (1, 1)
    await database.close()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"&&", b"a", b"a=", b"=b", b"a=b=c", b"a=1&a=2&&b", b"a+b=c+d", b"a%20b=%2B1", b"%zz=%", b"%C5%99=%c5%99",
        b"a=%FF%C5", b"\xff=\xc5\x99", "ř=%C5ř%".encode(), b"a=1;b=2", urlencode(FORM).encode(),
    ],
)  # fmt: skip
def test_a_form_is_read_as_the_standard_library_reads_it(body: bytes) -> None:
    assert fields_of(body) == parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
