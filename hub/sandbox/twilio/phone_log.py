"""What a phone shows of the past: texts both ways and calls, kept on disk where a file is given."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

_MOST_KEPT = 2_000
_MOST_A_PHONE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One text or call between a phone and the hub. `at`: ISO 8601. `media`: types of files; `heard`: what was played.

    `incoming`: towards the phone.
    """

    kind: str
    sid: str
    phone: str
    number: str
    incoming: bool
    at: str
    body: str = ""
    media: Sequence[str] = ()
    heard: Sequence[Sequence[str]] = field(default_factory=list)
    seconds: int = 0
    status: str = ""


class PhoneLog:
    """Entries of every phone, oldest first; a file that cannot be read begins anew."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._phones: dict[str, deque[Entry]] = defaultdict(lambda: deque(maxlen=_MOST_A_PHONE))
        if file is not None and file.exists():
            self._read(file)

    def _read(self, file: Path) -> None:
        lines = file.read_text("utf-8", "replace").splitlines()
        for line in lines[-_MOST_KEPT:]:
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the line that was being written when the power went
            self._phones[entry.phone].append(entry)
        if len(lines) > 2 * _MOST_KEPT:
            file.write_text("\n".join(lines[-_MOST_KEPT:]) + "\n")

    def add(self, entry: Entry) -> None:
        """Appends an entry."""
        self._phones[entry.phone].append(entry)
        if self._file is not None:
            with self._file.open("a") as stream:
                stream.write(json.dumps(asdict(entry)) + "\n")

    def of(self, phone: str) -> list[Entry]:
        """Returns what lies on a phone, oldest first."""
        return list(self._phones.get(phone, ()))
