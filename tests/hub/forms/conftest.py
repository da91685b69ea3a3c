"""A web room with a form and its channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import Context
from channels.web_form import WebForm
from hub.store.session import Database
from tests.starting import start_with
from tests.web_room import Clock, WebRoom, services_for, web_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room on a real socket with the starter's contact form."""
    clock = Clock()
    channel = WebForm("contact_form", {}, Context(public_url="http://hub.test"))
    services = replace(services_for(database, tmp_path, clock), channels={"contact_form": channel})
    await database.write(lambda conn, _: start_with(conn, clock(), "forms/contact.toml"), None)
    async with web_room(services, clock) as running:
        yield running
