from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context
from channels.email_smtp import SmtpSender
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.mailbox import SandboxMailbox

MakeSender = Callable[..., SmtpSender]


def outgoing(**fields: Any) -> Outgoing:
    standard: dict[str, Any] = {
        "id": 7,
        "attempt": 1,
        "to": Identity("mailto", "ada@example.com"),
        "text": "Hello Ada",
        "subject": "Your appointment",
        "message_id": "m7.abc@hub.example.com",
    }
    return Outgoing(**{**standard, **fields})


def in_a_minute() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[SandboxMailbox]:
    mailbox = SandboxMailbox(tmp_path / "mailbox")
    await mailbox.start()
    yield mailbox
    await mailbox.stop()


@pytest.fixture
async def make_sender() -> AsyncIterator[MakeSender]:
    made = []

    def make(port: int, **settings: Any) -> SmtpSender:
        standard = {
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "from_address": "shop@example.org",
            "from_name": "The Shop",
        }
        made.append(SmtpSender("mail_out", {**standard, **settings}, Context(public_url="https://hub.example.org")))
        return made[-1]

    yield make
    for sender in made:
        await sender.close()
