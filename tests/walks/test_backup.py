"""A running hub is backed up and restored into PostgreSQL, and its history is the same there."""

from __future__ import annotations

import json
from pathlib import Path

from tests.servers.postgres import Postgres
from tests.walks.conftest import SANDBOX
from tests.walks.running import Person, RunningHub, wait_for

PASSPHRASE = "correct horse battery staple"


def test_a_running_hub_moves_to_postgresql_by_its_backup(postgres: Postgres, tmp_path: Path, person: Person) -> None:
    words = tmp_path / "passphrase"
    words.write_text(PASSPHRASE + "\n")
    file = tmp_path / "hub.tar"
    with RunningHub(tmp_path / "old", config=SANDBOX) as old:
        old.command("simulate", "mail", "My fridge is broken", "--from", f"Ada <{person.email}>")
        old.command("simulate", "text", "Can you come?", "--from", person.phone)
        customer = old.customer(f"mailto:{person.email}")
        before = old.timeline(customer)
        number = old.api("POST", "/backups")["id"]
        made = wait_for(lambda: _ended(old, number), "the backup")
        assert (made["state"], made["error"]) == ("made", "")
        assert made["verified_at"]
        done = old.command("backup", str(file), "--passphrase-file", str(words), "--json")
        assert json.loads(done.stdout)["with_key"], done.stderr
        assert old.api("GET", "/backups")["items"][0]["file"] == str(file)
        rehearsed = old.command("upgrade", "--rehearse", "--json")
        assert json.loads(rehearsed.stdout)["problems"] == [], rehearsed.stderr
    with postgres.database() as url:
        environment = {"HUB_DATABASE_URL": url}
        new = RunningHub(tmp_path / "new", config=SANDBOX, environment=environment)
        new.data.mkdir()
        missing = new.command("restore", str(file))
        assert missing.returncode == 2
        assert "check value" in missing.stderr
        restored = new.command("restore", str(file), "--passphrase-file", str(words))
        assert restored.returncode == 0, restored.stderr
        with new:
            found = new.customer(f"mailto:{person.email}")
            assert found["id"] == customer["id"]
            assert new.timeline(found) == before
            hits = new.api("GET", f"/customers/{found['id']}/timeline?q=fridge")["items"]
            assert [each["medium"] for each in hits] == ["email"]


def _ended(hub: RunningHub, number: str) -> dict[str, str] | None:
    found: dict[str, str] = hub.api("GET", f"/backups/{number}")
    return found if found["state"] in ("made", "failed") else None
