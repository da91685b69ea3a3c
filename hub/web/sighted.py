"""The database as the web room sees it: works read for who asks, and what is shown is noted before it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from hub.store import readings, sight
from hub.store.audit import Actor
from hub.store.session import Database
from hub.store.sight import Sight

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: `sees`: whether they may see what is health-class; `by`: who they are to the audit log, now."""

    staff_id: int
    sees: bool
    by: Callable[[], Actor]


_ASKER: ContextVar[Asker | None] = ContextVar("asker", default=None)


def use(asker: Asker | None) -> None:
    """Reads for this asker from now on, in this request and what it begins; None: for nobody, as the hub itself."""
    _ASKER.set(asker)


class Sighted:
    """A Database through which members of staff see what they may (hub.store.sight).

    What cannot be noted is not shown: the note is committed before the answer is given.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.engine = database.engine
        self.url = database.url
        self._noted: dict[tuple[int, int, str], datetime] = {}

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def write(self, work: Callable[[Connection, A], R], arg: A, *, bulk: bool = False) -> R:
        asker = _ASKER.get()
        if asker is None:
            return await self._database.write(work, arg, bulk=bulk)
        reader = Sight(staff_id=asker.staff_id, sees=asker.sees)
        done = await self._database.write(_for(reader, work), arg, bulk=bulk)
        await self._note(asker, reader)
        return done

    async def submit(
        self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T, *, light: bool = False
    ) -> R:
        return await self._database.submit(work, item, light=light)

    async def read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        asker = _ASKER.get()
        if asker is None:
            return await self._database.read(work, arg)
        reader = Sight(staff_id=asker.staff_id, sees=asker.sees)
        found = await self._database.read(_for(reader, work), arg)
        await self._note(asker, reader)
        return found

    def awaited(self) -> bool:
        return self._database.awaited()

    async def _note(self, asker: Asker, reader: Sight) -> None:
        if not reader.shown:
            return
        by = asker.by()
        new = [each for each in reader.shown if self._is_new(asker.staff_id, *each, by.at)]
        if not new:
            return
        await self._database.write(lambda conn, shown: readings.note(conn, by, shown), new)
        if len(self._noted) > _MOST_KEPT:
            self._noted.clear()
        self._noted |= {(asker.staff_id, *each): by.at for each in new}

    def _is_new(self, staff_id: int, customer: int, what: str, now: datetime) -> bool:
        """The table knows what counts as one reading; this only keeps most pages from asking it."""
        before = self._noted.get((staff_id, customer, what))
        hour = timedelta(hours=1)
        return before is None or before.replace(minute=0, second=0, microsecond=0) + hour <= now


def _for(reader: Sight, work: Callable[[Connection, A], R]) -> Callable[[Connection, A], R]:
    def run(conn: Connection, arg: A) -> R:
        with sight.through(reader):
            return work(conn, arg)

    return run
