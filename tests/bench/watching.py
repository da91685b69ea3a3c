"""Watching a hub's database from outside: when what arrived was committed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from types import TracebackType
from typing import Any

import asyncpg

_EVERY = 0.005
_LONGEST = 120.0


class Arrivals:
    """Arrivals in the database at `url`, of one channel where it is given, as any other reader sees them."""

    def __init__(self, url: str, channel: str = "") -> None:
        self._url = url
        self._ours = f" AND channel = '{channel}'" if channel else ""
        self._loop = asyncio.new_event_loop()
        self._postgres: Any = None
        self._sqlite: sqlite3.Connection | None = None

    def __enter__(self) -> Arrivals:
        if self._url.startswith("sqlite"):
            self._sqlite = sqlite3.connect(f"file:{self._url.removeprefix('sqlite:///')}?mode=ro", uri=True)
        else:
            self._postgres = self._loop.run_until_complete(asyncpg.connect(self._url.replace("+asyncpg", "")))
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._sqlite:
            self._sqlite.close()
        else:
            self._loop.run_until_complete(self._postgres.close())
        self._loop.close()

    def newest(self) -> int:
        """Returns the id of the newest."""
        return self._ask("SELECT coalesce(max(id), 0) FROM arrival")

    def rate(self, after: int, count: int) -> float:
        """Waits until so many came after that id; returns how many a second from the first commit to the last.

        Raises AssertionError when they do not come.
        """
        deadline = time.perf_counter() + _LONGEST
        began, there = 0.0, 0
        while True:
            now_there = self._ask(f"SELECT count(*) FROM arrival WHERE id > {after:d}{self._ours}")
            now = time.perf_counter()
            if now_there and not there:
                began, there = now, now_there
            if now_there >= count:
                return (now_there - there) / (now - began) if now > began else float("inf")
            assert now < deadline, f"{now_there} of {count} came"
            time.sleep(_EVERY)

    def _ask(self, question: str) -> int:
        if self._sqlite:
            answer = self._sqlite.execute(question).fetchone()[0]
        else:
            answer = self._loop.run_until_complete(self._postgres.fetchval(question))
        return int(answer)
