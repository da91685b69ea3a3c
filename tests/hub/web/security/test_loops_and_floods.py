"""Machines that answer machines, posts by the thousand, and hosts that are not ours in mails (rows 21, 25 and 30)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_string
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from channels.base import Context, Raw
from channels.maildir import Maildir
from channels.web_form import WebForm
from hub.store import throttle
from hub.store.tables import ConversationRow, InteractionRow, MessageRow, ThrottleRow
from hub.store.throttle import Try
from tests.hub.address.test_hosts import EVIL, cookie, raw
from tests.hub.web.promotions.test_campaigns import FIELDS
from tests.promoting import Promoting, promoting
from tests.starting import start_with
from tests.web_room import WebRoom

TYPED = {"name": "Ada Lovelace", "email": "ada@example.com", "message": "Call me"}


@pytest.fixture
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path) as running:
        yield running


async def _launched(shop: Promoting) -> list[str]:
    """Launches a campaign by requests that name another host; returns the mails."""
    async with shop.room.browser("marketer") as browser:
        await browser.get("/campaigns/new")
        campaign = (await browser.post("/campaigns", FIELDS)).headers["Location"]
        signed_in, token = cookie(browser), f"csrf={browser.token}"
        plan = await raw(shop.room, "POST", f"{campaign}/plan", token, signed_in)
        found = re.search(r'name="plan_hash" value="([^"]+)"', plan)
        assert found, plan
        assert EVIL not in plan
        done = await raw(shop.room, "POST", f"{campaign}/launch", f"{token}&plan_hash={found[1]}", signed_in)
        assert done.startswith("HTTP/1.1 303"), done[:300]
    await shop.tick()
    return shop.mails()


@pytest.mark.security_row(25)
async def test_links_in_mails_name_the_configured_address_only(shop: Promoting) -> None:
    mails = await _launched(shop)
    assert len(mails) == 2
    for mail in mails:
        message = message_from_string(mail)
        assert re.fullmatch(r"<http://hub\.test/u/[\w-]+>", message["List-Unsubscribe"].replace("\n ", "").strip())
        parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
        addresses = {
            host for part in parts if isinstance(part, bytes) for host in re.findall(rb"https?://([^/\"'\s]+)", part)
        }
        assert addresses == {b"hub.test"}
        assert EVIL not in mail
        link = re.search(r"(/u/[\w-]+)", message["List-Unsubscribe"].replace("\n ", ""))
        assert link
        page = await raw(shop.room, "GET", link[1])
        assert page.startswith("HTTP/1.1 200")
        assert EVIL not in page


async def _count(room: WebRoom, table: type[MessageRow] | type[InteractionRow]) -> int:
    def ask(conn: Connection, _arg: None) -> int:
        return conn.scalar(select(func.count()).select_from(table)) or 0

    return await room.services.database.read(ask, None)


def _machines(sent: str) -> dict[str, bytes]:
    """What machines send when they get a mail of ours."""
    ours = message_from_string(sent)
    id_, to = ours["Message-ID"], "shop@example.com"
    head = f"To: {to}\r\nIn-Reply-To: {id_}\r\nReferences: {id_}\r\n"
    bounce = (
        f"From: MAILER-DAEMON@example.com\r\nReturn-Path: <>\r\nTo: {to}\r\nSubject: Undelivered\r\n"
        "Message-ID: <b@example.com>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        "Final-Recipient: rfc822; ada@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {id_}\r\nTo: ada@example.com\r\n\r\nHello\r\n--b--\r\n"
    )
    told = {
        "vacation": f"From: ada@example.com\r\n{head}Auto-Submitted: auto-replied\r\nMessage-ID: <v@a>\r\n"
        "Subject: Out of office\r\n\r\nI am away. STOP by next week.\r\n",
        "another responder": f"From: ada@example.com\r\n{head}X-Autoreply: yes\r\nMessage-ID: <w@a>\r\n"
        "Subject: Re: Winter\r\n\r\nWe got your mail.\r\n",
        "bounce": bounce,
        "our own, in our mailbox": sent,
        "our own, sent on": f"From: shop@example.com\r\nTo: {to}\r\nAuto-Submitted: auto-generated\r\n"
        "Message-ID: <fwd@example.com>\r\nSubject: Winter\r\n\r\nHello\r\n",
    }
    return {name: mail.encode() for name, mail in told.items()}


@pytest.mark.security_row(30)
async def test_what_machines_answer_is_stored_and_answered_by_nobody(shop: Promoting, tmp_path: Path) -> None:
    room, intake = shop.room, shop.room.services.intake
    sent = next(mail for mail in await _launched(shop) if "ada@example.com" in mail)
    messages = await _count(room, MessageRow)
    context = Context(public_url="http://hub.test")
    reader = Maildir("support_mail", {"path": str(tmp_path / "box"), "address": "shop@example.com"}, context)
    before = await _count(room, InteractionRow)
    for number, (name, mail) in enumerate(_machines(sent).items()):
        now = room.services.clock()
        taken = await intake.take("support_mail", reader, Raw(content=mail, key=str(number), received_at=now))
        assert taken.interaction, name
    # All are stored; our own mail is an arrival of what is in the history already.
    assert await _count(room, InteractionRow) == before + 4
    for _ in range(3):
        await shop.clockwork.plan()
        await shop.tick()
        room.clock.advance(hours=1)
    assert await _count(room, MessageRow) == messages
    assert len(shop.mails()) == 2
    open_ones = await room.services.database.read(
        lambda conn, _: conn.scalar(select(func.count()).where(ConversationRow.state == "open")), None
    )
    assert open_ones == 0


@pytest.mark.security_row(21)
async def test_posts_by_the_thousand_with_premium_numbers_send_no_text_and_five_get_in(shop: Promoting) -> None:
    room, database = shop.room, shop.room.services.database
    form = WebForm("contact_form", {}, Context(public_url="http://hub.test"))
    object.__setattr__(room.services, "channels", {**room.services.channels, "contact_form": form})
    await database.write(lambda conn, _: start_with(conn, room.clock(), "forms/contact.toml"), None)
    sent = len(shop.mails())
    async with room.browser() as robot:

        async def post(number: int) -> int:
            page = await robot.get("/f/contact")
            room.clock.advance(seconds=3)
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
            typed = {**hidden, **TYPED, "phone": f"+1900555{number:04}"}
            # A machine that is too busy asks to come again (503); the robot does.
            while (answer := await robot.ask("POST", "/f/contact", data=typed)).status == 503:
                pass
            return answer.status

        assert [await post(number) for number in range(6)] == [303] * 5 + [429]
        # What lets a post in or not is one count in the database: it is asked 1,000 times for the
        # robot's own address; then the door itself once more.
        [key] = await database.read(
            lambda conn, _: conn.scalars(select(ThrottleRow.key).where(ThrottleRow.key.like("form/contact/%"))).all(),
            None,
        )
        tried = Try(key=key, limit=5, per=timedelta(hours=1), now=room.clock())
        waits = await database.write(throttle.take, [tried] * 1_000)
        assert len(waits) == 1_000
        assert all(wait > 0 for wait in waits)
        assert {await post(number) for number in range(6, 12)} == {429}
    await shop.tick()
    assert await _count(room, InteractionRow) == 5
    assert await _count(room, MessageRow) == 0
    assert len(shop.mails()) == sent
