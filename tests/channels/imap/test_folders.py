"""Which folders are read, which of them holds what was sent, and from which day on the first time."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.base import Cursor
from channels.email_imap.folders import SENT, Folder, read_listed, sent_folder
from hub.model.contact import Direction, InboundContact
from tests.channels.imap.conftest import Account, behind_proxy
from tests.channels.imap.reading import caught_up, subjects

LISTED = [
    pytest.param(b'LIST (\\HasNoChildren) "." INBOX', Folder("INBOX", frozenset({"\\hasnochildren"}), "."), id="atom"),
    pytest.param(
        b'LIST (\\Sent \\HasNoChildren) "/" "Entw&APw-rfe \\"a\\""',
        Folder('Entwürfe "a"', frozenset({"\\sent", "\\hasnochildren"}), "/"),
        id="quoted-and-encoded",
    ),
    pytest.param(b"LIST () NIL {5}a (b)", Folder("a (b)", frozenset(), ""), id="literal-without-levels"),
    pytest.param(b'LSUB () "." INBOX', None, id="another-response"),
]


@pytest.mark.parametrize(("line", "folder"), LISTED)
def test_listed_folders_are_read(line: bytes, folder: Folder | None) -> None:
    assert read_listed(line) == folder


def names(*listed: str) -> list[Folder]:
    return [Folder(name, frozenset(), ".") for name in listed]


FOUND = [
    pytest.param(names("INBOX", "Sent"), "Sent", id="by-name"),
    pytest.param(names("INBOX", "INBOX.Odeslaná pošta"), "INBOX.Odeslaná pošta", id="last-level-in-czech"),
    pytest.param(names("E\u0301le\u0301ments envoye\u0301s"), "E\u0301le\u0301ments envoye\u0301s", id="decomposed"),
    pytest.param([*names("Sent"), Folder("Ausgang", frozenset({"\\sent"}), ".")], "Ausgang", id="the-mark-wins"),
    pytest.param([Folder("Sent", frozenset({"\\noselect"}), ".")], "", id="a-mere-parent"),
    pytest.param(names("INBOX", "Sent plans"), "", id="only-begins-alike"),
]


@pytest.mark.parametrize(("folders", "name"), FOUND)
def test_the_folder_of_sent_mail_is_found(folders: list[Folder], name: str) -> None:
    assert sent_folder(folders) == name


FROM_US = b"From: help@example.com\r\nTo: ada@example.com\r\nSubject: Re: Hello\r\nMessage-ID: <2@x>\r\n\r\nHi\r\n"


async def test_the_folder_that_the_server_marks_is_read_as_sent_by_us(account: Account) -> None:
    for folder in ("Ausgang", "Sent"):
        account.server.deliver(account.user, FROM_US, folder=folder)

    def mark(line: bytes) -> bytes:
        return line.replace(b"* LIST (", b"* LIST (\\Sent ") if b"Ausgang" in line else line

    async with behind_proxy(account.server, mark) as port:
        channel = account.channel(port=port)
        assert list(channel.mailboxes) == ["INBOX", SENT]
        [raw] = await caught_up(channel.poll(SENT, None))
        assert raw.key.startswith("Ausgang:")
        assert raw.cursor is not None
        assert raw.cursor.mailbox == SENT
        [event] = channel.parse(raw)
        assert isinstance(event, InboundContact)
        assert event.direction is Direction.OUT
        # Read under its own name it is the same folder, and nothing is read twice.
        named = account.channel(port=port, folders=["INBOX", "Ausgang"])
        assert await caught_up(named.poll(SENT, None)) == []
        [again] = await caught_up(named.poll("Ausgang", None))
        assert (again.key, again.note) == (raw.key, raw.note)


async def test_without_such_a_folder_there_is_nothing_to_read_and_nothing_wrong(account: Account) -> None:
    assert await caught_up(account.channel().poll(SENT, None)) == []
    assert await account.channel().check() == []
    assert list(account.channel(sent_folder="-").mailboxes) == ["INBOX"]


def aged(path: Path, days: int) -> Path:
    at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


async def test_the_first_reading_begins_at_its_day_and_what_comes_later_is_read_whatever_its_date(
    account: Account,
) -> None:
    aged(account.deliver(1), 90)
    account.deliver(2)
    aged(account.deliver(3), 80)
    channel = account.channel()
    since = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()
    first = await caught_up(channel.poll("INBOX", Cursor("INBOX", {"since": since})))
    assert subjects(first) == ["mail 2"]
    cursor = first[0].cursor
    assert cursor is not None
    holding = await channel.holding("INBOX", cursor)
    assert holding is not None
    assert (len(holding.numbers), len(holding.wanted), holding.passed) == (3, 1, 3)
    aged(account.deliver(4), 85)  # moved in from another folder
    assert subjects(await caught_up(channel.poll("INBOX", cursor))) == ["mail 4"]
    picked = [raw async for raw in channel.pick("INBOX", holding.epoch, sorted(holding.numbers, reverse=True))]
    assert picked[-1] == 3
    anew = Cursor("INBOX", {**cursor.position, "uidvalidity": 1})
    assert sorted(subjects(await caught_up(channel.poll("INBOX", anew)))) == ["mail 2"]
