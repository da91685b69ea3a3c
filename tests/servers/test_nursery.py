"""A program of the nursery is the program that the shell would start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.servers import nursery

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("inspect", "sms", "--json", "Žofie", "STOP")


def test_it_says_and_leaves_what_the_real_one_does(tmp_path: Path) -> None:
    real = subprocess.run(
        [sys.executable, "-m", "hub", *WORDS],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    forked = nursery.hub(*WORDS, cwd=tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (real.returncode, real.stdout, real.stderr)


def test_it_has_its_own_folder_input_and_exit_code(tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("Hello")
    done = nursery.hub("inspect", "reply", "here.txt", "-", "missing.txt", cwd=tmp_path, stdin=b"Good evening\n")
    assert done.returncode == 1
    assert [word in done.stdout for word in ("Hello", "Good evening", "there is no such file")] == [True] * 3


def test_a_kill_ends_it_at_once(tmp_path: Path) -> None:
    with Path(os.devnull).open("r+") as nothing:
        words = ["serve", "--json", "--port", "0", "--data", str(tmp_path / "data")]
        program = nursery.nursery().start(words, tmp_path, os.environ, stdin=nothing, stderr=nothing)
        program.kill()
        assert program.wait(20) == -signal.SIGKILL
        program.stdout.close()
