"""The sandbox page: who may, what it takes, what it shows, and that what it shows cannot harm."""

from __future__ import annotations

import io
import re
import wave
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from hub.sandbox.mailbox import SandboxMailbox
from tests.hub.sandbox_page.conftest import Played
from tests.web_room import Browser, Clock, WebRoom, services_for, web_room

ADA = {"name": "Ada Lovelace", "phone": "+14155550123", "address": "ada@example.com"}
HERE = f"/sandbox?{urlencode(ADA)}"


def mail(html: str = "", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "support@example.com", "ada@example.com", "Your offer"
    message["Message-ID"] = "<one@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("The plain text")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


async def post(browser: Browser, path: str, files: dict[str, tuple[str, str, bytes]] | None = None, **more: str) -> Any:
    """Sends a form of the page, with its files."""
    await browser.get(HERE)
    form = aiohttp.FormData()
    for name, value in {"csrf": browser.token, **ADA, **more}.items():
        form.add_field(name, value)
    for name, (filename, kind, content) in (files or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return await browser.ask("POST", path, data=form)


async def test_where_nothing_is_in_the_sandbox_the_page_says_so(sqlite_store_url: str, tmp_path: Path) -> None:
    from hub.store.session import open_database

    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    async with web_room(services_for(database, tmp_path, clock), clock) as room, room.browser("marketer") as staff:
        page = await staff.get("/sandbox")
        assert page.status == 200
        assert "Every channel is live" in page.text
        assert (await staff.post("/sandbox/text", {"body": "x"})).status == 404
    await database.close()


@pytest.mark.parametrize(("role", "status"), [("agent", 200), ("marketer", 200), ("viewer", 403), ("auditor", 403)])
async def test_who_works_may_play(played: Played, role: str, status: int) -> None:
    async with played.room.browser(role) as staff:
        assert (await staff.get("/sandbox")).status == status


@pytest.mark.parametrize(
    "person",
    [{"phone": "no number"}, {"address": "no address"}, {"name": "a\nb"}, {"phone": "+1415555012345678"}],
    ids=str,
)
async def test_somebody_who_cannot_be_is_refused(played: Played, person: dict[str, str]) -> None:
    async with played.room.browser("agent") as staff:
        assert (await staff.get(f"/sandbox?{urlencode({**ADA, **person})}")).status == 422


async def test_a_mail_reaches_the_mailbox_it_was_written_to_and_no_other(played: Played) -> None:
    async with played.room.browser("agent") as staff:
        form = {
            "mailbox": "sales_mail",
            "subject": "My fridge",
            "text": "It is broken.",
            "in_reply_to": "one@x.example",
        }
        answer = await post(staff, "/sandbox/mail", {"file": ("a.txt", "text/plain", b"hello")}, **form)
        assert answer.status == 303
    [raw] = played.box("sales_mail")
    assert b"In-Reply-To: <one@x.example>" in raw
    assert b"To: sales@example.com" in raw
    assert b"a.txt" in raw
    assert played.box("support_mail") == []


async def test_a_whole_mail_is_dropped_as_it_is(played: Played) -> None:
    raw = b"From: bob@example.com\r\nTo: support@example.com\r\nSubject: whole\r\n\r\nAs it is.\r\n"
    async with played.room.browser("agent") as staff:
        eml = {"eml": ("mail.eml", "message/rfc822", raw)}
        assert (await post(staff, "/sandbox/mail", eml, mailbox="support_mail")).status == 303
        assert (await post(staff, "/sandbox/mail", eml, mailbox="nobody")).status == 422
    assert played.box("support_mail") == [raw]


@pytest.mark.parametrize("subject", ["two\r\nBcc: eve@example.com", "two\nlines"])
async def test_a_subject_cannot_add_a_header(played: Played, subject: str) -> None:
    async with played.room.browser("agent") as staff:
        answer = await post(staff, "/sandbox/mail", mailbox="support_mail", subject=subject, text="x")
        assert answer.status == 422
    assert played.box("support_mail") == []


async def test_a_text_goes_to_a_number_in_the_sandbox_only(played: Played) -> None:
    async with played.room.browser("agent") as staff:
        picture = {"picture": ("p.png", "image/png", b"\x89PNG")}
        sent = await post(staff, "/sandbox/text", picture, number="+14155550100", body="Look <b>here</b>")
        assert sent.status == 303
        for wrong in ("+14155550199", "", "+1"):
            assert (await post(staff, "/sandbox/text", number=wrong, body="x")).status == 422
        page = (await staff.get(HERE)).text
        assert "Look &lt;b&gt;here&lt;/b&gt;" in page
        assert "image/png" in page


async def test_mails_are_shown_in_a_frame_that_runs_and_loads_nothing(played: Played) -> None:
    evil = '<p>Hello</p><script>alert(1)</script><img src="http://192.0.2.1/x.png" onerror="alert(1)">'
    await played.hub_sends(mail(evil), "ada@example.com")
    await played.hub_sends(mail(), "grace@example.org")
    async with played.room.browser("agent") as staff:
        page = (await staff.get(HERE)).text
        assert page.count('class="letter"') == 1
        assert "<script>alert" not in page
        frame = re.search(r'<iframe[^>]*sandbox="allow-popups"[^>]*src="([^"]+)"', page)
        assert frame is not None
        inside = await staff.get(frame[1])
        assert inside.status == 200
        assert "default-src 'none'" in inside.headers["Content-Security-Policy"]
        assert "Hello" in inside.text
        assert "<script" not in inside.text
        assert "192.0.2.1" not in inside.text
        for name in ("..%2f..%2fhub.key", "nobody", "x" * 300):
            assert (await staff.get(f"/sandbox/mails/{name}/html")).status == 404
    async with played.room.browser("viewer") as viewer:
        assert (await viewer.get(frame[1])).status == 404


async def test_looking_again_costs_nothing_while_nothing_came_and_ends(played: Played) -> None:
    async with played.room.browser("agent") as staff:
        page = (await staff.get(HERE)).text
        asked = [unescape(path) for path in re.findall(r'hx-get="([^"]+)"', page)]
        assert len(asked) == 2
        assert [(await staff.get(path)).status for path in asked] == [204, 204]
        await played.hub_sends(mail(), "ada@example.com")
        assert [(await staff.get(path)).status for path in asked] == [204, 200]
        played.room.clock.advance(minutes=11)
        last = await staff.get(asked[0])
        assert last.status == 200
        assert "hx-trigger" not in last.text
        assert "Look again" in last.text


async def test_one_click_unsubscribing_asks_this_hub_and_nobody_else(played: Played) -> None:
    heads = {"List_Unsubscribe": "<http://192.0.2.1/u/x>", "List_Unsubscribe_Post": "List-Unsubscribe=One-Click"}
    await played.hub_sends(mail(**heads), "ada@example.com")
    async with played.room.browser("agent") as staff:
        page = (await staff.get(HERE)).text
        found = re.search(r'name="mail" value="([^"]+)"', page)
        assert found is not None
        assert (await post(staff, "/sandbox/unsubscribe", mail=found[1])).status == 422


@pytest.mark.parametrize(
    ("form", "sound"),
    [
        ({"act": "press", "keys": "abc"}, None),
        ({"act": "press", "keys": ""}, None),
        ({"act": "speak", "seconds": "0"}, None),
        ({"act": "speak", "seconds": "99999"}, None),
        ({"act": "speak", "seconds": "3"}, ("x.ogg", "audio/ogg", b"OggS")),
    ],
    ids=["letters", "no keys", "no time", "too long", "another format"],
)
async def test_what_no_phone_can_do_is_refused(played: Played, form: dict[str, str], sound: Any) -> None:
    async with played.room.browser("agent") as staff:
        files = {"sound": sound} if sound else None
        assert (await post(staff, "/sandbox/call/CA1", files, **form)).status == 422


async def test_a_voicemail_is_as_long_as_its_sound(played: Played) -> None:
    from hub.web.pages.sandbox_call import _seconds
    from hub.web.sandbox_door import File

    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000 * 7))
    assert _seconds("2", File("v.wav", "audio/wav", made.getvalue())) == 7
    assert _seconds("2", File("v.mp3", "audio/mpeg", b"\xff\xfb")) == 2


async def test_the_first_mailbox_is_the_one_that_always_was(played: Played) -> None:
    SandboxMailbox(played.stand_ins.mail_folder).deliver(b"Subject: x\r\n\r\nx")
    assert len(played.box("support_mail")) == 1


async def test_the_switch_page_names_what_waits_and_switches_by_post_only(played: Played) -> None:
    room: WebRoom = played.room
    async with room.browser("admin") as admin:
        page = await admin.get("/channels/main_number/switch")
        assert page.status == 200
        assert "Nothing waits now" in page.text
        assert re.search(r'value="reminders" checked', page.text)
        assert (await admin.get("/channels/nothing/switch")).status == 404
        again = await admin.post("/channels/main_number/switch", {"mode": "sandbox"})
        assert again.status == 422
        done = await admin.post("/channels/main_number/switch", {"mode": "live", "waiting": "cancel"})
        assert done.status == 303
        assert "taking up the changed settings" in (await admin.get("/channels")).text
        audit = (await admin.get("/audit")).text
        assert "channel.switched" in audit
    async with room.browser("agent") as agent:
        assert (await agent.get("/channels/main_phone/switch")).status == 403
