"""`hub export` and `hub apply`: beside a running hub and without one, with the same words."""

from __future__ import annotations

import json
from pathlib import Path

from tests.walks.running import RunningHub

SMS = "templates/callback_apology/en/sms.txt"


def test_configuration_travels_from_one_hub_to_another(tmp_path: Path) -> None:
    hub, folder = RunningHub(tmp_path / "data"), tmp_path / "files"
    hub.data.mkdir()
    assert hub.command("init").returncode == 0
    told = json.loads(hub.command("export", str(folder), "--json").stdout)
    assert (told["stale"], len(told["written"])) == ([], len(told["files"]))
    (folder / SMS).write_text("Sorry. {{ business.name }}")
    (folder / "forms/old.toml").write_text("")
    with hub:
        dry = hub.command("apply", str(folder), "--dry-run")
        assert (dry.returncode, dry.stdout) == (1, "Nothing could be compared.\n")
        assert "forms/old.toml, languages: A form needs its languages" in dry.stderr
        (folder / "forms/old.toml").unlink()
        done = hub.command("apply", str(folder))
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "changed    template  callback_apology/en (sms)"
        report = json.loads(hub.command("apply", str(folder), "--json").stdout)
        assert (report["applied"], report["counts"]["changed"]) == (True, 0)
    (folder / SMS).unlink()
    gone = hub.command("apply", str(folder), "--prune", "--dry-run")
    assert "changed    template  callback_apology/en (sms)" in gone.stdout, gone.stderr
    assert "dry run" in gone.stderr
    again = json.loads(hub.command("export", str(folder), "--json").stdout)
    assert again["written"] == [SMS]
    nothing = hub.command("apply", str(tmp_path / "nowhere"))
    assert nothing.returncode == 1
    assert "is no folder" in nothing.stderr
