"""A hub with the starter's files, and what it has as files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from hub.desk import configuration
from hub.desk.configuration import Report
from hub.store.audit import Actor
from hub.store.session import Database, open_database
from hub.web.configuration import kinds
from tests.builders import NOW
from tests.starting import start_with

CHANNELS = ("contact_form", "main_number", "outgoing_mail")
ADA = Actor(name="ada@example.com", at=NOW, key=b"k" * 32, staff_id=None)
SOME = (
    "templates/appointment_reminder/",
    "templates/birthday_greeting/",
    "templates/service_due/",
    "templates/personal_offer/",
    "templates/price_offer/",
    "templates/review_request/",
    "templates/win_back/",
    "templates/request_follow_up/",
    "templates/offer_ends/",
    "templates/callback_reminder/",
    "templates/newsletter/",
    "offers/",
    "forms/",
    "reminders.toml",
    "segments/",
    "campaigns/",
    "call_flows/",
)


@dataclass
class Configured:
    """A hub's configuration: out as files, in again."""

    database: Database

    async def write(self, work: Any, *args: Any, **more: Any) -> Any:
        return await self.database.write(lambda conn, _: work(conn, *args, **more), None)

    async def files(self) -> dict[str, str]:
        return await self.database.read(lambda conn, _: configuration.export(conn, kinds("en")), None)

    async def apply(self, files: Mapping[str, str], *, prune: bool = False) -> Report:
        reading = configuration.read(kinds("en"), files)
        report: Report = await self.write(
            configuration.apply, kinds("en"), reading, ADA, channels=CHANNELS, prune=prune
        )
        return report

    async def foretell(self, files: Mapping[str, str], *, prune: bool = False) -> Report:
        reading = configuration.read(kinds("en"), files)
        return await self.database.read(
            lambda conn, _: configuration.foretell(conn, kinds("en"), reading, channels=CHANNELS, prune=prune), None
        )


@pytest.fixture
async def configured(database: Database) -> Configured:
    """A hub on each engine in turn with a part of what a new one starts with."""
    made = Configured(database)
    await made.write(start_with, NOW, *SOME)
    return made


@pytest.fixture
async def sqlite_hub(sqlite_store_url: str) -> AsyncIterator[Database]:
    """An empty hub on SQLite alone, for rules that no engine could see differently."""
    database = open_database(sqlite_store_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def small(sqlite_hub: Database) -> Configured:
    """The same as `configured`, on SQLite alone."""
    made = Configured(sqlite_hub)
    await made.write(start_with, NOW, *SOME)
    return made
