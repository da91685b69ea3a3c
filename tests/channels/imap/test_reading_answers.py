"""The reader of the wire and the names on it, fed byte by byte."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from channels.email_imap.connection import uid_set
from channels.email_imap.fetched import Fetched, read_internal_date
from channels.email_imap.names import decode_folder, encode_folder, quoted
from channels.email_imap.wire import ImapWire

NAMES = [
    ("INBOX", "INBOX"),
    ("Entwürfe", "Entw&APw-rfe"),
    ("台北", "&U,BTFw-"),
    ("Q&A", "Q&-A"),
    ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("😀", "&2D3eAA-"),
]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_folder_names_travel_in_modified_utf7(name: str, wire: str) -> None:
    assert encode_folder(name) == wire
    assert decode_folder(wire) == name


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'


def test_rising_uids_become_ranges() -> None:
    assert uid_set([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"


DATES = [
    (" 1-Feb-2026 09:05:00 +0100", datetime(2026, 2, 1, 8, 5, tzinfo=UTC)),
    ("17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)),
    ("31-Feb-2026 00:00:00 +0000", None),
    ("yesterday", None),
]


@pytest.mark.parametrize(("text", "moment"), DATES)
def test_internal_dates_are_read(text: str, moment: datetime | None) -> None:
    assert read_internal_date(text) == moment


ANSWERS = [
    pytest.param(
        b"* 12 FETCH (UID 7 RFC822.SIZE 44 FLAGS (\\Seen UID) BODY[] {9}\r\n* 1 A (\r\n"
        b' INTERNALDATE " 1-Feb-2026 09:05:00 +0100")\r\n',
        Fetched(
            uid=7,
            size=44,
            flags=frozenset({"\\seen", "uid"}),
            content=b"* 1 A (\r\n",
            internal_date=datetime(2026, 2, 1, 8, 5, tzinfo=UTC),
        ),
        id="literal-with-parentheses-and-attributes-behind",
    ),
    pytest.param(
        b'* 1 FETCH (BODY[] "a \\"UID 9\\" b" UID 7)\r\n', Fetched(uid=7, content=b'a "UID 9" b'), id="quoted"
    ),
    pytest.param(b"* 1 FETCH (UID 7 BODY[] {0}\r\n)\r\n", Fetched(uid=7, content=b""), id="empty-literal"),
    pytest.param(b"* 1 FETCH (UID 7 BODY[] NIL)\r\n", Fetched(uid=7), id="nil"),
    pytest.param(
        b"* 1 FETCH (UID 7 BODY[] {60}\r\n" + b"x" * 60 + b")\r\n",
        Fetched(uid=7, oversized=True),
        id="over-the-limit",
    ),
    pytest.param(b"* 1 FETCH (FLAGS (\\Seen))\r\n", None, id="unsolicited-flags"),
]


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
async def test_fetch_answers_are_read_however_they_are_cut(answer: bytes, expected: Fetched | None, step: int) -> None:
    wire = ImapWire(asyncio.get_running_loop(), literal_limit=50)
    wire.greeting.set_result(b"")
    told: list[Fetched] = []
    wire.on_fetched = told.append
    for start in range(0, len(answer), step):
        wire.data_received(answer[start : start + step])
    assert told == ([expected] if expected else [])
    assert not wire.has_unread
