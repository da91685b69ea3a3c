"""The watch under which the sandbox's walk runs catches what leaves this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.walks.running import ROOT


def test_the_watch_itself_catches_what_leaves(tmp_path: Path) -> None:
    code = (
        "import sys, socket; from tests.hub.app.loopback_only import watch; sys.addaudithook(watch)\n"
        "socket.create_connection(('192.0.2.1', 80), 1)"
    )
    environment = {"LEAKS": str(tmp_path / "leaks.txt"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert "PermissionError" in done.stderr
    assert "192.0.2.1" in (tmp_path / "leaks.txt").read_text()
