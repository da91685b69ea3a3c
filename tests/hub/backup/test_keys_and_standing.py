"""The key of a backup, and whether folder, key and database belong together."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.app import standing
from hub.app.setting_up import set_up
from hub.config import Settings, load
from hub.model.errors import ConfigurationError, Refused
from hub.secrets import create_hub_key, hub_key
from hub.store.backup.found_key import find_key, lay_given
from hub.store.backup.places import new_sqlite
from hub.store.backup.sealing import key_check, seal_files, unseal_files
from hub.store.migrate import move_to, newest_revision
from hub.store.session import open_database
from tests.builders import NOW
from tests.hub.backup.conftest import Kept, happen
from tests.hub.backup.everything import archive_of
from tests.patience import PATIENT
from tests.servers.postgres import Postgres

PASSPHRASE = "several plain words"


def test_only_its_passphrase_opens_the_key() -> None:
    sealed = seal_files({"hub.key": b"k"}, PASSPHRASE)
    assert unseal_files(sealed, PASSPHRASE) == {"hub.key": b"k"}
    assert b"hub.key" not in sealed
    for bad, words in ((sealed, "other words here"), (b"{}", PASSPHRASE), (b"x", PASSPHRASE)):
        with pytest.raises(Refused, match="does not open"):
            unseal_files(bad, words)
    with pytest.raises(Refused, match="too short"):
        seal_files({}, "short")


def test_the_key_is_found_or_named(living: Kept, tmp_path: Path) -> None:
    text = secrets.token_urlsafe(32)
    master = hub_key(tmp_path, {"HUB_KEY": text})
    sealed = seal_files({"hub.key": text.encode(), "secrets.env": b"A=1\n"}, PASSPHRASE)
    file = tmp_path / "b.tar"
    archive_of(living.url, file, key_check=key_check(master), sealed_key=sealed)
    folder = tmp_path / "data"
    create_hub_key(folder)
    with pytest.raises(ConfigurationError, match=f"check value {key_check(master)}; the one here has"):
        find_key(folder, file, "", {})
    assert find_key(folder, file, "", {}, lost=True).is_new
    assert find_key(folder, file, "", {"HUB_KEY": text}).master == master
    with pytest.raises(ConfigurationError, match="HUB_KEY is another key"):
        find_key(folder, file, PASSPHRASE, {"HUB_KEY": secrets.token_urlsafe(32)})
    lay_given(folder, text)
    assert find_key(folder, file, "", {}).master == master
    (folder / "hub.key.restoring").unlink()
    found = find_key(folder, file, PASSPHRASE, {})
    found.lay_beside()
    found.put_in_place(NOW)
    assert hub_key(folder, {}) == master
    assert (folder / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert len(list(folder.glob("hub.key.before-*"))) == 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data": tmp_path / "data"}, environment=PATIENT)


async def started(settings: Settings, *, occupied: bool = True) -> Settings:
    await set_up(settings, lambda _: None)
    if occupied:
        database = open_database(f"sqlite:///{(settings.hub.data / 'hub.sqlite3').absolute()}")
        await database.open()
        await database.write(lambda conn, _: happen(conn), None)
        await database.close()
    return settings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: (data / "hub.sqlite3").unlink(), "is empty, but the data folder .* is not new: the key of a hub"),
        (lambda data: (data / "hub.key").unlink(), "key of the hub in .* is missing"),
        (lambda data: (data / "hub.key").write_text(secrets.token_urlsafe(32)), "is not the one that this database"),
        (lambda data: (data / "installation.json").write_text('{"installation": "x"}'), "belongs to another hub"),
    ],
    ids=["an empty database beside an old folder", "no key", "another key", "another hub's folder"],
)
async def test_what_does_not_belong_together_is_refused(
    settings: Settings, change: Callable[[Path], object], said: str
) -> None:
    data = (await started(settings)).hub.data
    change(data)
    before = sorted(file.name for file in data.iterdir())
    with pytest.raises(ConfigurationError, match=said) as refused:
        await set_up(settings, lambda _: None)
    assert refused.value.next_step
    assert sorted(file.name for file in data.iterdir()) == before


async def test_a_start_that_was_killed_goes_on(settings: Settings, tmp_path: Path) -> None:
    data = (await started(settings, occupied=False)).hub.data
    (data / "installation.json").unlink()
    (data / "hub.key").unlink()
    await set_up(settings, lambda _: None)
    for file in data.iterdir():
        file.unlink()
    (data / "hub.sqlite3").touch()
    await set_up(settings, lambda _: None)
    assert (await standing.check(settings, {})).revision == newest_revision()


async def test_a_restore_that_was_killed_between_database_and_key_is_ended_by_the_start(settings: Settings) -> None:
    data = (await started(settings)).hub.data
    right = (data / "hub.key").read_text()
    (data / "hub.key").rename(data / "hub.key.restoring")
    create_hub_key(data)
    await set_up(settings, lambda _: None)
    assert (data / "hub.key").read_text() == right


async def test_a_postgresql_database_that_is_empty_beside_an_old_folder_is_refused(
    settings: Settings, postgres: Postgres
) -> None:
    await started(settings)
    with postgres.database() as url:
        hub = settings.hub.model_copy(update={"database_url": url})
        with pytest.raises(ConfigurationError, match=r"is empty, but the data folder .* is not new: a database"):
            await set_up(settings.model_copy(update={"hub": hub}), lambda _: None)


async def test_an_older_database_is_kept_before_it_is_migrated(settings: Settings) -> None:
    def older() -> None:
        with new_sqlite(settings.hub.data / "hub.sqlite3") as conn:
            move_to(conn, "0001")
            conn.exec_driver_sql("INSERT INTO installation (name, value) VALUES ('id', 'abc'), ('epoch', '1')")

    await asyncio.to_thread(older)
    create_hub_key(settings.hub.data)
    assert await set_up(settings, lambda _: None)
    kept = list((settings.hub.data / "backups").glob(f"before-schema-{newest_revision()}-*.tar"))
    assert len(kept) == 1
