"""Long surveys are read by a process of their own; whatever becomes of it, every row is taken in once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context
from channels.survey_upload import SurveyUpload
from hub.capture.survey_process import read_apart
from hub.capture.survey_rows import PAGE, pages
from hub.model.contact import InboundContact
from hub.store.session import Database
from hub.store.tables import InteractionRow
from hub.store.uploads import UploadState
from tests.hub.uploads.surveys import answers, count, flow, survey, take_in

ROWS = 2_100
SURVEYS = SurveyUpload("surveys", {}, Context(public_url=""))


class EndsItself(SurveyUpload):
    """Kills the process that reads its fourth page, unless that is the hub."""

    def __init__(self) -> None:
        super().__init__("surveys", {}, Context(public_url=""))
        self.hub = os.getpid()

    def rows(self, file: Path, mapping: Mapping[str, Any], start: int) -> Iterator[tuple[int, InboundContact | str]]:
        for number, row in super().rows(file, mapping, start):
            if number == 3 * PAGE and os.getpid() != self.hub:
                os._exit(1)
            yield number, row


@pytest.fixture
def store_url(sqlite_store_url: str) -> str:
    """Reading has nothing to do with the engine."""
    return sqlite_store_url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return survey(tmp_path / "s.csv", answers(ROWS))


def mapping_of(file: Path) -> dict[str, Any]:
    return {**SURVEYS.look(file)["mapping"], "received_at": "2026-03-01T10:00:00+00:00"}


def test_a_process_reads_the_same_pages(file: Path) -> None:
    mapping = mapping_of(file)
    assert list(read_apart(SURVEYS, file, mapping, 5)) == list(pages(SURVEYS.rows(file, mapping, 5)))


async def test_the_hub_reads_on_where_its_process_ended(database: Database, tmp_path: Path, file: Path) -> None:
    reader = EndsItself()
    uploads = flow(database, tmp_path, channels={"surveys": reader})
    done = await take_in(uploads, (await uploads.receive(file, "s.csv")).upload)
    assert (done.state, done.accepted) == (UploadState.COMMITTED, ROWS)
    assert await count(database, InteractionRow) == ROWS
