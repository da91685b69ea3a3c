"""The data folder: made private, locked by its one SQLite hub, and where a running hub says how to reach it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.config import Settings
from hub.model.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How commands reach a running hub: its address on this machine, and the stand-ins' doors."""

    pid: int
    url: str
    token: str = ""
    twilio: str = ""


def prepare(data: Path) -> None:
    """Makes the data folder, for its owner alone. Raises ConfigurationError when it cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {data} cannot be written: {error.strerror}.",
            next_step="Name another with --data or HUB_DATA, or change its owner.",
        ) from error


def database_url(settings: Settings) -> str:
    """Returns the configured database, or the SQLite file in the data folder."""
    if settings.hub.database_url:
        return settings.hub.database_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return f"sqlite:///{(settings.hub.data / 'hub.sqlite3').absolute()}"


@contextmanager
def locked(data: Path, name: str = "hub.lock") -> Iterator[None]:
    """Holds the folder's lock, which ends with the process. Raises ConfigurationError when it is taken."""
    with (data / name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"Another hub works on {data} already: SQLite is for one hub process.",
                next_step="Stop it first, or use PostgreSQL for several.",
            ) from None
        yield


def announce(data: Path, running: Running) -> None:
    """Writes how to reach this hub, readable by its owner alone."""
    aside = data / f"running.{os.getpid()}"
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(running), file)
    aside.replace(data / "running.json")


def withdraw(data: Path) -> None:
    """Removes the announcement, if it is this process's."""
    announced = running(data)
    if announced is not None and announced.pid == os.getpid():
        (data / "running.json").unlink(missing_ok=True)


def running(data: Path) -> Running | None:
    """Returns how to reach the hub that runs on this folder, or None when none does."""
    try:
        announced = Running(**json.loads((data / "running.json").read_text()))
        os.kill(announced.pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, TypeError):
        return None
    except PermissionError:
        pass  # it runs, as another user
    return announced
