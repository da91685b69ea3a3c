"""Blobs: durable before any row points at them, kept once, counted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.model.errors import NotFound
from hub.store import blobs
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from hub.store.tables import BlobRow
from tests.builders import NOW

CONTENT = b"a file of a customer"
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was brought to the disk, in order: paths, as the operating system names them."""
    seen: list[str] = []
    real: Callable[[int], None] = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def files(store: FileBlobs) -> list[Path]:
    return [path for path in store.path(SHA).parents[1].rglob("*") if path.is_file()]


def test_what_was_put_is_read_back_whole_and_in_chunks(store: FileBlobs) -> None:
    assert store.put(CONTENT) == SHA
    assert store.read(SHA) == CONTENT
    assert b"".join(store.chunks(SHA)) == CONTENT


@pytest.mark.parametrize("content", [b"", b"\x00" * 3_000_000], ids=["empty", "larger than a chunk"])
def test_a_stream_and_its_bytes_are_one_blob(store: FileBlobs, content: bytes) -> None:
    parts = [content[at : at + 7] for at in range(0, 70, 7)] + [content[70:]]
    assert store.put(iter(parts)) == store.put(content) == hashlib.sha256(content).hexdigest()
    assert [path.read_bytes() for path in files(store)] == [content]


def test_the_same_bytes_from_many_threads_are_one_file(store: FileBlobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(store.put, [CONTENT] * 64)) == {SHA}
    assert files(store) == [store.path(SHA)]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the test reads file names from /proc")
def test_the_bytes_and_every_folder_on_the_way_are_on_the_disk_before_put_returns(
    store: FileBlobs, synced: list[str]
) -> None:
    store.put(CONTENT)
    shard = store.path(SHA).parent
    assert "/incoming/" in synced[0], "the bytes first, under another name"
    assert synced[-1] == str(shard), "the name they got, last"
    assert {str(shard.parent), str(shard.parent.parent)} <= set(synced), "the folder that is new itself"

    synced.clear()
    store.put(CONTENT)
    assert synced == [str(shard)], "whoever put them first may have died before this"


def test_a_stream_that_breaks_off_leaves_nothing(store: FileBlobs) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(broken())
    assert files(store) == []


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 62 + "/x", "a" * 64 + "\n", "ａ" * 64, "\x00"],
)
def test_a_name_that_is_no_hash_leads_nowhere(store: FileBlobs, name: str) -> None:
    for use in (store.read, store.remove, store.path, lambda name: list(store.chunks(name))):
        with pytest.raises(NotFound):
            use(name)


def test_a_blob_that_is_gone_is_told_in_words_and_removed_without_complaint(store: FileBlobs) -> None:
    store.put(CONTENT)
    store.remove(SHA)
    store.remove(SHA)
    with pytest.raises(NotFound, match="restore it from a backup"):
        store.read(SHA)


async def references(database: Database) -> dict[str, tuple[int, int]]:
    rows = select(BlobRow.sha256, BlobRow.references, BlobRow.size)
    found = await database.read(lambda conn, _: conn.execute(rows).all(), None)
    return {row.sha256: (row.references, row.size) for row in found}


async def test_references_are_counted_within_and_across_batches(database: Database) -> None:
    await database.write(lambda conn, _: blobs.refer(conn, [("a" * 64, 5), ("b" * 64, 6), ("a" * 64, 5)], NOW), None)
    await database.write(lambda conn, _: blobs.refer(conn, [("a" * 64, 5)], NOW), None)
    assert await references(database) == {"a" * 64: (3, 5), "b" * 64: (1, 6)}
    await database.write(lambda conn, _: blobs.release(conn, ["a" * 64, "a" * 64, "b" * 64]), None)
    assert await references(database) == {"a" * 64: (1, 5), "b" * 64: (0, 6)}


async def test_nothing_to_count_is_no_statement(database: Database) -> None:
    await database.write(lambda conn, _: (blobs.refer(conn, [], NOW), blobs.release(conn, [])), None)
    assert await references(database) == {}


async def test_rows_at_zero_are_forgotten_after_a_while_and_only_those(database: Database) -> None:
    await database.write(lambda conn, _: blobs.refer(conn, [("a" * 64, 5), ("b" * 64, 6)], NOW), None)
    await database.write(lambda conn, _: blobs.release(conn, ["b" * 64]), None)
    await database.write(blobs.forget_unreferenced, NOW)
    assert set(await references(database)) == {"a" * 64, "b" * 64}
    await database.write(blobs.forget_unreferenced, NOW + timedelta(seconds=1))
    assert set(await references(database)) == {"a" * 64}
    assert set(await database.read(blobs.known, ["a" * 64, "b" * 64])) == {"a" * 64}


def test_the_sweep_takes_old_bytes_that_no_row_knows(store: FileBlobs) -> None:
    shard = int(SHA[:2], 16)
    written = store.path(store.put(CONTENT)).stat().st_mtime
    assert store.sweep(shard, lambda found: found, written + 1) == 0
    assert store.sweep(shard, lambda _: [], written - 1) == 0
    assert store.sweep(shard, lambda _: [], written + 1) == 1
    assert store.put(CONTENT) == SHA
    assert store.read(SHA) == CONTENT


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the test reads file names from /proc")
def test_many_are_each_on_the_disk_and_so_is_every_folder_of_theirs(store: FileBlobs, synced: list[str]) -> None:
    contents = [f"file {number % 40}".encode() for number in range(60)]
    names = store.put_all(contents)
    assert names == [hashlib.sha256(content).hexdigest() for content in contents]
    assert [store.read(name) for name in names] == contents
    shards = {str(store.path(name).parent) for name in names}
    assert sum("/incoming/" in path for path in synced) == 40, "each content once"
    last_content = max(at for at, path in enumerate(synced) if "/incoming/" in path)
    assert shards <= set(synced[last_content + 1 :]), "the names after the bytes"

    synced.clear()
    assert store.put_all(contents) == names
    assert set(synced) == shards, "whoever put them first may have died before this"


def test_of_many_of_which_one_cannot_be_written_nothing_is_left_half(
    store: FileBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        store.put_all([b"one", b"two"])
    assert files(store) == []
