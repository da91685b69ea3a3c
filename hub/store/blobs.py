"""Blobs: stored bytes, addressed by their SHA-256; durable before any row points at them."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, bindparam, delete, select, update

from hub.model.errors import NotFound
from hub.store.batch import Batch, typed
from hub.store.tables import BlobRow

T = TypeVar("T")

_CHUNK = 1 << 20
_AT_ONCE = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """Where blobs are kept; calls block, so they run in a thread."""

    def put(self, content: bytes | Iterable[bytes]) -> str:
        """Stores bytes durably and returns their SHA-256 in hex; the same bytes are kept once."""
        ...

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Stores many as `put` does one, with fewer waits for the disk; returns their SHA-256 in order."""
        ...

    def read(self, sha256: str) -> bytes:
        """Returns the bytes. Raises NotFound."""
        ...

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """Streams the bytes. Raises NotFound."""
        ...

    def remove(self, sha256: str) -> None:
        """Removes the bytes, if they are there."""

    def sweep(self, shard: int, known: Callable[[Sequence[str]], Collection[str]], before: float) -> int:
        """Removes old bytes of one of 256 shards of which `known` returns nothing; returns how many."""
        ...


class FileBlobs:
    """Blobs as files in one folder: written aside, fsynced, renamed, the folders fsynced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._durable: set[str] = set()
        self._syncing = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hub-blobs")

    def put(self, content: bytes | Iterable[bytes]) -> str:
        if isinstance(content, bytes):
            known = hashlib.sha256(content).hexdigest()
            if self._touch(known):
                return known
            content = (content,)
        digest = hashlib.sha256()
        incoming = self._folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        aside = incoming / secrets.token_hex(16)
        try:
            with aside.open("xb") as file:
                for chunk in content:
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(digest.hexdigest())
            self._make(target.parent.name)
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _sync_folders([str(target.parent)])
        return digest.hexdigest()

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        names = [hashlib.sha256(content).hexdigest() for content in contents]
        fresh = {name: content for name, content in zip(names, contents, strict=True) if not self._renew(name)}
        incoming = self._folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        asides = {name: str(incoming / secrets.token_hex(16)) for name in fresh}
        try:
            # Each thread waits for one file at a time: the disk takes what several wait for in one go.
            pieces = _dealt([(asides[name], content) for name, content in fresh.items()])
            writing = [self._syncing.submit(_write_durably, piece) for piece in pieces]
            wait(writing)  # all of them, so that none is written after the others were removed
            for written in writing:
                written.result()
            for shard in {name[:2] for name in asides}:
                self._make(shard)
            for name, aside in asides.items():
                os.replace(aside, self._at(name))  # noqa: PTH105  # a Path a file is a tenth of the time
        except BaseException:
            for aside in asides.values():
                Path(aside).unlink(missing_ok=True)
            raise
        list(self._syncing.map(_sync_folders, _dealt([self._shard(shard) for shard in {name[:2] for name in names}])))
        return names

    def _make(self, shard: str) -> None:
        """Makes a shard's folder, whose own name must outlast a power cut too: once a process is enough."""
        if shard not in self._durable:
            Path(self._shard(shard)).mkdir(parents=True, exist_ok=True)
            _sync_folders([str(self._folder), str(self._folder.parent)])
            self._durable.add(shard)

    def _touch(self, sha256: str) -> bool:
        """Says whether the bytes are here, and makes them look new, so that the sweep leaves them alone meanwhile."""
        if not self._renew(sha256):
            return False
        _sync_folders([self._shard(sha256[:2])])  # who renamed it may not have come to that yet
        return True

    def _renew(self, sha256: str) -> bool:
        try:
            os.utime(self._at(sha256))
        except FileNotFoundError:
            return False
        return True

    def sweep(self, shard: int, known: Callable[[Sequence[str]], Collection[str]], before: float) -> int:
        """Removes files of one of 256 shards that no row knows and that are older than `before` (Unix time).

        They are left by a kill between the storing of the bytes and the commit. Returns how many were removed.
        """
        folder = self._folder / f"{shard % 256:02x}"
        found = {folder.name + file.name: file for file in folder.glob("*")} if folder.is_dir() else {}
        kept = set(known(sorted(found))) if found else set()
        removed = 0
        for sha256, file in found.items():
            if sha256 not in kept and file.stat().st_mtime < before:
                file.unlink(missing_ok=True)
                removed += 1
        return removed

    def read(self, sha256: str) -> bytes:
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("The stored file is gone from the blob folder; restore it from a backup.") from None

    def chunks(self, sha256: str) -> Iterator[bytes]:
        try:
            with self.path(sha256).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except FileNotFoundError:
            raise NotFound("The stored file is gone from the blob folder; restore it from a backup.") from None

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Returns where a blob lies; refuses what is no hash, so no name can lead out of the folder."""
        if not _SHA256.fullmatch(sha256):
            raise NotFound(f"{sha256[:80]!r} is no SHA-256.")
        return Path(self._at(sha256))

    def _at(self, sha256: str) -> str:
        return f"{self._folder}/{sha256[:2]}/{sha256[2:]}"

    def _shard(self, shard: str) -> str:
        return f"{self._folder}/{shard}"


def _dealt(work: Sequence[T]) -> list[Sequence[T]]:
    """Parts work among the threads: one of them to each costs more than the writing."""
    return [work[at::_AT_ONCE] for at in range(min(_AT_ONCE, len(work)))]


def _write_durably(files: Sequence[tuple[str, bytes]]) -> None:
    for path, content in files:
        with open(path, "xb", buffering=0) as file:  # noqa: PTH123  # a Path a file is a tenth of the time
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())


def _sync_folders(folders: Iterable[str]) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_REFER = Batch(
    {**typed(BlobRow, ("sha256", "size")), "more": BlobRow.references.type, **typed(BlobRow, ("created_at",))},
    'INSERT INTO blob (sha256, size, "references", created_at) {rows}'
    ' ON CONFLICT (sha256) DO UPDATE SET "references" = blob."references" + excluded."references"',
)
_RELEASE = (
    update(BlobRow).where(BlobRow.sha256 == bindparam("blob")).values(references=BlobRow.references + bindparam("more"))
)


def refer(conn: Connection, blobs: Sequence[tuple[str, int]], now: datetime) -> None:
    """Counts one more reference to each (sha256, size); the blob itself is stored already."""
    counts = Counter(blobs)
    # In one order, lest two processes wait for each other.
    _REFER(
        conn,
        [
            {"sha256": sha, "size": size, "more": more, "created_at": now}
            for (sha, size), more in sorted(counts.items())
        ],
    )


def release(conn: Connection, blobs: Sequence[str]) -> None:
    """Counts one reference less to each blob; the sweep removes those at zero."""
    if blobs:
        conn.execute(_RELEASE, [{"blob": sha, "more": -1} for sha in sorted(blobs)])


def known(conn: Connection, hashes: Sequence[str]) -> set[str]:
    """Returns which of these blobs have a row."""
    return set(conn.scalars(select(BlobRow.sha256).where(BlobRow.sha256.in_(hashes)))) if hashes else set()


def forget_unreferenced(conn: Connection, older_than: datetime) -> int:
    """Removes the rows of blobs that nothing points at; the sweep then removes their bytes. Returns how many."""
    return conn.execute(delete(BlobRow).where(BlobRow.references <= 0, BlobRow.created_at < older_than)).rowcount
