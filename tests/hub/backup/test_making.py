"""A backup of a living hub: one moment of it, for its owner's eyes, and told what is missing."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from hub.model.errors import ConfigurationError, Refused
from hub.store.backup import archive as archives
from hub.store.backup.making import Making, make
from hub.store.backup.places import on_snapshot
from hub.store.backup.restoring import try_out
from hub.store.blobs import FileBlobs, refer
from hub.store.sqlite_engine import sqlite_engine
from hub.store.tables import CustomerRow
from tests.builders import NOW
from tests.hub.backup.conftest import Kept
from tests.hub.backup.everything import archive_of, nothing


def test_it_is_its_owners_alone_and_any_program_can_open_it(living: Kept) -> None:
    assert living.file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(living.file) as tar:
        names = tar.getnames()
    assert names[0] == "about.json"
    assert names[-1] == "manifest.json"
    assert "tables/customer/000001.jsonl.gz" in names
    assert not list(living.file.parent.glob("*.part"))


def test_what_is_written_meanwhile_is_not_in_it_and_does_no_harm(
    living: Kept, sqlite_store_url: str, tmp_path: Path
) -> None:
    writer = sqlite_engine(sqlite_store_url, begin="BEGIN IMMEDIATE")
    blobs, told = FileBlobs(tmp_path / "blobs"), []

    def write(conn: Connection) -> None:
        conn.execute(insert(CustomerRow).values(display_name="Late", relationship="prospect", created_at=NOW))
        refer(conn, [(blobs.put(b"late"), 4)], NOW)

    def meanwhile(step: str, done: int, total: int) -> None:
        if not told:
            with writer.connect() as conn, conn.begin():
                write(conn)
        told.append(step)

    file = tmp_path / "b.tar"
    making = Making(file=file, made_at=NOW, key_check="", blobs=blobs)
    made = on_snapshot(sqlite_store_url, lambda conn: make(conn, making, meanwhile))
    writer.dispose()
    assert told
    assert made.tables["customer"] == made.blobs == 0
    assert not try_out(file, tmp_path / "s.sqlite3", nothing).missing


def test_a_missing_or_spoiled_file_is_told_and_stops_nothing(sqlite_store_url: str, tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    good, gone, rotten = (blobs.put(content) for content in (b"good", b"gone", b"rotten"))
    engine = sqlite_engine(sqlite_store_url, begin="BEGIN IMMEDIATE")
    with engine.connect() as conn, conn.begin():
        refer(conn, [(good, 4), (gone, 4), (rotten, 6)], NOW)
    engine.dispose()
    blobs.remove(gone)
    blobs.path(rotten).write_bytes(b"ROTTEN")
    made = archive_of(sqlite_store_url, tmp_path / "b.tar", blobs)
    assert set(made.missing) == {gone, rotten}
    assert set(try_out(made.file, tmp_path / "s.sqlite3", nothing).missing) == {gone, rotten}


def test_it_never_writes_over_another_and_leaves_nothing_half_done(living: Kept, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there already"):
        archive_of(living.url, living.file)

    def stop(step: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "half.tar"
    making = Making(file=file, made_at=NOW, key_check="", blobs=None)
    with pytest.raises(KeyboardInterrupt):
        on_snapshot(living.url, lambda conn: make(conn, making, stop))
    assert not list(tmp_path.iterdir())


def test_an_empty_database_is_none_to_back_up(tmp_path: Path) -> None:
    (tmp_path / "e.sqlite3").touch()
    with pytest.raises(ConfigurationError, match="nothing to back up"):
        archive_of(f"sqlite:///{tmp_path / 'e.sqlite3'}", tmp_path / "b.tar")


@pytest.mark.parametrize("harm", ["cut", "flipped", "end missing", "another row"])
def test_a_damaged_one_is_refused(living: Kept, tmp_path: Path, harm: str) -> None:
    file = tmp_path / "b.tar"
    shutil.copyfile(living.file, file)
    content = bytearray(file.read_bytes())
    at = content.index(b"tables/customer/")
    if harm == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif harm == "flipped":
        content[at + 512 + 20] ^= 0xFF
        file.write_bytes(content)
    elif harm == "end missing":
        file.write_bytes(content[: content.index(b"manifest.json")])
    else:
        said = content.index(b'"rows": 1,', content.index(b"manifest.json"))
        content[said : said + 10] = b'"rows": 2,'
        file.write_bytes(content)
    with pytest.raises(Refused, match="damaged"):
        try_out(file, tmp_path / "s.sqlite3", nothing)
    assert not (tmp_path / "s.sqlite3").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no tar at all", b"\x00" * 2048], ids=["empty", "zip", "zeros"])
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.tar"
    file.write_bytes(content)
    with pytest.raises(Refused, match="no backup"), archives.opened(file):
        pass
