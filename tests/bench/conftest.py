"""What benches share: the table of the run, and big worlds made once a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.measure import Board
from tests.bench.world import Worlds
from tests.patience import PATIENT
from tests.servers.postgres import Postgres
from tests.servers.process import Missing

_BOARD = pytest.StashKey[Board]()
_FILE = Path(__file__).resolve().parents[2] / "bench.json"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_BOARD] = Board()


@pytest.fixture(scope="session", autouse=True)
def as_it_comes() -> None:
    """Takes back what tests/conftest.py sets for every test: what is measured is the hub as it comes."""
    for name in PATIENT:
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def board(pytestconfig: pytest.Config) -> Board:
    """Where a bench notes its results: `board.note(Result(...))`."""
    return pytestconfig.stash[_BOARD]


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Databases with many customers and a long history: `sqlite(to)`, `postgres(server)`."""
    return Worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this run that waits for the disk, as it comes."""
    try:
        server = Postgres(durable=True)
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.remove()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    board = config.stash[_BOARD]
    if board.results:
        terminalreporter.section("Benchmarks")
        for line in board.lines():
            terminalreporter.line(line)
        board.write(_FILE)
        terminalreporter.line(f"\n{_FILE.name} holds them.")
