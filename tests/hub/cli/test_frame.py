"""The frame of the command line: exit codes, errors in words, nothing but results on standard output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hub import __version__
from hub.cli import build_app
from hub.cli.frame import emit, note, wants_json
from hub.model.errors import ConfigurationError, HubError, NotAllowed, NotFound, Refused, Unavailable

ROOT = Path(__file__).parents[3]
HUB = [sys.executable, "-m", "hub"]


def hub(*args: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*HUB, *args], input=stdin, capture_output=True, cwd=ROOT, env={**os.environ, **environment}, timeout=180
    )


def app_that(raises: BaseException) -> typer.Typer:
    app = build_app()

    @app.command("fail")
    def _fail() -> None:
        raise raises

    return app


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HubError("It failed"), 1),
        (Refused("The file is empty"), 1),
        (ConfigurationError("The setting colour is unknown"), 2),
        (NotFound("There is no customer 7"), 3),
        (NotAllowed("Viewers may not send"), 4),
        (Unavailable("The database cannot be reached"), 6),
        (PermissionError(13, "Permission denied", "data/hub.db"), 1),
        (ValueError("surprise"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code_and_leaves_standard_output_empty(error: BaseException, code: int) -> None:
    result = CliRunner().invoke(app_that(error), ["fail"])
    assert result.exit_code == code
    assert result.stdout == ""


def test_an_error_is_said_in_sentences_with_what_to_do() -> None:
    error = ConfigurationError("The setting colour is unknown", next_step="Remove it from hub.toml")
    result = CliRunner().invoke(app_that(error), ["fail"])
    assert result.stderr == "The setting colour is unknown. Remove it from hub.toml.\n"


@pytest.mark.parametrize("args", [["--json", "fail"], ["fail", "--json"]])
def test_with_json_an_error_is_one_object(args: list[str]) -> None:
    error = NotFound("There is no customer 7", next_step="Look it up with hub why")
    result = CliRunner().invoke(app_that(error), args)
    assert json.loads(result.stderr) == {
        "code": "not_found",
        "message": "There is no customer 7",
        "next": "Look it up with hub why",
    }
    assert result.exit_code == 3


def test_json_is_known_to_the_command_and_forgotten_afterwards() -> None:
    app = build_app()

    @app.command("answer")
    def _answer() -> None:
        note("working")
        emit({"json": wants_json(), "name": "Žofie"})

    result = CliRunner().invoke(app, ["answer", "--json"])
    assert result.stdout == '{"json": true, "name": "Žofie"}\n'
    assert result.stderr == "working\n"
    assert not wants_json()


def test_a_fault_of_the_hub_shows_its_trace_to_people_only() -> None:
    app = app_that(ValueError("surprise"))
    assert "Traceback" in CliRunner().invoke(app, ["fail"]).stderr
    assert json.loads(CliRunner().invoke(app, ["fail", "--json"]).stderr)["code"] == "bug"


@pytest.mark.parametrize(
    "args", [["nonsense"], ["inspect", "nonsense"], ["inspect", "sms"], ["--colour"], ["inspect"], []]
)
def test_wrong_usage_is_exit_2_with_a_hint(args: list[str]) -> None:
    done = hub(*args)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"--help" in done.stderr


def test_wrong_usage_with_json_is_one_object() -> None:
    done = hub("inspect", "emial", "--json")
    assert done.returncode == 2
    error = json.loads(done.stderr)
    assert error["code"] == "usage"
    assert "email" in error["message"]


def test_version_and_help_are_results() -> None:
    assert hub("--version").stdout.decode() == f"hub {__version__}\n"
    shown = hub("--help")
    assert shown.returncode == 0
    assert b"inspect" in shown.stdout
    assert shown.stderr == b""


def test_no_color_is_respected() -> None:
    colour = re.compile(rb"\x1b\[(?:\d+;)*[34]\d")
    assert colour.search(hub("--help", FORCE_COLOR="1", NO_COLOR="").stdout)
    assert not colour.search(hub("--help", FORCE_COLOR="1", NO_COLOR="1").stdout)


def test_output_is_utf_8_whatever_the_locale() -> None:
    done = hub(
        "inspect", "sms", "žluť 😀", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0
    done.stdout.decode("utf-8")


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    running = subprocess.Popen(
        [*HUB, "inspect", "sms", *["stop"] * 3000], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout
    assert running.stderr
    running.stdout.readline()
    running.stdout.close()
    assert running.wait(timeout=180) == 141
    assert running.stderr.read() == b""
    running.stderr.close()


def test_inspect_loads_neither_web_nor_database() -> None:
    code = (
        "import sys; sys.argv = ['hub', 'inspect', 'sms', 'hello']\n"
        "from hub.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'aiohttp', 'sqlalchemy', 'hub.web', 'hub.store', 'hub.config', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
