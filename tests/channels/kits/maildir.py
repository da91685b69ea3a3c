"""The kit of channels.maildir: a real folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.sandbox.mailbox import SandboxMailbox
from tests.channels.contract import MISSING, Kit, Lend
from tests.channels.kits.mails import hardly_mails, mail


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    box = SandboxMailbox(folder / "mail")
    yield Kit(
        settings={"path": str(box.maildir), "address": "help@example.com", "folders": ["INBOX"], "size_limit_mb": 10},
        wrong={
            "no path": {"path": MISSING},
            "folder outside": {"folders": ["../etc"]},
            "address": {"address": "nobody"},
            "limit": {"size_limit_mb": "large"},
        },
        out_of_reach={"no folder": {"path": str(folder / "nowhere")}},
        malformed=hardly_mails(),
        deliver=lambda: box.deliver(mail()),
    )
