"""Python programs that start at once: one process imports the hub, once, and every program is a fork of it.

What a fork runs is the program as the shell would start it: its own process, arguments, folder, environment, standard
output and exit code; only the seconds in which Python reads the hub's modules are spent once and not by each.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
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

ROOT = Path(__file__).resolve().parents[2]
_REQUEST = 1 << 20


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
    """The process that forks; it and what it forked end with the tests."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line = ours
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.nursery", str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self.close)

    def close(self) -> None:
        """Ends it."""
        self._line.close()
        self._process.wait(60)

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


def nursery() -> Nursery:
    """Returns the nursery of this test process, begun when it is first asked for."""
    if not _one:
        _one.append(Nursery())
    return _one[0]


def hub(
    *words: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Runs a `hub` command to its end."""
    return nursery().run(words, cwd, os.environ if env is None else env, stdin=stdin)


def _serve(line: socket.socket) -> tuple[str, list[str]]:
    """Forks for each request; returns in the child, with what it is to run. Leaves when the tests have ended."""
    children: dict[int, int] = {}
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    gc.collect()
    gc.freeze()
    while True:
        with selectors.DefaultSelector() as ready:
            ready.register(line, selectors.EVENT_READ)
            ready.register(woken, selectors.EVENT_READ)
            came = {key.fileobj for key, _ in ready.select()}
        if woken in came:
            woken.recv(4096)
            _bury(children)
        if line not in came:
            continue
        text, fds, _, _ = socket.recv_fds(line, _REQUEST, 4)
        if not text:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            os._exit(0)
        request = json.loads(text)
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for open_one in (line, woken, wakes):
                open_one.close()
            _become(request, fds[:3], [*fds, *children.values()])
            return request["module"], request["words"]
        children[pid] = fds[3]
        for fd in fds[:3]:
            os.close(fd)
        line.send(str(pid).encode())


def _bury(children: dict[int, int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            told = children.pop(pid)
            with socket.socket(fileno=told) as line:
                line.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(request: dict[str, Any], streams: Sequence[int], not_ours: Sequence[int]) -> None:
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    # Those of the nursery know where a file stood that is a pipe now.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # for the whole program
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    for fd in not_ours:
        os.close(fd)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    module, words = request["module"], request["words"]
    sys.argv = [module, *words]
    sys.orig_argv[:] = [sys.executable, "-m", module, *words]
    sys.path[:] = [str(ROOT), *(path for path in sys.path if path not in ("", str(ROOT)))]


def read_the_hub() -> None:
    """Imports what the programs will want: the hub and its adapters, whole."""
    import channels
    import hub

    for package in (hub, channels):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)


if __name__ == "__main__":
    read_the_hub()
    _module, _ = _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module(_module, run_name="__main__", alter_sys=True)
