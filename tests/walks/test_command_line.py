"""Item 11 and the bad input of the configuration: one sentence, the right exit code."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.servers import nursery
from tests.walks.running import RunningHub


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return nursery.hub(*words, cwd=folder, env={**os.environ, "HUB_DATA": str(folder / "data"), **environment})


def test_init_then_check_is_well_in_the_sandbox(tmp_path: Path) -> None:
    assert run(tmp_path, "check").returncode == 6
    made = run(tmp_path, "init", "--json")
    assert made.returncode == 0, made.stderr
    assert "/link/" in json.loads(made.stdout)["sign_in"]
    checked = run(tmp_path, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("config", "code", "words"),
    [
        ("[hub]\nporrt = 1\n", 2, ["porrt", "port"]),
        ("[hub\n", 2, ["TOML"]),
        ('[channels.x]\nadapter = "channels.nothing:Here"\n', 2, ["channels.x", "channels.nothing"]),
        (
            '[channels.m]\nadapter = "channels.email_imap:ImapMailbox"\nmode = "live"\nhost = "127.0.0.1"\n'
            'username = "a@example.com"\npassword = "secret:NOT_SET"\n',
            2,
            ["NOT_SET", "channels.m"],
        ),
    ],
    ids=["unknown key", "no TOML", "unknown adapter", "missing secret"],
)
def test_a_wrong_configuration_is_one_clear_sentence(tmp_path: Path, config: str, code: int, words: list[str]) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(config)
    done = run(tmp_path, "serve", "--config", str(file))
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_an_unreachable_database_is_a_problem(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", HUB_DATABASE_URL="postgresql+asyncpg://hub@127.0.0.1:9/hub")
    assert done.returncode == 6
    assert "Traceback" not in done.stderr


def test_an_unreachable_mail_server_is_told_by_check(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(
        '[channels.m]\nadapter = "channels.email_imap:ImapMailbox"\nmode = "live"\nhost = "127.0.0.1"\nport = 9\n'
        'tls = "none"\nusername = "a@example.com"\npassword = "x"\n'
    )
    run(tmp_path, "init", "--config", str(file))
    done = run(tmp_path, "check", "--json", "--config", str(file))
    assert done.returncode == 6
    problem = json.loads(done.stdout.splitlines()[0])
    assert problem["where"] == "m"
    assert problem["mend"]


def test_two_hubs_on_one_sqlite_folder_are_refused(hub: RunningHub) -> None:
    second = hub.command("serve", "--port", "1")
    assert second.returncode == 2
    assert "Another hub" in second.stderr


def test_do_not_call_lists_are_loaded_shown_and_taken_back(hub: RunningHub, tmp_path: Path) -> None:
    file = tmp_path / "registry.csv"
    file.write_text("number\n+14155550171\n+14155550172\nnobody\n")
    wrong = hub.command("do-not-call", str(file), "--as-of", "yesterday")
    assert (wrong.returncode, wrong.stdout, "Traceback" in wrong.stderr) == (1, "", False)
    loaded = hub.command("do-not-call", str(file), "--name", "federal", "--json")
    assert loaded.returncode == 0, loaded.stderr
    [made] = json.loads(loaded.stdout)["items"]
    assert (made["name"], made["numbers"]) == ("federal", 2)
    shown = hub.command("do-not-call")
    assert (shown.returncode, f"{made['id']}  federal: 2 numbers" in shown.stdout) == (0, True)
    back = hub.command("do-not-call", "--forget", str(made["id"]))
    assert (back.returncode, back.stdout) == (0, "No list is loaded: nobody is asked about one.\n")
    assert hub.command("do-not-call", "--forget", str(made["id"])).returncode == 3
    assert run(tmp_path, "do-not-call").returncode == 6


def test_a_restart_finds_everything_where_it_was(hub: RunningHub) -> None:
    made = hub.api("POST", "/customers", {"display_name": "Ada", "identities": ["mailto:restart@example.com"]})
    hub.stop()
    assert not (hub.data / "running.json").exists()
    hub.start()
    assert hub.customer("mailto:restart@example.com")["id"] == made["id"]
