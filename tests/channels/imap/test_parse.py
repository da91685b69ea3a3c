"""What a mail becomes depends on the folder that it was read from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.base import Channel, Files, Parses, Polls, Request
from channels.email_imap import ImapMailbox
from hub.model.contact import Direction, InboundContact
from hub.model.errors import Unreadable
from tests.channels.imap.conftest import Account
from tests.channels.imap.reading import caught_up

FROM_ADA = b"From: Ada <ada@example.com>\r\nTo: help@example.com\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n\r\nHi\r\n"
FROM_US = b"From: Us <help@example.com>\r\nTo: ada@example.com\r\nSubject: Re: Hello\r\nMessage-ID: <2@x>\r\n\r\nHi\r\n"


def test_the_adapter_offers_what_the_doorway_asks(account: Account) -> None:
    for capability in (Channel, Polls, Parses, Files):
        assert isinstance(account.channel(), capability)


async def test_the_sent_folder_gives_outbound_contacts(account: Account) -> None:
    account.server.deliver(account.user, FROM_ADA)
    account.server.deliver(account.user, FROM_US, folder="Sent")
    channel: ImapMailbox = account.channel(sent_folder="Sent")
    found = []
    for mailbox in channel.mailboxes:
        [raw] = await caught_up(channel.poll(mailbox, None))
        [event] = channel.parse(raw)
        assert isinstance(event, InboundContact)
        found.append((event.direction, event.subject, event.channel))
    assert found == [(Direction.IN, "Hello", "support"), (Direction.OUT, "Re: Hello", "support")]


def test_a_web_request_is_no_mail(account: Account) -> None:
    with pytest.raises(Unreadable):
        account.channel().parse(Request(hook="x", url="https://x", headers={}, received_at=datetime.now(UTC)))
