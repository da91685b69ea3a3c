"""The archive: a tar file, written in one stream aside and renamed, read in one stream, never whole in memory."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import orjson

from hub.model.errors import Refused

FORMAT = 1
_ABOUT, _MANIFEST, _KEY = "about.json", "manifest.json", "key.sealed"
_CHUNK_BYTES = 4_000_000
_PIECE = 1 << 20
_LARGEST_JSON = 32_000_000
# One chunk with one more row: a raw mail of the largest size, as base64, with room to spare.
_LARGEST_CHUNK = 400_000_000


class Readable(Protocol):
    """What a part of an archive is read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class ArchiveWriter:
    """Writes one archive. Blobs come after the tables, the manifest at the end: without it nothing counts."""

    def __init__(self, stream: IO[bytes], made_at: float) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_PIECE)  # noqa: SIM115  # `close` does
        self._made_at = int(made_at)
        self._table = ""
        self._number = 0
        self._waiting = bytearray()

    def about(self, told: Mapping[str, Any], sealed_key: bytes = b"") -> None:
        """Writes what the archive is, before anything else."""
        self._add(_ABOUT, orjson.dumps(told, option=orjson.OPT_INDENT_2))
        if sealed_key:
            self._add(_KEY, sealed_key)

    def line(self, table: str, line: bytes) -> None:
        """Writes one row; the rows of a table come together."""
        if table != self._table:
            self._flush()
            self._table, self._number = table, 0
        self._waiting += line
        self._waiting += b"\n"
        if len(self._waiting) >= _CHUNK_BYTES:
            self._flush()

    def blob(self, sha256: str, size: int, stream: Readable) -> None:
        """Writes a blob's bytes."""
        self._flush()
        self._add_stream(f"blobs/{sha256}", size, stream)

    def close(self, manifest: Mapping[str, Any]) -> None:
        """Writes the manifest, and the end."""
        self._flush()
        self._add(_MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        self._tar.close()

    def abandon(self) -> None:
        """Ends it without an end: its tar file would else write one when it is forgotten."""
        self._tar.fileobj.closed = True  # type: ignore[attr-defined]  # a tarfile._Stream

    def _flush(self) -> None:
        if self._waiting:
            self._number += 1
            packed = gzip.compress(self._waiting, compresslevel=1, mtime=0)
            self._add(f"tables/{self._table}/{self._number:06}.jsonl.gz", packed)
            self._waiting.clear()

    def _add(self, name: str, content: bytes) -> None:
        self._add_stream(name, len(content), io.BytesIO(content))

    def _add_stream(self, name: str, size: int, stream: Readable) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, self._made_at, 0o600
        self._tar.addfile(member, stream)
        _forget(self._tar)


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of an archive: a chunk of a table's lines, or a blob; `pieces` can be read once, before the next."""

    kind: Literal["lines", "blob"]
    name: str
    pieces: Iterator[bytes]


class ArchiveReader:
    """Reads one archive in its order. `manifest` is there after the last entry."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._pushed: tarfile.TarInfo | None = None
        self.manifest: dict[str, Any] = {}
        first = self._next()
        if first is None or first.name != _ABOUT:
            raise not_ours()
        self.about: dict[str, Any] = self._json(first)
        if self.about.get("format") != FORMAT:
            raise Refused(
                f"This backup has format {self.about.get('format')!r}, which this hub does not know.",
                next_step="Restore it with the version of the hub that made it, or a newer one.",
            )
        second = self._next()
        self.sealed_key = b""
        if second is not None and second.name == _KEY:
            self.sealed_key = self._small(second)
        else:
            self._pushed = second

    def entries(self) -> Iterator[Entry]:
        """Yields the parts. Raises Refused when the archive is damaged or ends too early."""
        while (member := self._next()) is not None:
            folder, _, name = member.name.partition("/")
            if member.name == _MANIFEST:
                self.manifest = self._json(member)
                return
            if folder == "tables":
                yield Entry("lines", name.partition("/")[0], self._lines(member))
            elif folder == "blobs":
                yield Entry("blob", name, self._pieces(member))
            else:
                raise not_ours()
        raise damaged("it ends too early")

    def _next(self) -> tarfile.TarInfo | None:
        member, self._pushed = self._pushed, None
        if member is None:
            member = self._tar.next()
            _forget(self._tar)
        if member is not None and not member.isfile():
            raise not_ours()
        return member

    def _pieces(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        stream = self._tar.extractfile(member)
        assert stream is not None
        left = member.size
        while left:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                raise damaged("it ends too early")
            left -= len(piece)
            yield piece

    def _lines(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        if member.size > _LARGEST_CHUNK:
            raise damaged(f"{member.name} is too large")
        unpacking = zlib.decompressobj(wbits=31)
        content = unpacking.decompress(self._whole(member), _LARGEST_CHUNK)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise damaged(f"{member.name} is too large or cut off")
        for line in io.BytesIO(content):
            yield line[:-1]

    def _small(self, member: tarfile.TarInfo) -> bytes:
        if member.size > _LARGEST_JSON:
            raise not_ours()
        return self._whole(member)

    def _whole(self, member: tarfile.TarInfo) -> bytes:
        return b"".join(self._pieces(member))

    def _json(self, member: tarfile.TarInfo) -> dict[str, Any]:
        try:
            found = orjson.loads(self._small(member))
        except orjson.JSONDecodeError as error:
            raise damaged(f"{member.name} cannot be read") from error
        if not isinstance(found, dict):
            raise not_ours()
        return found


@contextmanager
def opened(file: Path) -> Iterator[ArchiveReader]:
    """Opens an archive. Raises Refused when it is none, is damaged or ends too early."""
    try:
        with file.open("rb") as stream, _tar_of(stream) as tar:
            yield ArchiveReader(tar)
    except FileNotFoundError:
        raise Refused(f"There is no file {file}.", next_step="Check its name.") from None
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise damaged(str(error)) from error


@contextmanager
def written(file: Path, made_at: float) -> Iterator[ArchiveWriter]:
    """Writes an archive aside, for its owner alone, and gives it its name when it is whole and on the disk."""
    if file.exists():
        raise Refused(f"{file} is there already.", next_step="Name another file, or remove that one first.")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(file.name + ".part")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            archive = ArchiveWriter(stream, made_at)
            try:
                yield archive
            except BaseException:
                archive.abandon()
                raise
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def _forget(tar: tarfile.TarFile) -> None:
    """Lets a tar file forget its members: it would keep each of a million blobs in memory."""
    tar.members = []  # type: ignore[attr-defined]  # its own list, which its type does not tell


def _tar_of(stream: IO[bytes]) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=stream, mode="r|", bufsize=_PIECE)
    except tarfile.TarError:
        raise not_ours() from None


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def chunked(lines: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    """Yields lines, some at a time."""
    waiting: list[bytes] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def not_ours() -> Refused:
    """Returns what to say of a file that is no backup of a hub."""
    return Refused("This file is no backup of a hub.", next_step="Choose a file that `hub backup` made.")


def damaged(why: str) -> Refused:
    """Returns what to say of a backup that cannot be read."""
    return Refused(f"This backup is damaged: {why}.", next_step="Use another one, or copy this one again.")
