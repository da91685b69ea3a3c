"""A real Maildir: each mail once, in the order of delivery, and nothing moved."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context, Cursor, Raw
from channels.maildir import LOOK_THOROUGHLY_SECONDS, Maildir
from hub.model.errors import ConfigurationError, Unavailable
from hub.sandbox.mailbox import SandboxMailbox


@pytest.fixture
def box(tmp_path: Path) -> SandboxMailbox:
    return SandboxMailbox(tmp_path)


def channel(box: SandboxMailbox, **settings: Any) -> Maildir:
    standard = {"path": str(box.maildir), "address": "help@example.com"}
    return Maildir("sandbox", {**standard, **settings}, Context(public_url="https://hub.example.com"))


def mail(number: int) -> bytes:
    return b"Subject: %d\r\n\r\nbody\r\n" % number


async def caught_up(poll: AsyncIterator[Raw | None]) -> list[Raw]:
    found = []
    async with asyncio.timeout(LOOK_THOROUGHLY_SECONDS / 2):
        async for raw in poll:
            if raw is None:
                break
            found.append(raw)
    return found


async def next_mail(poll: AsyncIterator[Raw | None]) -> Raw:
    async with asyncio.timeout(LOOK_THOROUGHLY_SECONDS / 2):
        async for raw in poll:
            if raw is not None:
                return raw
    raise AssertionError("a poll never ends by itself")


async def test_mails_come_in_the_order_of_delivery_and_stay_where_they_are(box: SandboxMailbox) -> None:
    paths = [box.deliver(mail(number)) for number in range(50)]
    raws = await caught_up(channel(box).poll("INBOX", None))
    assert [raw.content for raw in raws] == [mail(number) for number in range(50)]
    assert [raw.key for raw in raws] == [f"INBOX:{path.name}" for path in paths]
    assert all(path.exists() for path in paths)


async def test_a_new_mail_is_there_long_before_the_folder_is_looked_at_thoroughly(box: SandboxMailbox) -> None:
    poll = channel(box).poll("INBOX", None)
    await caught_up(poll)
    waiting = asyncio.ensure_future(next_mail(poll))
    await asyncio.sleep(2.5)  # by now the poll trusts the folder's time stamp
    box.deliver(mail(1))
    assert (await waiting).content == mail(1)


async def test_a_mail_read_by_a_mail_program_meanwhile_keeps_its_key(box: SandboxMailbox) -> None:
    path = box.deliver(mail(1))
    [before] = await caught_up(channel(box).poll("INBOX", None))
    path.rename(box.maildir / "cur" / f"{path.name}:2,S")
    [after] = await caught_up(channel(box).poll("INBOX", None))
    assert before.key == after.key


async def test_one_poll_gives_each_mail_once_whatever_happens_to_its_flags(box: SandboxMailbox) -> None:
    path = box.deliver(mail(1))
    poll = channel(box).poll("INBOX", None)
    assert len(await caught_up(poll)) == 1
    path.rename(box.maildir / "cur" / f"{path.name}:2,S")
    box.deliver(mail(2))
    assert (await next_mail(poll)).content == mail(2)


async def test_a_cursor_leaves_out_old_mails_but_never_one_copied_in_with_an_old_date(box: SandboxMailbox) -> None:
    box.deliver(mail(1))
    [first] = await caught_up(channel(box).poll("INBOX", None))
    old = box.deliver(mail(2))
    os.utime(old, (10**9, 10**9))
    assert first.cursor is not None
    later = Cursor("INBOX", {"changed_ns": first.cursor.position["changed_ns"] + 11 * 60 * 10**9})
    assert await caught_up(channel(box).poll("INBOX", later)) == []
    again = await caught_up(channel(box).poll("INBOX", first.cursor))
    assert mail(2) in [raw.content for raw in again]


async def test_over_the_limit_only_headers_are_read(box: SandboxMailbox) -> None:
    box.deliver(b"Subject: big\r\n\r\n" + b"x" * 100_000)
    [raw] = await caught_up(channel(box, size_limit_mb=0.05).poll("INBOX", None))
    assert raw.content == b"Subject: big\r\n\r\n"
    assert raw.failure == "too large: 0.1 MB, the limit is 0.05 MB"


async def test_subfolders_and_odd_file_names(box: SandboxMailbox) -> None:
    for part in ("new", "cur", "tmp"):
        (box.maildir / ".Sent" / part).mkdir(parents=True)
    (box.maildir / ".Sent" / "new" / os.fsdecode(b"od\xffd")).write_bytes(mail(1))
    (box.maildir / ".Sent" / "new" / ".hidden").write_bytes(b"")
    [raw] = await caught_up(channel(box, sent_folder="Sent").poll("Sent", None))
    assert raw.key == "Sent:od\\xffd"
    assert raw.note == {"mailbox": "Sent"}


async def test_a_missing_folder_is_said_in_words(box: SandboxMailbox) -> None:
    missing = channel(box, path=str(box.folder / "nowhere"))
    with pytest.raises(Unavailable, match="cannot be read"):
        await caught_up(missing.poll("INBOX", None))
    assert {problem.code for problem in await missing.check()} == {"folder"}
    assert await channel(box).check() == []


def test_a_folder_name_cannot_leave_the_maildir(box: SandboxMailbox) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a Maildir folder"):
        channel(box, folders=["../../etc"])
