"""`hub import survey` without a running hub: it holds the folder and does the work itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.hub.uploads.surveys import answer, survey
from tests.servers import nursery


def hub(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return nursery.hub(*words, "--data", str(data), cwd=data.parent)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a hub that was set up and does not run."""
    folder = tmp_path_factory.mktemp("hub") / "data"
    assert hub(folder, "init").returncode == 0
    return folder


def test_a_survey_is_tried_then_taken_in_and_the_result_alone_is_on_standard_output(data: Path, tmp_path: Path) -> None:
    rows = [answer(1), answer(2, score=3), ("2026-02-01", "", "x", 1, "y")]
    file = survey(tmp_path / "visits.csv", rows)
    tried = hub(data, "import", "survey", str(file), "--dry-run", "--json")
    assert tried.returncode == 0, tried.stderr
    told = json.loads(tried.stdout)
    assert (told["state"], told["foretold"]) == ("tried", {"new": 2, "no_identity": 1})
    assert told["problems"][0]["row"] == 2
    done = hub(data, "import", "survey", str(file), "--yes", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["accepted"], told["repeated"], told["rejected"], told["nps"]) == (2, 0, 1, 0.0)
    again = hub(data, "import", "survey", str(file), "--yes", "--json")
    assert json.loads(again.stdout)["again"] is True
    assert "sent before" in again.stderr


def test_columns_are_named_on_the_command_line(data: Path, tmp_path: Path) -> None:
    file = survey(tmp_path / "s.csv", [("x1", "9"), ("x2", "3")], ("Kontakt", "Body"))
    done = hub(data, "import", "survey", str(file), "--map", "Kontakt=external_id", "--map", "2=nps", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accepted"] == 2


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--map", "Nothing=email", "--yes"], 1, "no column 'Nothing'"),
        (["--map", "1=admin", "--yes"], 1, "'admin' is nothing a column can be"),
        ([], 2, "--yes"),
    ],
    ids=["no such column", "no such role", "nobody to ask"],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(
    data: Path, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    file = survey(tmp_path / "s.csv", [(f"{tmp_path.name}@example.com", "9")], ("Email", "Score (0-10)"))
    done = hub(data, "import", "survey", str(file), *words)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert done.stdout == ""


def test_without_a_database_it_says_how_to_make_one(tmp_path: Path) -> None:
    file = survey(tmp_path / "s.csv", [answer(1)])
    done = hub(tmp_path / "empty", "import", "survey", str(file), "--yes", "--json")
    assert done.returncode == 2
    assert json.loads(done.stderr.splitlines()[-1])["next"] == "Run: hub init"
