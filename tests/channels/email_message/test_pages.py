"""Pages of mails are read in a process of their own, to the same end as one by one, whatever becomes of the process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from channels.base import Raw
from channels.email_message import pages
from channels.email_message.pages import FEW, Job, PageReader, read_one
from hub.model.contact import InboundContact
from hub.model.errors import Unreadable

HOW = {"channel": "support", "own_addresses": frozenset({"help@example.com"}), "staff_addresses": frozenset()}


def jobs(count: int) -> list[Job]:
    head = b"From: ada%d@example.com\r\nSubject: %d\r\nMessage-ID: <%d@a>\r\n\r\nQuestion %d\r\n"
    mails = [head.replace(b"%d", b"%d" % number) for number in range(count - 1)]
    smuggling = b"From: eve@example.com\r\nSubject: =?utf-8?q?a=0D=0AX-Evil:_b?=\r\n\r\nhello\r\n"
    received = datetime(2026, 3, 2, tzinfo=UTC)
    return [(Raw(content=mail, key=str(at), received_at=received), HOW) for at, mail in enumerate([*mails, smuggling])]


def told(outcomes: object) -> list[str]:
    assert isinstance(outcomes, list)
    return [
        "unreadable" if isinstance(outcome, Unreadable) else outcome[0].subject
        for outcome in outcomes
        if isinstance(outcome, Unreadable) or isinstance(outcome[0], InboundContact)
    ]


@pytest.fixture
def reader() -> Iterator[PageReader]:
    pages = PageReader()
    yield pages
    pages.close()


def test_a_page_is_read_as_its_mails_are_and_a_lost_process_is_replaced(
    reader: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = jobs(FEW + 1)
    expected = [read_one(job) for job in page]
    first = reader.read(page)
    assert told(first) == told(expected) == [*map(str, range(FEW)), "unreadable"]
    assert first is not None
    assert [outcome for outcome in first if not isinstance(outcome, Unreadable)] == expected[:-1]
    # It has ended by itself, as after a while without mails; then it is lost over a page.
    [idle] = reader._idle
    idle.process.kill()
    idle.process.wait()
    assert told(reader.read(page)) == told(expected)
    [idle] = reader._idle
    monkeypatch.setattr(idle, "ask", lambda *_: (_ for _ in ()).throw(EOFError()))
    monkeypatch.setattr(pages, "_pages", reader)
    try:
        assert told(list(pages.read_page(page))) == told(expected)
    finally:
        pages.close_reading()
