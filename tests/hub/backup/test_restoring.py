"""A restore: into an empty hub, whole or not at all, and the old life is over in it."""

from __future__ import annotations

import asyncio
import gzip
import io
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, insert, select

from hub.model.errors import Refused
from hub.store import search
from hub.store.backup.places import in_postgres, new_sqlite, on_snapshot
from hub.store.backup.restoring import Restored, Restoring, restore
from hub.store.blobs import FileBlobs
from hub.store.migrate import migrate, move_to, newest_revision
from hub.store.new_life import promotions_held
from hub.store.tables import (
    CustomerRow,
    InstallationRow,
    LeaseRow,
    LinkRow,
    MessageRow,
    MessageStepRow,
    SessionRow,
    TemplateRow,
)
from tests.builders import NOW, later
from tests.hub.backup.conftest import WORDS, Kept
from tests.hub.backup.everything import archive_of, nothing
from tests.servers.postgres import Postgres


def restored(living: Kept, url: str, folder: Path, **more: Any) -> Restored:
    given = {"archive": living.file, "key_check": "0123", "keep_secrets": True, "now": later(hours=1), **more}
    return restore(Restoring(url=url, blobs=FileBlobs(folder / "blobs"), **given), nothing)


@pytest.mark.outbound("crash-restored")
def test_the_old_life_is_over_on_either_engine(living: Kept, postgres: Postgres, tmp_path: Path) -> None:
    file = tmp_path / "new" / "hub.sqlite3"
    restored(living, f"sqlite:///{file}", tmp_path)
    on_snapshot(f"sqlite:///{file}", _check_new_life)
    assert file.stat().st_mode & 0o777 == 0o600
    assert FileBlobs(tmp_path / "blobs").read(living.blobs.put(b"a voicemail")) == b"a voicemail"
    with postgres.database() as url:
        restored(living, url, tmp_path)
        in_postgres(url, _check_new_life)
        in_postgres(url, _check_numbers_go_on)
        with pytest.raises(Refused, match="There is a hub"):
            restored(living, url, tmp_path)
        again = restored(living, url, tmp_path, over=True)
        assert again.aside.startswith("the schema hub_before_")
        in_postgres(url, _check_new_life)
        kept = again.aside.removeprefix("the schema ")
        assert in_postgres(url, lambda conn: conn.exec_driver_sql(f"SELECT count(*) FROM {kept}.customer").scalar())


def _check_new_life(conn: Connection) -> None:
    facts = {row.name: row.value for row in conn.execute(select(InstallationRow.name, InstallationRow.value))}
    assert (facts["epoch"], facts["key_check"]) == ("2", "0123")
    assert "2026-03-02 10:00 UTC" in promotions_held(conn)
    messages = {row.id: row for row in conn.execute(select(MessageRow.__table__))}
    assert {at: row.state for at, row in messages.items()} == {1: "ready", 2: "unknown", 3: "ready", 4: "accepted"}
    assert {at for at, row in messages.items() if row.content.get("may_arrive_twice")} == {3}
    assert all(row.lease_until is None for row in messages.values())
    steps = conn.execute(select(MessageStepRow.message_id, MessageStepRow.state, MessageStepRow.seen))
    assert [tuple(step) for step in steps] == [(4, "accepted", None), (2, "unknown", {"look": 0})]
    assert conn.scalars(select(LeaseRow.until)).all() == [later(hours=1)]
    assert not conn.scalars(select(SessionRow.digest)).all()
    assert not conn.scalars(select(LinkRow.digest)).all()
    assert search.search(conn, WORDS) == [99]


def _check_numbers_go_on(conn: Connection) -> None:
    row = insert(CustomerRow).values(display_name="New", relationship="prospect", created_at=NOW)
    assert conn.execute(row.returning(CustomerRow.id)).scalar_one() == 42
    template = {"name": "n", "language": "en", "version": 1, "purpose": "reminder", "faces": {}, "created_at": NOW}
    assert conn.execute(insert(TemplateRow).values(**template).returning(TemplateRow.id)).scalar_one() == 1
    conn.exec_driver_sql("DELETE FROM customer WHERE id = 42")
    conn.exec_driver_sql("DELETE FROM template")


