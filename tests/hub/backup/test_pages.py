"""Backups on the page and in the API: administrators only, each act noted, files only of finished ones."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.app.backing_up import BackupWork
from hub.config import BackupSettings
from hub.model.errors import NotFound
from hub.store import audit, backups
from hub.store.backups import Result
from hub.store.session import Database
from tests.hub.web.conftest import store_url as store_url
from tests.web_room import NOW, Clock, WebRoom, services_for, web_room

HOST = socket.gethostname()


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock), clock) as running:
        yield running


async def made(room: WebRoom, folder: Path, name: str = "one.tar", **more: object) -> int:
    _write(folder / name)
    result = Result(**{"file": str(folder / name), "size": 7, "rows": 9, "verified_at": NOW, **more})  # type: ignore[arg-type]  # test values
    noted = await room.services.database.write(
        lambda conn, _: backups.note_made(conn, "ada", room.clock(), HOST, result, room.clock()), None
    )
    return noted.id


def _write(file: Path) -> None:
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes(b"archive")


async def test_an_administrator_makes_saves_and_deletes_one(room: WebRoom, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    number = await made(room, folder)
    async with room.browser("admin") as admin:
        page = await admin.get("/backups")
        assert "Restored successfully" in page.text
        assert f"/backups/{number}/file" in page.text
        assert (await admin.post("/backups")).status == 303
        assert "waits to be made" in (await admin.get("/backups")).text
        saved = await admin.get(f"/backups/{number}/file")
        assert (saved.body, saved.headers["Content-Disposition"]) == (b"archive", 'attachment; filename="one.tar"')
        assert (await admin.post(f"/backups/{number}/delete")).status == 303
        assert not (folder / "one.tar").exists()
        assert (await admin.get(f"/backups/{number}/file")).status == 404
    acts = {row["action"] for row in await room.services.database.read(lambda conn, _: audit.page(conn), None)}
    assert {"backup.asked", "backup.downloaded", "backup.deleted"} <= acts


async def test_nobody_else_sees_or_saves_one_and_no_other_file_is_deleted(room: WebRoom, tmp_path: Path) -> None:
    number = await made(room, tmp_path / "elsewhere")
    for role in ("agent", "auditor"):
        async with room.browser(role) as other:
            assert (await other.get("/backups")).status == 403
            assert (await other.get(f"/backups/{number}/file")).status == 404
            assert (await other.post("/backups")).status == 403
    async with room.browser("admin") as admin:
        await admin.get("/backups")
        refused = await admin.post(f"/backups/{number}/delete")
        assert refused.status == 422
        assert (tmp_path / "elsewhere" / "one.tar").exists()


async def test_the_api_lists_asks_and_notes(room: WebRoom) -> None:
    async with room.browser() as caller:
        headers = {"Authorization": f"Bearer {await room.token('admin')}", "Content-Type": "application/json"}
        asked = await caller.ask("POST", "/api/v1/backups", headers=headers)
        again = await caller.ask("POST", "/api/v1/backups", headers=headers)
        assert (asked.status, asked.text) == (201, again.text)
        told = '{"file": "/mnt/x.tar", "asked_at": "2026-03-02T09:00:00Z", "verified_at": "2026-03-02T09:30:00Z"}'
        noted = await caller.ask("POST", "/api/v1/backups/made", headers=headers, data=told)
        assert noted.status == 201, noted.text
        listed = await caller.ask("GET", "/api/v1/backups", headers=headers)
        assert '"state":"made"' in listed.text
        assert '"state":"wanted"' in listed.text
        auditor = {**headers, "Authorization": f"Bearer {await room.token('auditor')}"}
        assert (await caller.ask("GET", "/api/v1/backups", headers=auditor)).status == 200
        assert (await caller.ask("POST", "/api/v1/backups", headers=auditor)).status == 403
    last = await room.services.database.read(lambda conn, _: backups.last_backup(conn), None)
    assert last.ok
    assert last.verified_at == NOW - timedelta(minutes=30)


async def test_the_clock_asks_when_it_is_time_and_old_ones_make_way(room: WebRoom, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    database, settings = room.services.database, room.services.settings
    kept = BackupSettings(every_hours=24, keep=2)
    work = BackupWork(database, settings.model_copy(update={"backup": kept}), room.clock)
    for number in range(3):
        await made(room, folder, f"{number}.tar")
        await made(room, folder, f"{number}.failed.tar", error="no space", verified_at=None)
        room.clock.advance(hours=1)
    await work._thin()
    assert sorted(file.name for file in folder.iterdir()) == ["1.tar", "2.failed.tar", "2.tar"]
    assert not await database.write(lambda conn, _: backups.ask_when_due(conn, timedelta(hours=24), room.clock()), None)
    room.clock.advance(hours=24)
    assert await database.write(lambda conn, _: backups.ask_when_due(conn, timedelta(hours=24), room.clock()), None)
    last = await database.read(lambda conn, _: backups.last_backup(conn), None)
    assert (last.ok, last.error) == (False, "no space")


async def test_one_process_takes_it_and_a_silent_one_has_failed(database: Database) -> None:
    await database.write(lambda conn, _: backups.ask(conn, "ada", NOW), None)
    taken = await database.write(lambda conn, _: backups.take(conn, "a", "/f", NOW), None)
    assert taken is not None
    assert await database.write(lambda conn, _: backups.take(conn, "b", "/g", NOW), None) is None
    with pytest.raises(NotFound):
        await database.write(backups.forget, taken.id)
    later = NOW + backups.SILENT_FOR + timedelta(seconds=1)
    await database.write(lambda conn, _: backups.take(conn, "b", "/g", later), None)
    assert (await database.read(backups.get, taken.id)).state == "failed"


async def test_a_new_hub_takes_no_backup_without_its_link(room: WebRoom) -> None:
    async with room.browser() as stranger:
        await stranger.get("/sign-in")
        answer = await stranger.ask("POST", "/link/guessed/restore", data={"csrf": stranger.token})
        assert answer.status == 404
