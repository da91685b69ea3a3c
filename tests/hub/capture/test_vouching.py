"""Who vouches for a sender: keys asked of a name server, servers that staff trusts, and what each lets a mail do."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from sqlalchemy import Connection

from channels.base import Context, Raw
from channels.maildir import Maildir
from hub.capture.capture import Capture
from hub.capture.page import prepare_page
from hub.desk import sender_trust
from hub.desk.mail_servers import dns
from hub.model.contact import InboundContact, Trust
from hub.store import authserv
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from tests.builders import NOW, incoming, mail
from tests.channels.email_message.test_dkim import ED, KEYS, SIGNED
from tests.desk_world import actor


class _NameServer(asyncio.DatagramProtocol):
    """Answers every question about one name with its TXT record, in two pieces as long ones are."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name.encode(), text.encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = data[12:]
        asked = b".".join(_labels(question))
        pieces = b"".join(bytes([len(piece)]) + piece for piece in (self._text[:20], self._text[20:]))
        record = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(pieces)) + pieces
        known = asked == self._name
        head = data[:2] + struct.pack("!HHHHH", 0x8180 if known else 0x8183, 1, int(known), 0, 0)
        self._transport.sendto(head + question + (record if known else b""), addr)


def _labels(question: bytes) -> list[bytes]:
    labels, at = [], 0
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]])
        at += 1 + question[at]
    return labels


@asynccontextmanager
async def name_server(name: str, text: str) -> AsyncIterator[int]:
    """Runs a name server on this machine; gives its port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _NameServer(name, text), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def test_a_signature_is_checked_as_a_mail_is_fetched_and_read_alike_ever_after(tmp_path: Path) -> None:
    raw = Raw(content=SIGNED, key="1", received_at=NOW, content_type="message/rfc822")
    blobs = FileBlobs(tmp_path / "blobs")
    settings = {"path": str(tmp_path), "address": "support@example.com", "verify_dkim": True}
    async with name_server(ED, KEYS[ED][0]) as port:
        context = Context(public_url="", txt=partial(dns.txt, servers=[("127.0.0.1", port)]))
        reader = Maildir("support_mail", settings, context)
        [prepared] = await prepare_page(blobs, "support_mail", reader, [raw])
    [contact] = prepared.events
    assert isinstance(contact, InboundContact)
    assert (contact.trust, contact.extra["trust_why"]) == (Trust.VERIFIED, "dkim=pass (football.example.com)")
    # The name server is gone; what it said stands in the note that is kept with the mail.
    [again] = reader.parse(replace(raw, note={name: str(value) for name, value in prepared.note.items()}))
    assert again == contact
    # Not asked for, or in the sandbox, nobody is asked and nothing is proven.
    for unasked in ({**settings, "verify_dkim": False}, settings):
        [plain] = await prepare_page(blobs, "x", Maildir("x", unasked, Context(public_url="")), [raw])
        [unproven] = plain.events
        assert isinstance(unproven, InboundContact)
        assert unproven.trust is Trust.UNVERIFIED


async def test_the_server_that_stamps_nearly_every_mail_is_suggested_until_staff_says(database: Database) -> None:
    def stamped(number: int, server: str) -> InboundContact:
        extra = {"stamped_by": server} if server else {"trust_why": "mx.ours.example: dmarc=pass"}
        return mail(id=f"{server}{number}", text=f"{server} {number}", extra=extra)

    async def take(*contacts: InboundContact) -> None:
        await database.write(Capture(b"k" * 32), [incoming(each) for each in contacts])

    async def suggested() -> tuple[int, int, str]:
        found = await database.read(authserv.stamps, "support_mail")
        return found.mails, found.judged, found.suggested

    await take(*[stamped(n, "mx.example.net") for n in range(9)], stamped(0, ""))
    assert await suggested() == (10, 1, "")
    await take(stamped(9, "mx.example.net"), stamped(0, "evil.example"))
    assert await suggested() == (12, 1, "mx.example.net")

    def trust(conn: Connection, servers: list[str]) -> tuple[str, ...]:
        return sender_trust.trust_servers(conn, "support_mail", servers, actor())

    assert await database.write(trust, ["MX.example.net ", "mx.example.net"]) == ("mx.example.net",)
    assert await database.read(lambda conn, _: authserv.kept(conn), None) == {"support_mail": ("mx.example.net",)}
    assert (await suggested())[2] == ""
    await database.write(trust, [])
    assert (await suggested())[2] == "mx.example.net"
    await database.write(
        lambda conn, server: sender_trust.disown_server(conn, "support_mail", server, actor()), "mx.example.net"
    )
    assert (await suggested())[2] == ""
