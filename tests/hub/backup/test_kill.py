"""SIGKILL in the middle of a restore: the old hub is as it was, or the new one is whole; never anything between."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from hub.secrets import create_hub_key, hub_key
from hub.store.backup.sealing import key_check
from tests.hub.backup.conftest import Kept
from tests.hub.backup.everything import archive_of
from tests.hub.backup.test_restoring import restored

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def big(living: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 10,000 interactions, which takes a moment to restore."""
    file = tmp_path_factory.mktemp("big") / "hub.sqlite3"
    with closing(sqlite3.connect(living.url.removeprefix("sqlite:///"))) as raw, closing(sqlite3.connect(file)) as to:
        raw.backup(to)
        to.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 10999)"
            " INSERT INTO interaction SELECT n.i, identity_id, conversation_id, channel, medium, direction, kind,"
            " trust, 'x' || n.i, NULL, subject, text, detail, customer_why, conversation_why, received_at"
            " FROM interaction, n"
        )
        to.commit()
    return file


# Seconds after the scratch copy was begun: while it is made, while it is filled.
@pytest.mark.parametrize("later", [0.0, 1.0])
def test_a_kill_leaves_the_old_hub_as_it_was_or_the_new_one_whole(
    living: Kept, big: Path, tmp_path: Path, later: float
) -> None:
    data = tmp_path / "data"
    create_hub_key(data)
    restored(living, f"sqlite:///{data / 'hub.sqlite3'}", data)
    archive = tmp_path / "big.tar"
    archive_of(f"sqlite:///{big}", archive, key_check=key_check(hub_key(data, {})))
    command = [sys.executable, "-m", "hub", "restore", str(archive), "--data", str(data), "--over-what-is-there"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    while not (data / "hub.restoring.sqlite3").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(later)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    with closing(sqlite3.connect(data / "hub.sqlite3")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("SELECT count(*) FROM interaction").fetchone()[0] in {1, 10_001}
    assert hub_key(data, {})
