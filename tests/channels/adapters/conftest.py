"""Every adapter in channels/ with its kit; a new one is picked up by itself."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.store.blobs import FileBlobs
from hub.store.session import Database, open_database
from tests.channels.contract import CONTEXT, NAME, Kit, adapters, having, leaked, maker

ADAPTERS = adapters()


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    adapter: str = request.param
    return adapter


@pytest.fixture
async def kit(
    path: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Kit]:
    """The adapter's kit; whatever the test did, no secret of it may be in the log, not even at DEBUG."""
    caplog.set_level(logging.DEBUG)
    async with maker(path)(request.getfixturevalue, tmp_path) as made:
        yield made
    records = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]  # type: ignore[arg-type]
    assert leaked([f"{each.getMessage()} {each.exc_info} {each.__dict__}" for each in records], made.secrets) == []


@pytest.fixture
def channel(path: str, kit: Kit) -> Any:
    return ADAPTERS[path](NAME, kit.settings, CONTEXT)


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def intake(database: Database, tmp_path: Path) -> Intake:
    return Intake(database, FileBlobs(tmp_path / "blobs"), Capture(b"k" * 32))


def every(*capabilities: type) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", having(*capabilities), indirect=True)
