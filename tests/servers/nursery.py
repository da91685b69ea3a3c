"""Python programs that start at once: one process imports the hub, once, and every program is a fork of it.

What a fork runs is the program as the shell would start it: its own process, arguments, folder, environment, standard
output and exit code; only the seconds in which Python reads the hub's modules are spent once and not by each.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.servers.cradle import ROOT, address


class Program:
    """A program of the nursery, as subprocess.Popen shows one."""

    def __init__(self, pid: int, ended: socket.socket, stdout: IO[str]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        """Returns the exit code, negative for a signal, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Returns the exit code. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._ended.settimeout(timeout)
            try:
                said = self._ended.recv(16)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("hub", timeout or 0) from None
            self._ended.close()
            self.returncode = int(said) if said else -signal.SIGKILL
        return self.returncode

    def send_signal(self, how: signal.Signals) -> None:
        """Signals it unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """A line to the process that forks; what was forked for it ends with it, and the process with its last line."""

    def __init__(self, name: str) -> None:
        self._line = _connected(name) or _begun(name)
        atexit.register(self.close)

    def close(self) -> None:
        """Ends what was started."""
        self._line.close()

    def start(
        self,
        words: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        stdin: IO[Any],
        stderr: IO[Any],
        module: str = "hub",
    ) -> Program:
        """Starts `python -m <module> <words>`; its standard output is a pipe. Raises OSError when the nursery died."""
        told, ended = socket.socketpair()
        out, into = os.pipe()
        with told:
            around = {"cwd": str(cwd), "env": {**env, "PYTHONPATH": str(ROOT)}}
            request = json.dumps({"module": module, "words": list(words), **around}).encode()
            try:
                socket.send_fds(self._line, [request], [stdin.fileno(), into, stderr.fileno(), told.fileno()])
            finally:
                os.close(into)
        pid = int(self._line.recv(16))
        return Program(pid, ended, os.fdopen(out, encoding="utf-8"))

    def run(
        self, words: Sequence[str], cwd: Path, env: Mapping[str, str], *, stdin: bytes = b"", seconds: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Runs `hub <words>` to its end. Raises subprocess.TimeoutExpired."""
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            asked.write(stdin)
            asked.seek(0)
            program = self.start(words, cwd, env, stdin=asked, stderr=errors)
            with program.stdout as reading:
                said = _all_of(reading, program, seconds)
            code = program.wait(seconds)
            errors.seek(0)
            return subprocess.CompletedProcess(["hub", *words], code, said, errors.read())


def _all_of(reading: IO[str], program: Program, seconds: float) -> str:
    parts: list[bytes] = []
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        ready.register(reading, selectors.EVENT_READ)
        while ready.select(max(0.0, deadline - time.monotonic())):
            part = os.read(reading.fileno(), 1 << 16)
            if not part:
                return b"".join(parts).decode()
            parts.append(part)
    program.kill()
    raise subprocess.TimeoutExpired("hub", seconds)


_one: list[Nursery] = []
# Whoever began it may end before it; kept, or Popen would warn of a process that still runs.
_processes: list[subprocess.Popen[bytes]] = []


def nursery() -> Nursery:
    """Returns the nursery of this test run, begun by the first of its processes that asks."""
    if not _one:
        _one.append(Nursery(f"hub-nursery-{os.environ.get('PYTEST_FORK_OF', os.getpid())}"))
    return _one[0]


def _connected(name: str) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        line.connect(address(name))
    except ConnectionRefusedError:
        line.close()
        return None
    return line


def _begun(name: str) -> socket.socket:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.cradle", name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
    )
    _processes.append(process)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        line = _connected(name)
        if line:
            return line
        time.sleep(0.02)
    raise RuntimeError(f"the nursery did not begin within 120 s (its exit code: {process.poll()})")


def hub(
    *words: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Runs a `hub` command to its end."""
    return nursery().run(words, cwd, os.environ if env is None else env, stdin=stdin)
