"""What `make test` says of tests that fail among others: only those few that pass alone are excused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import os
import pytest

@pytest.mark.parametrize("number", range({failing}))
def test_fails_among_others(number):
    assert "PYTEST_FORK_OF" not in os.environ

def test_other():
    assert {other}
"""
DIES = "[os.kill(os.getpid(), 9)]"


@pytest.mark.parametrize(
    ("failing", "other", "code"),
    [(2, "True", 0), (1, "False", 1), (9, "True", 1), (1, DIES, 6)],
    ids=["passed alone", "one fails alone too", "too many failed", "a process died"],
)
def test_only_a_few_that_pass_alone_are_excused(tmp_path: Path, failing: int, other: str, code: int) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text("lint:\n\t@echo linted\n")
    (tmp_path / "hub" / "__pycache__").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "forks.py", tmp_path / "conftest.py")
    (tmp_path / "test_some.py").write_text(TESTS.format(failing=failing, other=other))
    done = subprocess.run(
        ["sh", ".ci/test.sh", Path(sys.executable).parent, "1", "-p", "no:hypothesispytest"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "MAKE"))},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    named = done.stdout.rpartition("These failed beside others and passed alone:\n")[2].splitlines()
    assert ("test_some.py::test_fails_among_others[1]" in named[:2]) == (code == 0)
    assert named[-1] == "linted"