def test_a_hub_that_is_there_stays_or_is_kept_aside(living: Kept, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    restored(living, url, tmp_path)
    on_snapshot(url, _check_new_life)
    before = (tmp_path / "hub.sqlite3").read_bytes()
    with pytest.raises(Refused, match="There is a hub"):
        restored(living, url, tmp_path)
    assert (tmp_path / "hub.sqlite3").read_bytes() == before
    again = restored(living, url, tmp_path, over=True)
    assert Path(again.aside).read_bytes() == before
    assert sorted(file.name for file in tmp_path.glob("hub*")) == ["hub.before-20260302T110000.sqlite3", "hub.sqlite3"]


def test_one_that_was_only_set_up_makes_way(living: Kept, sqlite_store_url: str, tmp_path: Path) -> None:
    assert restored(living, sqlite_store_url, tmp_path).aside == ""
    on_snapshot(sqlite_store_url, _check_new_life)


def test_a_damaged_backup_leaves_what_is_there_as_it_was(living: Kept, tmp_path: Path, postgres: Postgres) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(living.file.read_bytes()[: living.made.size // 2])
    url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    restored(living, url, tmp_path)
    on_snapshot(url, _check_new_life)
    before = (tmp_path / "hub.sqlite3").read_bytes()
    with pytest.raises(Refused, match="damaged"):
        restored(living, url, tmp_path, archive=cut, over=True)
    assert (tmp_path / "hub.sqlite3").read_bytes() == before
    with postgres.database() as server:
        with pytest.raises(Refused, match="damaged"):
            restored(living, server, tmp_path, archive=cut)
        asked = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'hub%'"
        assert in_postgres(server, lambda conn: conn.exec_driver_sql(asked).scalar()) == 0


def test_an_older_schema_is_migrated_after_it_was_compared(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    with new_sqlite(old) as conn:
        move_to(conn, "0001")
        conn.exec_driver_sql("INSERT INTO installation (name, value) VALUES ('id', 'abc'), ('epoch', '1')")
        conn.exec_driver_sql(
            "INSERT INTO staff (id, email, display_name, role, password_hash, language, time_zone, signature,"
            " created_at) VALUES (1, 'ada@hub.test', 'Ada', 'admin', '', '', '', '', 0)"
        )
    made = archive_of(f"sqlite:///{old}", tmp_path / "old.tar")
    assert made.schema == "0001"
    url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    restoring = Restoring(
        archive=made.file, url=url, blobs=FileBlobs(tmp_path / "b"), now=NOW, key_check="", keep_secrets=True
    )
    assert restore(restoring, nothing).about["installation"] == "abc"
    with closing(sqlite3.connect(tmp_path / "hub.sqlite3")) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (newest_revision(),)
        assert raw.execute("SELECT email FROM staff").fetchall() == [("ada@hub.test",)]
    assert not asyncio.run(migrate(url))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "9999"}, "newer hub"),
        ({"format": 2}, "format 2"),
        ({"tables": {"customer": [["id", "int"]]}}, "not those of its schema"),
    ],
    ids=["a newer schema", "a newer format", "other tables"],
)
def test_what_another_hub_made_is_refused(living: Kept, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    file = tmp_path / "other.tar"
    with tarfile.open(living.file) as old, tarfile.open(file, "w") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            read = content.read()
            if member.name == "about.json":
                read = orjson.dumps({**orjson.loads(read), **change})
                member.size = len(read)
            new.addfile(member, io.BytesIO(read))
    with pytest.raises(Refused, match=said):
        restored(living, f"sqlite:///{tmp_path / 'hub.sqlite3'}", tmp_path, archive=file)


def test_a_chunk_that_swells_without_end_is_refused(living: Kept, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("hub.store.backup.archive._LARGEST_CHUNK", 100_000)
    file = tmp_path / "bomb.tar"
    with tarfile.open(living.file) as old, tarfile.open(file, "w") as new:
        about = old.next()
        assert about is not None
        new.addfile(about, old.extractfile(about))
        packed = gzip.compress(b"0" * 10_000_000)
        member = tarfile.TarInfo("tables/customer/000001.jsonl.gz")
        member.size = len(packed)
        new.addfile(member, io.BytesIO(packed))
    with pytest.raises(Refused, match="too large"):
        restored(living, f"sqlite:///{tmp_path / 'hub.sqlite3'}", tmp_path, archive=file)
