"""What a hub's database says of its messages, read from outside while the hub lives and after it died."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg

Row = tuple[Any, ...]

_STATES = "SELECT channel, state, count(*) FROM message GROUP BY channel, state"
_HELD_BY = """
SELECT message.id, message.channel, message.state, message.rfc_message_id, identity.value
FROM message JOIN identity ON identity.id = message.identity_id
WHERE message.state IN ('claimed', 'submitting') AND message.worker LIKE '%/{pid}/%'
"""
_RUNS = "SELECT state FROM run"
_SKIPPED = "SELECT run_id, count(*) FROM run_skip GROUP BY run_id"
_BY_RUN = "SELECT run_id, count(*) FROM message GROUP BY run_id"
_WHOLE = """
SELECT message.id, message.channel, message.state, message.reason, message.phase, message.rfc_message_id,
    identity.value
FROM message JOIN identity ON identity.id = message.identity_id
"""
# An attempt of which nobody knew for a while: from when it was let through until it was known again (milliseconds).
_DOUBTED = """
SELECT message_id, max(CASE WHEN state = 'submitting' THEN at END),
    min(CASE WHEN state = 'accepted' THEN at END)
FROM message_step
WHERE message_id IN (SELECT message_id FROM message_step WHERE state = 'unknown')
GROUP BY message_id
"""


class Reads(Protocol):
    """Asks a database. `settles`: so many seconds after a process died its last commit has come to its end."""

    @property
    def settles(self) -> float: ...

    async def rows(self, question: str) -> Sequence[Row]:
        """Returns the rows of a question."""
        ...


@dataclass(frozen=True)
class Sqlite:
    file: Path
    settles: float = 0.0

    async def rows(self, question: str) -> Sequence[Row]:
        return await asyncio.to_thread(self._rows, question)

    def _rows(self, question: str) -> Sequence[Row]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=60)) as conn:
            return conn.execute(question).fetchall()


@dataclass(frozen=True)
class Postgresql:
    url: str
    settles: float = 0.2

    async def rows(self, question: str) -> Sequence[Row]:
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await connection.fetch(question)]
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True)
class Held:
    """What a process had in hand as it died. `name`: by which the server knows the message."""

    message: int
    channel: str
    state: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message at the end. `name` as in Held."""

    id: int
    channel: str
    state: str
    reason: str
    phase: str
    name: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Of a message nobody knew for a while. `seconds`: from the attempt until it was accepted, None: it never was."""

    message: int
    seconds: float | None


class Ledger:
    """Asks as often as one likes."""

    def __init__(self, database: Reads) -> None:
        self._database = database

    async def states(self) -> dict[tuple[str, str], int]:
        """Returns how many messages of each channel are in each state."""
        return {(channel, state): many for channel, state, many in await self._database.rows(_STATES)}

    async def held_by(self, pid: int) -> list[Held]:
        """Returns what a process that was killed had claimed or was sending."""
        await asyncio.sleep(self._database.settles)
        rows = await self._database.rows(_HELD_BY.format(pid=pid))
        return [Held(number, channel, state, name or value) for number, channel, state, name, value in rows]

    async def runs(self) -> list[str]:
        """Returns the states of all runs."""
        return [state for (state,) in await self._database.rows(_RUNS)]

    async def audiences(self) -> dict[int, int]:
        """Returns how many of each run's audience have a message or were passed over with a reason."""
        told: dict[int, int] = dict(await self._database.rows(_BY_RUN))
        for run, many in await self._database.rows(_SKIPPED):
            told[run] = told.get(run, 0) + many
        return told

    async def messages(self) -> list[Message]:
        """Returns all messages."""
        rows = await self._database.rows(_WHOLE)
        return [
            Message(number, channel, state, reason, phase, name or value)
            for number, channel, state, reason, phase, name, value in rows
        ]

    async def doubts(self) -> list[Doubt]:
        """Returns the messages of which nobody knew for a while."""
        rows = await self._database.rows(_DOUBTED)
        return [Doubt(number, (known - tried) / 1000 if known is not None else None) for number, tried, known in rows]
