"""Spool: what became of a send while the database was down, kept on disk until it is back."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
from pathlib import Path

from hub.outreach.outcomes import Outcome

log = logging.getLogger(__name__)


class Spool:
    """One small file an outcome: written aside, fsynced, renamed, the folder fsynced. Calls block: for a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, outcome: Outcome) -> None:
        """Keeps an outcome durably. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{outcome.at:%Y%m%dT%H%M%S%f}-{outcome.message}-{secrets.token_hex(4)}"
        aside = self._folder / f"{name}.part"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(outcome.as_json(), file)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(self._folder / f"{name}.json")
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def kept(self) -> list[tuple[Path, Outcome]]:
        """Returns what is kept, oldest first; a file that cannot be read is set aside and told."""
        found = []
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []:
            try:
                found.append((path, Outcome.from_json(json.loads(path.read_text()))))
            except FileNotFoundError:
                continue  # another process of this folder was faster
            except (ValueError, TypeError, KeyError):
                log.exception("the spooled outcome %s cannot be read and is set aside", path.name)
                self.set_aside(path)
        return found

    def forget(self, path: Path) -> None:
        """Removes what the database has now."""
        path.unlink(missing_ok=True)

    def set_aside(self, path: Path) -> None:
        """Keeps a file for people to look at, out of the way of the next ones."""
        with contextlib.suppress(FileNotFoundError):  # another process of this folder did
            path.rename(path.with_suffix(".aside"))
