"""The sandbox's mailbox, driven by a plain SMTP client."""

from __future__ import annotations

import smtplib
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hub.sandbox.mailbox import SandboxMailbox

MAIL = "Subject: hi\r\n\r\n.dot\r\n"


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[SandboxMailbox]:
    mailbox = SandboxMailbox(tmp_path)
    await mailbox.start()
    yield mailbox
    await mailbox.stop()


def send(mailbox: SandboxMailbox, *to: str) -> None:
    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=60) as client:
        client.sendmail("shop@example.org", to or ("ada@example.com",), MAIL)


async def test_what_is_sent_is_kept_with_its_recipients_and_found_by_address(mailbox: SandboxMailbox) -> None:
    await to_thread(send, mailbox, "ada@example.com", "bob@example.com")
    await to_thread(send, mailbox, "bob@example.com")
    assert [mail.recipients for mail in mailbox.caught()] == [
        ("ada@example.com", "bob@example.com"),
        ("bob@example.com",),
    ]
    [mail] = mailbox.caught("ADA@example.com")
    assert mail.raw == MAIL.encode()
    assert mail.path.read_bytes() == mail.raw


async def test_what_is_caught_outlives_a_restart(mailbox: SandboxMailbox, tmp_path: Path) -> None:
    await to_thread(send, mailbox)
    assert len(SandboxMailbox(tmp_path).caught()) == 1


REFUSALS: list[tuple[str, type[smtplib.SMTPException]]] = [
    ("mail", smtplib.SMTPSenderRefused),
    ("rcpt", smtplib.SMTPRecipientsRefused),
    ("data", smtplib.SMTPDataError),
    ("dot", smtplib.SMTPDataError),
]


@pytest.mark.parametrize(("phase", "error"), REFUSALS)
async def test_the_next_mail_is_refused_as_told_and_the_one_after_is_not(
    mailbox: SandboxMailbox, phase: str, error: type[Exception]
) -> None:
    mailbox.refuse(phase, 550)
    with pytest.raises(error):
        await to_thread(send, mailbox)
    await to_thread(send, mailbox)
    assert len(mailbox.caught()) == 1


@pytest.mark.parametrize(("keep", "kept"), [(True, 1), (False, 0)])
async def test_a_lost_answer_keeps_the_mail_or_loses_it_as_told(mailbox: SandboxMailbox, keep: bool, kept: int) -> None:
    mailbox.drop("dot", keep=keep)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await to_thread(send, mailbox)
    assert len(mailbox.caught()) == kept


@pytest.mark.parametrize("tell", [lambda box: box.refuse("helo", 500), lambda box: box.drop("end")])
async def test_an_unknown_phase_is_an_error(mailbox: SandboxMailbox, tell: Callable[[SandboxMailbox], None]) -> None:
    with pytest.raises(ValueError, match="phase is one of"):
        tell(mailbox)


async def test_a_delivered_mail_is_in_the_maildir(mailbox: SandboxMailbox) -> None:
    path = mailbox.deliver(b"Subject: in\r\n\r\n")
    assert path.parent == mailbox.maildir / "new"
    assert list((mailbox.maildir / "tmp").iterdir()) == []
