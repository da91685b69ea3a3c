"""Pictures and recordings are fetched from Twilio, with credentials for Twilio alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from aiohttp import web

from channels.base import Context
from channels.sms import TwilioSms
from channels.twilio_wire.media import is_public
from hub.model.errors import Rejected, SendError, Temporary, Unavailable
from hub.sandbox.twilio import Media, TwilioEmulator

OURS, PHONE = "+14155550100", "+14155550142"
SID = "AC" + "0" * 32


async def read(channel: TwilioSms, url: str) -> bytes:
    return b"".join([chunk async for chunk in channel.fetch(url)])


@pytest.fixture
async def host() -> AsyncIterator[Any]:
    """A media host that answers as its path says and notes who signed in."""

    class Host:
        url = ""
        signed_in: ClassVar[list[bool]] = []
        asked: ClassVar[list[str]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        Host.signed_in.append("Authorization" in request.headers)
        what = request.match_info["what"]
        if what == "self":
            return web.Response(status=307, headers={"Location": "/m/bytes?signature=a%2Fb%2B%3d"})
        Host.asked.append(request.raw_path)
        if what == "bytes":
            return web.Response(body=b"x" * 200_000)
        if what == "loop":
            raise web.HTTPFound("/m/loop")
        if what == "away":
            raise web.HTTPFound(request.query["to"])
        return web.Response(status=int(what))

    app = web.Application()
    app.router.add_get("/m/{what}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    Host.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield Host
    await runner.cleanup()


@pytest.fixture
async def channel(offline_settings: dict[str, Any], host: Any) -> AsyncIterator[TwilioSms]:
    made = TwilioSms(
        "number", {**offline_settings, "base_url": host.url}, Context(public_url="https://hub.example.com")
    )
    yield made
    await made.close()


async def test_a_picture_is_streamed_with_credentials(hooks: Any, twilio: TwilioEmulator, sms: TwilioSms) -> None:
    await twilio.receive_text(PHONE, OURS, "", media=[Media("image/jpeg", b"J" * 300_000)])
    assert await read(sms, hooks.events[0].attachments[0].url) == b"J" * 300_000


async def test_a_redirect_within_twilio_is_followed(channel: TwilioSms, host: Any) -> None:
    assert await read(channel, f"{host.url}/m/self") == b"x" * 200_000
    assert all(host.signed_in)
    assert host.asked == ["/m/bytes?signature=a%2Fb%2B%3d"], "a signed address arrives as it was given"


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/m",
        "//evil.example/m",
        "/2010-04-01/relative",
        "file:///etc/passwd",
        "https://api.twilio.com@evil.example/m",
        "https://api.twilio.com.evil.example/m",
        "http://[::1/m",
        "",
    ],
)
@pytest.mark.security_row(24)
async def test_an_address_that_is_not_twilios_is_never_asked(offline_sms: TwilioSms, url: str) -> None:
    with pytest.raises(Rejected):
        await read(offline_sms, url)
    await offline_sms.close()


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:1/x",
        "https://127.0.0.1:1/x",
        "https://[::1]:1/x",
        "https://[::ffff:127.0.0.1]:1/x",
        "https://10.0.0.1/x",
        "http://example.com/x",
        "ftp://example.com/x",
        "https://user:pw@example.com/x",
    ],
)
@pytest.mark.security_row(24)
async def test_a_redirect_into_our_own_network_is_refused(channel: TwilioSms, host: Any, to: str) -> None:
    with pytest.raises(Rejected):
        async for _ in channel.fetch(f"{host.url}/m/away?to={to}"):
            pass


async def test_a_name_that_resolves_to_our_own_network_is_not_connected(channel: TwilioSms, host: Any) -> None:
    with pytest.raises(Temporary):
        await read(channel, f"{host.url}/m/away?to=https://localhost:1/x")


@pytest.mark.parametrize(
    ("what", "error"),
    [
        pytest.param("404", Rejected, id="gone"),
        pytest.param("410", Rejected, id="gone for good"),
        pytest.param("401", Unavailable, id="not signed in"),
        pytest.param("429", Temporary, id="too many"),
        pytest.param("503", Temporary, id="out of order"),
        pytest.param("loop", Rejected, id="redirects for ever"),
    ],
)
async def test_a_file_that_does_not_come_says_whether_to_try_again(
    channel: TwilioSms, host: Any, what: str, error: type[SendError]
) -> None:
    with pytest.raises(error):
        await read(channel, f"{host.url}/m/{what}")


async def test_a_recording_in_the_making_is_tried_again_a_deleted_one_is_gone(
    twilio: TwilioEmulator, voice: Any, hooks: Any
) -> None:
    await twilio.receive_call(PHONE, OURS, voicemail_seconds=2)
    (event,) = [event for event in hooks.events if event.recording]
    (recording,) = twilio.account.recordings.values()
    recording.status = "processing"
    with pytest.raises(Temporary, match="not ready"):
        await read(voice, event.recording.url)
    recording.status = "completed"
    assert (await read(voice, event.recording.url)).startswith(b"\xff\xfb")
    twilio.account.recordings.clear()
    with pytest.raises(Rejected):
        await read(voice, event.recording.url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("example.com", False),
    ],
)
@pytest.mark.security_row(24)
def test_only_addresses_on_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
