"""Do-not-call lists as staff loads them: a text or CSV file with a number a line, of any length, read as it comes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.model.clean import clean_header
from hub.model.errors import Refused
from hub.model.identity import phone_identity
from hub.store import audit
from hub.store import do_not_call as store
from hub.store.audit import Actor
from hub.store.keys import Keys
from hub.store.session import Database

# Two short columns a row: so many take some milliseconds of the one writer.
_AT_ONCE = 2_000
_LONGEST_NAME, _LONGEST_LINE = 100, 500
_PLAIN = re.compile(r"\+[1-9]\d{7,14}\Z")
# The United States' own list comes as 415,5550123 (telemarketing.donotcall.gov, "flat file").
_AREA = re.compile(r"\s*\"?(\d{3})\"?\s*[,;\t]\s*\"?(\d{7})\"?\s*\Z")
_CELL = re.compile(r"[,;\t]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A list that was loaded: how many numbers it has, and how many lines were none."""

    id: int
    name: str
    numbers: int
    unread: int
    as_of: datetime


async def load(
    database: Database,
    keys: Keys,
    chunks: AsyncIterator[bytes],
    by: Actor,
    *,
    name: str,
    region: str,
    as_of: datetime | None = None,
) -> Loaded:
    """Loads a list in the place of one of the same name, which counts until then. Raises Refused.

    `as_of`: when the list was obtained, from when its days are counted; `region`: of numbers without a country.
    """
    name = clean_header(name).strip()[:_LONGEST_NAME]
    if not name:
        raise Refused("A list needs a name.", field="name", next_step="Name it after where it comes from.")
    as_of = as_of or by.at
    if as_of > by.at + timedelta(days=1):
        raise Refused("A list cannot be of a day to come.", field="as_of")
    made = await database.write(lambda conn, _: store.begin(conn, name, as_of, by.name, by.at), None)
    numbers = unread = 0
    try:
        async for lines in _lines(chunks):
            digests, none = await asyncio.to_thread(_read, lines, region, keys)
            numbers, unread = numbers + len(digests), unread + none
            for start in range(0, len(digests), _AT_ONCE):
                await database.write(_add, (made, digests[start : start + _AT_ONCE]), bulk=True)
        if not numbers:
            raise Refused("No line of this file is a phone number.", field="file", next_step="Write one a line.")
    except BaseException:
        await database.write(store.forget, made)
        await _drop(database, [made])
        raise
    before = await database.write(lambda conn, _: _finish(conn, made, numbers, unread, by), None)
    await _drop(database, before)
    return Loaded(id=made, name=name, numbers=numbers, unread=unread, as_of=as_of)


async def forget(database: Database, list_id: int, by: Actor) -> None:
    """Takes a list back. Raises NotFound."""

    def act(conn: Connection, number: int) -> None:
        store.forget(conn, number)
        audit.note(conn, by, "do_not_call.forgotten", f"do_not_call/{number}")

    await database.write(act, list_id)
    await _drop(database, [list_id])


def _add(conn: Connection, given: tuple[int, Sequence[str]]) -> None:
    store.add(conn, *given)


def _finish(conn: Connection, made: int, numbers: int, unread: int, by: Actor) -> list[int]:
    before = store.finish(conn, made, numbers, unread)
    audit.note(conn, by, "do_not_call.loaded", f"do_not_call/{made}", {"numbers": numbers, "unread": unread})
    return before


async def _drop(database: Database, lists: Sequence[int]) -> None:
    for one in lists:
        while await database.write(lambda conn, number: store.drop(conn, number, _AT_ONCE), one, bulk=True):
            pass


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[Sequence[bytes]]:
    """Yields whole lines as they come; a line that has no end is cut, so that nothing is held in memory."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).splitlines(keepends=False) if chunk else [rest]
        if chunk.endswith((b"\n", b"\r")):
            whole, rest = [*whole, rest], b""
        rest = rest[:_LONGEST_LINE]
        if whole:
            yield whole
    if rest:
        yield [rest]


def _read(lines: Sequence[bytes], region: str, keys: Keys) -> tuple[list[str], int]:
    found, none = [], 0
    for number in _numbers(lines, region):
        if number:
            found.append(store.digest_of(keys, number))
        else:
            none += 1
    return list(dict.fromkeys(found)), none


def _numbers(lines: Sequence[bytes], region: str) -> Iterator[str]:
    """Yields the number of each line that says anything, empty for one that is none."""
    for line in lines:
        text = line.decode("utf-8-sig", "replace").strip()[:_LONGEST_LINE]
        if not text:
            continue
        if (area := _AREA.match(text)) is not None:
            text = area[1] + area[2]
        cell = _CELL.split(text, maxsplit=1)[0].strip().strip('"')
        if _PLAIN.match(cell):
            yield cell
            continue
        identity = phone_identity(cell, region)
        yield identity.value if identity is not None else ""
