"""`hub erase`: told first, refused without the name, done beside a running hub and without one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.walks.running import RunningHub


def test_a_customer_is_looked_at_copied_and_erased_by_the_command(tmp_path: Path) -> None:
    hub, copy = RunningHub(tmp_path / "data"), tmp_path / "copy.json"
    with hub:
        for name, number in (("Ada", "+14155550142"), ("Grace", "+14155550143")):
            hub.api("POST", "/customers", {"display_name": name, "identities": [f"tel:{number}"]})
        told = hub.command("erase", "+14155550142", "--dry-run", "--json")
        assert (told.returncode, json.loads(told.stdout)["name"]) == (0, "Ada"), told.stderr
        wrong = hub.command("erase", "+14155550142", "--name", "Eve")
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert "nothing was erased" in wrong.stderr
        nameless = hub.command("erase", "+14155550142")
        assert (nameless.returncode, "nobody was named" in nameless.stderr) == (2, True), nameless.stderr
        done = hub.command("erase", "+14155550142", "--name", "ada", "--copy", str(copy), "--json")
        assert (done.returncode, json.loads(done.stdout)["reason"]) == (0, "asked"), done.stderr
        assert "+14155550142" in copy.read_text()
        assert copy.stat().st_mode & 0o777 == 0o600, "nobody else reads it"
        assert hub.command("erase", "+14155550142", "--dry-run").returncode == 3, "nobody holds it any more"
    alone = hub.command("erase", "+14155550143", "--name", "Grace", "--json")
    assert alone.returncode == 0, alone.stderr
    kept = (hub.data / "erasures.jsonl").read_text()
    assert [json.loads(line)["customer_id"] for line in kept.splitlines() if line] == [1, 2]
    assert "1415555" not in kept, "digests, not addresses"
