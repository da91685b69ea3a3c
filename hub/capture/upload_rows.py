"""The rows of an uploaded file, read in chunks by a thread, one chunk ahead of what is being written."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from channels.base import Reads
from hub.model.contact import InboundContact
from hub.store.blobs import Blobs
from hub.store.uploads import Upload

# House rule: bulk work in chunks of at most 250 rows, or live traffic waits behind it.
CHUNK = 250
_PIECE = 1 << 20

Row = tuple[int, InboundContact | str]


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
async def row_chunks(
    blobs: Blobs, upload: Upload, reader: SurveyFiles, mapping: Mapping[str, Any], start: int
) -> AsyncIterator[AsyncIterator[list[Row]]]:
    """Gives the rows from `start` on, in lists of at most CHUNK; raises what the reader raises."""
    received = {"received_at": upload.created_at.isoformat(), "title": upload.title}
    async with _local(blobs, upload.sha256) as file:
        rows = reader.rows(file, {**mapping, **received}, start)
        async with aclosing(_ahead(rows)) as chunks:
            yield chunks


async def first_row(blobs: Blobs, upload: Upload, reader: SurveyFiles, mapping: Mapping[str, Any]) -> Row | None:
    """Returns the first row as a mapping reads it; raises Refused when the mapping does not fit the file."""
    async with row_chunks(blobs, upload, reader, mapping, 0) as chunks:
        async for chunk in chunks:
            return chunk[0]
    return None


async def _ahead(rows: Iterator[Row]) -> AsyncGenerator[list[Row]]:
    reading = asyncio.ensure_future(asyncio.to_thread(_take, rows))
    try:
        while chunk := await asyncio.shield(reading):
            reading = asyncio.ensure_future(asyncio.to_thread(_take, rows))
            yield chunk
    finally:
        # A thread cannot be stopped: the file stays until it has left it.
        await asyncio.wait({reading})


def _take(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, CHUNK))


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
