"""Files, recordings, mail HTML and raw payloads: handed out to keep, shown in a cage, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, insert, select, update

from channels.base import Raw, Request
from hub.model.contact import Attachment
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent
from hub.model.problem import Problem, Severity
from hub.store.tables import ArrivalRow, AttachmentRow
from tests.builders import mail
from tests.desk_world import World, take, with_files
from tests.web_room import WebRoom

SOUND = bytes(range(256)) * 8


async def attach(room: WebRoom, interaction: int, filename: str, content_type: str, content: bytes = SOUND) -> int:
    row = {
        "interaction_id": interaction, "position": 90, "filename": filename, "content_type": content_type,
        "size": len(content), "sha256": room.services.blobs.put(content), "state": "stored",
    }  # fmt: skip
    return await room.services.database.write(
        lambda conn, values: conn.execute(
            insert(AttachmentRow).values(**values).returning(AttachmentRow.id)
        ).scalar_one(),
        row,
    )


@pytest.mark.security_row(4)
async def test_an_attachment_is_saved_never_shown(room: WebRoom, world: World) -> None:
    number = await attach(room, world.mail, "../../x\u202e.html", "text/html", b"<script>alert(1)</script>")
    async with room.browser("viewer") as browser:
        answer = await browser.get(f"/attachments/{number}")
    assert answer.body == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "/" not in answer.headers["Content-Disposition"].partition("filename*")[0]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("", 200, SOUND, None),
        ("bytes=0-9", 206, SOUND[:10], "bytes 0-9/2048"),
        ("bytes=2040-", 206, SOUND[2040:], "bytes 2040-2047/2048"),
        ("bytes=-4", 206, SOUND[-4:], "bytes 2044-2047/2048"),
        ("bytes=2048-", 416, b"", "bytes */2048"),
        ("bytes=0-99999", 206, SOUND, "bytes 0-2047/2048"),
        ("bites=1", 416, b"", "bytes */2048"),
    ],
)
async def test_a_recording_is_played_in_parts(
    room: WebRoom, world: World, asked: str, status: int, body: bytes, told: str | None
) -> None:
    number = await attach(room, world.mail, "call.mp3", "audio/mpeg")
    async with room.browser("viewer") as browser:
        answer = await browser.get(f"/recordings/{number}", headers={"Range": asked} if asked else {})
    assert (answer.status, answer.body, answer.headers.get("Content-Range")) == (status, body, told)


async def test_only_sound_is_played(room: WebRoom, world: World) -> None:
    number = await attach(room, world.mail, "page.html", "text/html")
    async with room.browser("viewer") as browser:
        assert (await browser.get(f"/recordings/{number}")).status == 404


async def test_a_file_whose_bytes_are_lost_is_404(room: WebRoom, world: World) -> None:
    number = await attach(room, world.mail, "x.bin", "application/octet-stream")
    lost = room.services.blobs.put(SOUND)
    await asyncio.to_thread(room.services.blobs.remove, lost)
    async with room.browser("viewer") as browser:
        assert (await browser.get(f"/attachments/{number}")).status == 404


async def test_a_file_yet_to_be_fetched_is_404(room: WebRoom, world: World) -> None:
    number = await attach(room, world.mail, "x.bin", "application/octet-stream")

    def wait(conn: Connection, key: int) -> None:
        conn.execute(update(AttachmentRow).where(AttachmentRow.id == key).values(state="waiting", sha256=None))

    await room.services.database.write(wait, number)
    async with room.browser("viewer") as browser:
        assert (await browser.get(f"/attachments/{number}")).status == 404


async def test_mail_html_has_its_own_policy_and_shows_only_its_own_pictures(room: WebRoom, world: World) -> None:
    async with room.browser("viewer") as browser:
        answer = await browser.get(f"/interactions/{world.html_mail}/html")
        assert (await browser.get(f"/interactions/{world.mail}/html")).status == 404
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'src="data:image/png;base64,' in answer.text
    assert 'rel="noopener noreferrer nofollow"' in answer.text


async def test_a_remote_picture_is_left_out_and_told(room: WebRoom, world: World) -> None:
    html = '<p>x</p><img src="https://tracker.example/p.gif"><img src="cid:none">'
    contact = mail(id="remote", attachments=(Attachment(filename="a", content_type="text/plain", content=b"a"),))
    [number] = await take(room.services.database, with_files(room.services.blobs, contact, html=html))  # type: ignore[arg-type]
    async with room.browser("viewer") as browser:
        text = (await browser.get(f"/interactions/{number}/html")).text
    assert "tracker" not in text
    assert "Pictures from elsewhere are not loaded." in text


class Mended:
    """A channel whose reader has been mended since."""

    name = "support_mail"

    def __init__(self) -> None:
        self.broken = True

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> Sequence[Problem]:
        said = Problem(code="login", severity=Severity.ERROR, where=self.name, message="Refused.", mend="Change it.")
        return [said] if self.broken else []

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        if self.broken:
            raise Unreadable("Still no end.")
        return [mail("broken@example.com", "Now it reads", id="mended")]


async def test_what_could_not_be_read_is_tried_again(room: WebRoom, world: World) -> None:
    channel = Mended()
    services = replace(room.services, channels={**room.services.channels, "support_mail": channel})
    [number] = await services.database.read(
        lambda conn, _: conn.scalars(select(ArrivalRow.id).where(ArrivalRow.state == "quarantined")).all(), None
    )
    object.__setattr__(room.services, "channels", services.channels)
    async with room.browser("agent") as browser:
        page = (await browser.get("/unread")).text
        assert "The mail has no end." in page
        assert (await browser.get(f"/unread/{number}/raw")).body == b"Subject: broken"
        assert (await browser.post(f"/unread/{number}/retry")).status == 303
        assert "Still no end." in (await browser.get("/unread")).text
        channel.broken = False
        assert (await browser.post("/unread/retry")).status == 303
        assert "Everything could be read." in (await browser.get("/unread")).text
        assert "Now it reads" in (await browser.get("/inbox")).text
        assert (await browser.post(f"/unread/{number}/retry")).status == 404


async def test_a_channel_is_checked_and_resumed_by_an_administrator(room: WebRoom, world: World) -> None:
    channel = Mended()
    object.__setattr__(room.services, "channels", {**room.services.channels, "support_mail": channel})
    async with room.browser("admin") as browser:
        await browser.get("/channels")
        answer = await browser.post("/channels/support_mail/check")
        assert "Refused." in answer.text
        channel.broken = False
        assert "all is well" in (await browser.post("/channels/support_mail/check")).text
        assert (await browser.post("/channels/nothing/check")).status == 404
        assert (await browser.post("/channels/support_mail/resume")).status == 303
