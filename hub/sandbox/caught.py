"""Which caught mails are whose, without reading them all each time somebody looks."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from hub.sandbox.letters import Letter, read

_MOST_SHOWN = 50


class CaughtMails:
    """The mails in `folder/caught` by their recipients. An envelope is read once; a mail when it is shown."""

    def __init__(self, folder: Path) -> None:
        self._mails = folder / "caught" / "new"
        self._envelopes = folder / "caught" / "envelopes"
        self._seen: set[str] = set()
        self._changed = -1
        self._by_address: dict[str, list[str]] = defaultdict(list)

    def of(self, address: str) -> list[tuple[str, Letter]]:
        """Returns the newest mails to an address by their names, newest first."""
        self._look()
        names = sorted(self._by_address.get(address.lower(), ()), reverse=True)[:_MOST_SHOWN]
        return [(name, _read(self._mails / name)) for name in names if (self._mails / name).exists()]

    def one(self, name: str) -> Letter | None:
        """Returns a mail by its name."""
        path = self._mails / name
        return _read(path) if path.parent == self._mails and path.name == name and path.is_file() else None

    def _look(self) -> None:
        try:
            changed = self._envelopes.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed == self._changed:
            return
        for path in self._envelopes.iterdir():
            if path.stem not in self._seen and path.suffix == ".json":
                self._note(path)
        self._changed = changed

    def _note(self, path: Path) -> None:
        try:
            recipients = json.loads(path.read_text())["recipients"]
        except (ValueError, KeyError):
            return  # it is being written; the next look reads it
        self._seen.add(path.stem)
        for recipient in recipients:
            self._by_address[str(recipient).lower()].append(path.stem)


@lru_cache(maxsize=300)
def _read(path: Path) -> Letter:
    return read(path)
