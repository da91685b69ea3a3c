"""security.md row 25: an evil Host or X-Forwarded-Host reaches no link, no signature and no webhook."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context
from channels.voice import TwilioVoice
from hub.config import ChannelSettings
from hub.sandbox.twilio.webhooks import Webhooks
from hub.store import public_address
from hub.store.session import open_database
from tests.starting import start_with
from tests.web_room import Browser, Clock, WebRoom, services_for, web_room

EVIL = "evil.example"
HEADERS = (
    f"Host: {EVIL}",
    "X-Forwarded-Host: " + EVIL,
    "X-Forwarded-Proto: https",
    "X-Forwarded-For: 203.0.113.9",
    f"Forwarded: for=203.0.113.9;host={EVIL};proto=https",
    f"X-Host: {EVIL}",
    f"X-Original-URL: http://{EVIL}/",
)
TOKEN = "voice-token"


async def raw(room: WebRoom, method: str, target: str, body: str = "", *more: str) -> str:
    """Sends a request over a raw socket, with every header that names another host; returns the whole answer."""
    head = [f"{method} {target} HTTP/1.1", *HEADERS, "Accept: text/html", "Connection: close", *more]
    if method == "POST":
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    reader, writer = await asyncio.open_connection("127.0.0.1", room.server.port)
    writer.write(("\r\n".join(head) + "\r\n\r\n" + body).encode())
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    return answer


def cookie(browser: Browser) -> str:
    return "Cookie: " + "; ".join(f"{each.key}={each.value}" for each in browser.http.cookie_jar)


@pytest.mark.parametrize("act", ["reset", "invitation"])
@pytest.mark.security_row(25)
async def test_one_time_links_name_the_configured_address_only(room: WebRoom, act: str) -> None:
    async with room.browser("admin") as admin:
        path = f"/staff/{room.ids['agent']}/link" if act == "reset" else "/staff"
        body = f"csrf={admin.token}&email=new@hub.test&display_name=New&role=agent"
        answer = await raw(room, "POST", path, body, cookie(admin))
    assert answer.startswith("HTTP/1.1 200"), answer[:300]
    assert re.search(r"http://hub\.test/link/[\w-]+", answer)
    assert EVIL not in answer


@pytest.mark.security_row(25)
async def test_pages_redirects_and_the_api_description_name_nobody_elses_host(room: WebRoom) -> None:
    async with room.browser("admin") as admin:
        for path in ("/", "/staff", "/forms", "/channels", "/profile"):
            answer = await raw(room, "GET", path, "", cookie(admin))
            assert answer.startswith("HTTP/1.1 200"), (path, answer[:200])
            assert EVIL not in answer, path
        signed_out = await raw(room, "POST", "/sign-out", f"csrf={admin.token}", cookie(admin))
        assert signed_out.startswith("HTTP/1.1 303")
        assert EVIL not in signed_out
    described = await raw(room, "GET", "/api/v1/openapi.json")
    assert "http://hub.test/api/v1" in described
    assert EVIL not in described


@pytest.mark.security_row(25)
async def test_hosted_forms_and_their_thanks_name_nobody_elses_host(room: WebRoom) -> None:
    now = room.clock()
    await room.services.database.write(lambda conn, _: start_with(conn, now, "forms/"), None)
    shown = await raw(room, "GET", "/f/contact")
    assert shown.startswith("HTTP/1.1 200")
    assert EVIL not in shown
    answer = await raw(room, "POST", "/f/contact", "name=x")
    assert EVIL not in answer
    assert EVIL not in await raw(room, "GET", "/f/contact/thanks")


@pytest.mark.security_row(25)
async def test_webhooks_are_verified_and_answered_by_the_configured_address_only(
    sqlite_store_url: str, tmp_path: Path
) -> None:
    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    settings = {"account_sid": "AC" + "0" * 32, "auth_tokens": [TOKEN], "from_number": "+14155550100"}
    voice = TwilioVoice("phone", settings, Context(public_url="https://hub.example.com"))
    services = services_for(database, tmp_path, clock, public_url="https://hub.example.com", channels={"phone": voice})
    section = ChannelSettings(name="phone", adapter="channels.voice:TwilioVoice", mode="live", settings=settings)
    services = replace(services, settings=services.settings.model_copy(update={"channels": {"phone": section}}))
    form = [("CallSid", "CA" + "1" * 32), ("From", "+14155550123"), ("To", "+14155550100"), ("CallStatus", "ringing")]
    async with web_room(services, clock) as room:
        body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in form)
        for base, status in ((f"https://{EVIL}", 403), ("https://hub.example.com", 200)):
            signature = _signed(f"{base}/hooks/phone/call", form)
            answer = await raw(room, "POST", "/hooks/phone/call", body, f"X-Twilio-Signature: {signature}")
            assert answer.startswith(f"HTTP/1.1 {status}"), answer[:300]
            assert EVIL not in answer
        assert 'action="https://hub.example.com/hooks/phone/voicemail' in answer
        assert 'recordingStatusCallback="https://hub.example.com/hooks/phone/recording' in answer
    await database.close()


def _signed(url: str, form: list[tuple[str, str]]) -> str:
    from multidict import MultiDict

    return str(Webhooks(TOKEN)._validator.compute_signature(url, MultiDict(form)))


async def _asks(room: WebRoom, *headers: str) -> dict[str, Any]:
    async with room.browser("admin") as admin:
        head = ["GET /address HTTP/1.1", *headers, "Connection: close", cookie(admin)]
        reader, writer = await asyncio.open_connection("127.0.0.1", room.server.port)
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
        answer = (await reader.read()).decode()
        writer.close()
    kept = await room.services.database.read(lambda conn, _: public_address.proposed(conn), None)
    return {"page": answer, "proposed": kept, "public_url": room.services.public_url}


@pytest.mark.parametrize(
    ("headers", "proposed"),
    [
        (("Host: hub.example.com",), "http://hub.example.com"),
        (("Host: HUB.example.com:8443",), "http://hub.example.com:8443"),
        (("Host: 127.0.0.1:8080",), ""),
        (('Host: x"><script>',), ""),
        (("Host: hub.example.com", "X-Forwarded-Host: evil.example"), "http://hub.example.com"),
    ],
    ids=["name", "port", "this machine", "no host", "untrusted proxy"],
)
async def test_the_administrators_first_request_proposes_and_nothing_uses_it(
    room: WebRoom, headers: tuple[str, ...], proposed: str
) -> None:
    found = await _asks(room, *headers)
    assert found["proposed"] == proposed
    assert found["public_url"] == "http://hub.test"
    assert ('value="' + proposed + '"' in found["page"]) or not proposed
    assert ("speaks for you" in found["page"]) == (len(headers) > 1)


async def test_only_a_trusted_proxys_word_is_proposed(sqlite_store_url: str, tmp_path: Path) -> None:
    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    services = services_for(database, tmp_path, clock)
    hub = services.settings.hub.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
    services = replace(services, settings=services.settings.model_copy(update={"hub": hub}))
    async with web_room(services, clock) as room:
        said = ("Host: 10.0.0.1", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")
        found = await _asks(room, *said, "X-Forwarded-Host: evil.example, hub.example.com")
        assert found["proposed"] == "https://hub.example.com"
        assert "speaks for you" not in found["page"]
    await database.close()


async def test_an_agents_request_proposes_nothing(room: WebRoom) -> None:
    async with room.browser("agent") as agent:
        await raw(room, "GET", "/", "", cookie(agent))
    assert await room.services.database.read(lambda conn, _: public_address.proposed(conn), None) == ""
