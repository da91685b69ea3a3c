"""The rows of an uploaded file, in pages that are read ahead of what is being written."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from channels.base import Reads
from hub.capture.survey_process import Stopped, read_apart
from hub.capture.survey_rows import Page, Row, pages
from hub.store.blobs import Blobs
from hub.store.uploads import Upload

# So many are stored in one transaction where nobody else waits: most pages of the database are touched by several rows,
# and then written once.
MOST_PAGES = 16
# From so many rows on a process of its own is worth its start, of half a second.
_MANY = 2_000
_PIECE = 1 << 20

log = logging.getLogger(__name__)


@runtime_checkable
class SurveyFiles(Reads, Protocol):
    """A channel that reads survey files."""

    name: str

    def look(self, file: Path) -> Mapping[str, Any]:
        """Returns `rows`, `shape` and the proposed `mapping` of a file, as JSON.

        Raises Unreadable, Refused and TooLarge.
        """


def file_chunks(file: Path) -> Iterator[bytes]:
    """Yields the bytes of a file, a piece at a time."""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


@asynccontextmanager
async def row_pages(
    blobs: Blobs, upload: Upload, reader: SurveyFiles, mapping: Mapping[str, Any], start: int
) -> AsyncIterator[AsyncIterator[list[Page]]]:
    """Gives the rows from `start` on, as many pages at a time as are read already; raises what the reader raises."""
    received = {"received_at": upload.created_at.isoformat(), "title": upload.title}
    async with _local(blobs, upload.sha256) as file:
        apart = upload.rows - start >= _MANY
        async with aclosing(_ahead(_pages(reader, file, {**mapping, **received}, start, apart=apart))) as found:
            yield found


async def first_row(blobs: Blobs, upload: Upload, reader: SurveyFiles, mapping: Mapping[str, Any]) -> Row | None:
    """Returns the first row as a mapping reads it; raises Refused when the mapping does not fit the file."""
    received = {"received_at": upload.created_at.isoformat(), "title": upload.title}
    async with _local(blobs, upload.sha256) as file:
        rows = reader.rows(file, {**mapping, **received}, 0)
        return await asyncio.to_thread(lambda: next(iter(rows), None))


def _pages(reader: SurveyFiles, file: Path, mapping: Mapping[str, Any], start: int, *, apart: bool) -> Generator[Page]:
    """Yields the pages of a file, read by a process of its own where they are many, and here where that ends early."""
    if apart:
        try:
            for page in read_apart(reader, file, mapping, start):
                yield page
                start = page.first + page.size
        except Stopped as stopped:
            log.info("A survey is read by the hub itself from row %s on: %s", start, stopped)
        else:
            return
    yield from pages(reader.rows(file, mapping, start))


async def _ahead(found: Generator[Page]) -> AsyncGenerator[list[Page]]:
    """Yields what is read, while a thread reads on."""
    ready: deque[Page] = deque()
    more, room = asyncio.Event(), asyncio.Event()
    reading = asyncio.create_task(_read(found, ready, more, room))
    try:
        while True:
            while not ready and not reading.done():
                more.clear()
                await more.wait()
            if not ready:
                await reading  # raises what the reader raised
                return
            taken = list(ready)
            ready.clear()
            room.set()
            yield taken
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):  # who asked for rows was told
            await reading


async def _read(found: Generator[Page], ready: deque[Page], more: asyncio.Event, room: asyncio.Event) -> None:
    try:
        while True:
            # A thread cannot be stopped: the file stays until it has left it.
            turn = asyncio.ensure_future(asyncio.to_thread(next, found, None))
            try:
                page = await asyncio.shield(turn)
            finally:
                await asyncio.wait({turn})
            if page is None:
                return
            ready.append(page)
            more.set()
            while len(ready) >= MOST_PAGES:
                room.clear()
                await room.wait()
    finally:
        await asyncio.to_thread(found.close)
        more.set()  # last of all: who waits for more sees then that there is none


@asynccontextmanager
async def _local(blobs: Blobs, sha256: str) -> AsyncIterator[Path]:
    """Gives a copy of a blob on this machine, wherever blobs are kept."""
    with tempfile.TemporaryDirectory(prefix="hub-upload-") as folder:
        file = Path(folder) / "survey"
        await asyncio.to_thread(_write, file, blobs.chunks(sha256))
        yield file


def _write(file: Path, pieces: Iterable[bytes]) -> None:
    with file.open("wb") as stream:
        for piece in pieces:
            stream.write(piece)
