"""Copies of sent mail: filed once, however often they are asked for, and whoever files them first."""

from __future__ import annotations

from tests.channels.imap.conftest import Account

MAIL = b"Subject: copy\r\nMessage-ID:\r\n <answer.1@example.com>\r\n\r\nMessage-ID: <another@example.com>\r\n"


async def test_a_mail_that_lies_there_already_is_not_filed_twice(account: Account) -> None:
    channel = account.channel()
    assert await channel.file(MAIL, "")
    assert not await channel.file(MAIL, "")
    assert await channel.file(MAIL.replace(b"answer.1", b"answer.2"), "")
    # A provider files what it sends by itself, perhaps before us.
    account.server.deliver(account.user, MAIL.replace(b"answer.1", b"answer.3"), "Sent")
    assert not await channel.file(MAIL.replace(b"answer.1", b"answer.3"), "")
    assert len([file for file in (account.inbox / ".Sent").glob("*/*") if file.parent.name in ("cur", "new")]) == 3


async def test_a_mail_without_an_id_is_filed_all_the_same(account: Account) -> None:
    assert await account.channel().file(b"Subject: copy\n\nMessage-ID: <answer.1@example.com>\n", "Sent")
