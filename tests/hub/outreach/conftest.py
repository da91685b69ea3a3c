"""A hub's way out over a real SMTP server and a real Twilio stand-in, with a few customers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from channels.base import Context
from channels.email_smtp import SmtpSender
from channels.sms import TwilioSms
from hub.config import Settings, load
from hub.model.identity import Identity
from hub.outreach.dispatch import Dispatcher
from hub.outreach.house import House
from hub.outreach.planning import plan_reminders
from hub.outreach.reconcile import Reconciler
from hub.sandbox.mailbox import SandboxMailbox
from hub.sandbox.twilio import Hooks, TwilioEmulator
from hub.store import appointments, customers
from hub.store.blobs import FileBlobs
from hub.store.keys import Keys
from hub.store.session import Database, open_database
from hub.store.tables import IdentityRow, MessageRow, MessageStepRow
from tests.patience import PATIENT
from tests.starting import start_with

SID, TOKEN, OURS = "AC" + "0" * 32, "token-of-the-tests", "+14155550100"
KEYS = Keys.of(b"k" * 32)
HUB_TOML = """
[hub]
business_name = "The Shop"
time_zone = "Europe/Prague"
[channels.support_mail]
adapter = "channels.email_imap:ImapMailbox"
sends_with = "outgoing_mail"
address = "support@example.com"
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
[channels.main_number]
adapter = "channels.sms:TwilioSms"
from_number = "+14155550100"
"""


@dataclass
class Clock:
    """The real time, moved ahead as a test wants: adapters compare deadlines with the real one."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_(self, **span: float) -> datetime:
        self.ahead += timedelta(**span)
        return self()


@dataclass
class Outdoors:
    """What the tests look at: the stand-ins, and the rows of one database."""

    database: Database
    mailbox: SandboxMailbox
    twilio: TwilioEmulator
    clock: Clock
    settings: Settings
    channels: dict[str, Any]
    folder: Path
    opened: list[Database] = field(default_factory=list)

    @property
    def house(self) -> House:
        return House.of(self.settings, self.channels, "https://hub.example.com")

    def dispatcher(
        self, worker: str = "one", database: Database | None = None, kind: type[Dispatcher] = Dispatcher
    ) -> Dispatcher:
        return kind(
            database or self.database,
            self.channels,
            self.settings,
            KEYS,
            FileBlobs(self.folder / "blobs"),
            worker,
            self.clock,
            lambda channel: "http://127.0.0.1:1",
        )

    async def another_database(self) -> Database:
        other = open_database(self.database.url)
        await other.open()
        self.opened.append(other)
        return other

    async def furnish(self) -> None:
        await self.write(start_with, self.clock(), "templates/appointment_reminder/", "reminders.toml")

    async def customer(self, *addresses: str, **fields: Any) -> int:
        identities = [Identity.from_text(address) for address in addresses]
        named = {"display_name": "Ada Lovelace", **fields}
        return int(await self.write(customers.create_customer, named, identities, self.clock()))

    async def appointment(self, customer: int, *, hours: float = 24, **more: Any) -> int:
        fields = {
            "title": "Check-up",
            "time_zone": "Europe/Prague",
            "starts_at": self.clock() + timedelta(hours=hours),
            "now": self.clock(),
            **more,
        }
        return int(await self.write(lambda conn: appointments.create(conn, customer_id=customer, **fields)))

    async def write(self, work: Callable[..., Any], *args: Any) -> Any:
        return await self.database.write(lambda conn, _: work(conn, *args), None)

    async def plan(self) -> int:
        return int(await self.write(plan_reminders, self.clock(), self.house))

    async def messages(self) -> list[dict[str, Any]]:
        return await self.database.read(_messages, None)

    async def states(self) -> list[tuple[str, str]]:
        return [(row["state"], row["reason"]) for row in await self.messages()]

    async def steps(self, message: int) -> list[dict[str, Any]]:
        return await self.database.read(_steps, message)

    async def send(self) -> None:
        await self.dispatcher().run_once()

    async def reconcile(self) -> None:
        await Reconciler(self.dispatcher()).run_once()

    def mails(self) -> list[bytes]:
        return [mail.raw for mail in self.mailbox.caught()]

    def texts(self, number: str = "+14155550101") -> list[str]:
        """Returns the texts that Twilio has taken for a phone, delivered or not yet."""
        return [text.body for text in self.twilio.account.messages.values() if text.to == number]


def _messages(conn: Connection, _: None) -> list[dict[str, Any]]:
    columns = (*MessageRow.__table__.c, IdentityRow.scheme, IdentityRow.value)
    joined = select(*columns).join(IdentityRow, IdentityRow.id == MessageRow.identity_id).order_by(MessageRow.id)
    return [dict(row._mapping) for row in conn.execute(joined)]


def _steps(conn: Connection, message: int) -> list[dict[str, Any]]:
    rows = conn.execute(
        select(MessageStepRow.__table__).where(MessageStepRow.message_id == message).order_by(MessageStepRow.id)
    )
    return [dict(row._mapping) for row in rows]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "hub.toml"
    file.write_text(HUB_TOML)
    return load({"data": tmp_path / "data"}, file=file, environment=PATIENT)


@pytest.fixture
async def out(database: Database, settings: Settings, tmp_path: Path) -> AsyncIterator[Outdoors]:
    """The way out of a hub on each engine in turn, with its starter templates and reminders."""
    mailbox = SandboxMailbox(tmp_path / "mail")
    await mailbox.start()
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks()}, status_delay=0.0) as twilio:
        context = Context(public_url="https://hub.example.com")
        smtp = {"host": "127.0.0.1", "port": mailbox.port, "tls": "none", "from_address": "support@example.com"}
        texts = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": twilio.base_url}
        channels: dict[str, Any] = {
            "outgoing_mail": SmtpSender("outgoing_mail", smtp, context),
            "main_number": TwilioSms("main_number", texts, context),
        }
        for channel in channels.values():
            await channel.open()
        made = Outdoors(database, mailbox, twilio, Clock(), settings, channels, tmp_path)
        await made.furnish()
        yield made
        for channel in channels.values():
            await channel.close()
        for other in made.opened:
            await other.close()
    await mailbox.stop()
