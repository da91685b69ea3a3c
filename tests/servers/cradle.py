"""The process behind the nursery: it imports the hub, once, and forks for each program that is asked for."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.process import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
_REQUEST = 1 << 20


def address(name: str) -> str:
    """Linux: unix(7), an abstract name: no file, and taken by one process only."""
    return f"\0{name}"


@dataclass
class _Child:
    """A program that was forked: whose it is, and where its end is told."""

    line: socket.socket
    ended: int


def _serve(door: socket.socket) -> tuple[str, list[str]]:
    """Forks for each request; returns in the child, with what it is to run. Leaves with the last line."""
    children: dict[int, _Child] = {}
    lines: list[socket.socket] = []
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    dies_with_this = die_with_parent(signal.SIGKILL)
    gc.collect()
    gc.freeze()
    while True:
        with selectors.DefaultSelector() as ready:
            for each in (door, woken, *lines):
                ready.register(each, selectors.EVENT_READ)
            came = {key.fileobj for key, _ in ready.select()}
        if woken in came:
            woken.recv(4096)
            _bury(children)
        if door in came:
            lines.append(door.accept()[0])
        for line in [each for each in lines if each in came]:
            text, fds = _asked(line)
            if not text:
                _leave(line, lines, children)
                continue
            request = json.loads(text)
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                if dies_with_this:
                    dies_with_this()
                for open_one in (door, woken, wakes, *lines):
                    open_one.close()
                _become(request, fds[:3], [*fds, *(child.ended for child in children.values())])
                return request["module"], request["words"]
            children[pid] = _Child(line, fds[3])
            for fd in fds[:3]:
                os.close(fd)
            _tell(line, pid)


def _asked(line: socket.socket) -> tuple[bytes, list[int]]:
    """Returns a request and its open files; nothing when whoever asked has ended."""
    try:
        text, fds, _, _ = socket.recv_fds(line, _REQUEST, 4)
    except ConnectionResetError:
        return b"", []
    return text, fds


def _tell(line: socket.socket, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked has ended, and its line is read next
        line.send(str(number).encode())


def _leave(line: socket.socket, lines: list[socket.socket], children: Mapping[int, _Child]) -> None:
    """Ends what was forked for a line that was closed, and this process with the last."""
    for pid, child in children.items():
        if child.line is line:
            os.kill(pid, signal.SIGKILL)
    lines.remove(line)
    line.close()
    if not lines:
        os._exit(0)


def _bury(children: dict[int, _Child]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            told = children.pop(pid).ended
            with socket.socket(fileno=told) as line:
                _tell(line, os.waitstatus_to_exitcode(status))


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


def _leave_at_once(code: int) -> None:
    """Ends a program as Python does, but takes nothing apart: of the hub, which all share, that would be a copy."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Py_FinalizeEx does first
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # and Python says what it says of a closed pipe
    os._exit(code)


if __name__ == "__main__":
    _door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        _door.bind(address(sys.argv[1]))
    except OSError:
        sys.exit()  # another process of the run was first
    _door.listen(64)
    read_the_hub()
    _module, _ = _serve(_door)
    try:
        runpy.run_module(_module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            raise
        _leave_at_once(end.code or 0)
    _leave_at_once(0)
