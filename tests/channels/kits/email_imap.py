"""The kit of channels.email_imap: a Dovecot of this run."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.channels.contract import MISSING, Kit, Lend
from tests.channels.kits.mails import hardly_mails, mail
from tests.servers.dovecot import Dovecot
from tests.servers.process import free_port

PASSWORD = 'secret "of the\\ contract'
_numbers = itertools.count(1)


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    dovecot: Dovecot = lend("dovecot")
    user, _ = dovecot.add_user(f"contract{next(_numbers)}", PASSWORD)
    yield Kit(
        settings={
            "host": dovecot.host,
            "port": dovecot.port,
            "tls": "none",
            "username": user,
            "password": PASSWORD,
            "address": "help@example.com",
            "folders": ["INBOX"],
        },
        secrets=[PASSWORD],
        wrong={
            "no host": {"host": MISSING},
            "no user": {"username": MISSING},
            "no password": {"password": MISSING},
            "port": {"port": 70_000},
            "tls": {"tls": "perhaps"},
            "password in the clear": {"host": "mail.example.com"},
            "address": {"address": "nobody"},
            "certificates": {"ca_file": str(folder / "nowhere.pem")},
        },
        out_of_reach={
            "closed port": {"port": free_port()},
            "login": {"password": "another password"},
            "folder": {"folders": ["Nowhere"]},
            "no such name": {"host": "127.0.0.1", "port": free_port(), "tls": "tls"},
        },
        malformed=hardly_mails(),
        deliver=lambda: dovecot.deliver(user, mail()),
    )
