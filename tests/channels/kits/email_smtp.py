"""The kit of channels.email_smtp: the sandbox's mail server with its knobs, and one that asks for a login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from hub.model.errors import ChannelBroken, Rejected, Temporary, Unknown
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.mailbox import SandboxMailbox
from tests.channels.contract import MISSING, Fault, Kit, Lend
from tests.servers.process import free_port

PASSWORD = "secret-of-the-contract"


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    box = SandboxMailbox(folder / "mail")
    await box.start()
    strict = Controller(
        _Closed(), hostname="127.0.0.1", port=free_port(), auth_require_tls=False, authenticator=_refuse
    )
    strict.start()
    login = {"port": strict.port, "username": "shop", "password": PASSWORD}
    closed = {"port": free_port()}
    yield Kit(
        settings={"host": "127.0.0.1", "port": box.port, "tls": "none", "from_address": "shop@example.org"},
        secrets=[PASSWORD],
        wrong={
            "no host": {"host": MISSING},
            "no sender": {"from_address": MISSING},
            "sender": {"from_address": "the shop"},
            "injected name": {"from_name": "Shop\r\nBcc: all@example.org"},
            "port": {"port": 0},
            "tls": {"tls": "perhaps"},
            "password in the clear": {"host": "mail.example.com", "username": "shop", "password": PASSWORD},
            "no password": {"username": "shop"},
        },
        out_of_reach={"closed port": closed, "login": login},
        outgoing=Outgoing(
            id=7,
            attempt=1,
            to=Identity("mailto", "ada@example.com"),
            subject="Your appointment",
            text="See you at 10.",
            message_id="m7.abc@hub.example.com",
        ),
        faults={
            "login refused (401)": Fault(settings=login, expected=ChannelBroken),
            "too many (429)": Fault(arrange=lambda: box.refuse("mail", 450), expected=Temporary),
            "later": Fault(arrange=lambda: box.refuse("rcpt", 451), expected=Temporary),
            "no such mailbox": Fault(arrange=lambda: box.refuse("rcpt", 550, "5.1.1 unknown"), expected=Rejected),
            "server's own trouble (500)": Fault(arrange=lambda: box.refuse("dot", 451), expected=Temporary),
            "lost before the mail": Fault(arrange=lambda: box.drop("data"), expected=Temporary),
            "lost answer": Fault(arrange=lambda: box.drop("dot"), expected=Unknown),
            "timeout before the mail": Fault(arrange=lambda: box.delay("rcpt", 4), expected=Temporary, seconds=2),
            "closed port": Fault(settings=closed, expected=Temporary),
        },
    )
    strict.stop(no_assert=True)
    await box.stop()


class _Closed:
    """Takes nothing: whoever comes here is not let in."""

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802  # the library's name
        return "550 no"


def _refuse(*_: Any) -> AuthResult:
    return AuthResult(success=False, handled=False)
