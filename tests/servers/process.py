"""A server as a child process that cannot outlive the tests."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Not the one that a test may have set: two processes of a run would take the same port.
_CHANCE = random.SystemRandom()


class Missing(Exception):
    """A server is not installed; the text says what to install."""


def free_port() -> int:
    """Returns a port that nobody has and that nobody is given (Linux gives 32768 to 60999: ip(7), ip_local_port_range).

    Of a server in that range that is down for a moment somebody else might have the port when it comes back.
    """
    for port in _CHANCE.sample(range(10_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("100 ports were tried, and all are taken")


def find_program(names: Sequence[str], places: Sequence[str], mend: str) -> Path:
    """Returns the first program found in PATH or in one of the folders (glob patterns). Raises Missing."""
    found = [Path(path) for name in names if (path := shutil.which(name))]
    for place in places:
        root = Path(place).anchor
        folders = sorted(Path(root).glob(place.removeprefix(root)), reverse=True)
        found += [folder / name for folder in folders for name in names if (folder / name).is_file()]
    if not found:
        raise Missing(f"{names[0]} is not installed ({mend})")
    return found[0].resolve()


def private_folder(prefix: str, owner: str | None = None) -> Path:
    """Makes a folder with a short path (a Unix socket's may have 107 bytes), owned by `owner` when root asks."""
    folder = Path(tempfile.mkdtemp(prefix=f"hub-{prefix}-"))
    if owner:
        shutil.chown(folder, owner, owner)
    return folder


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Returns when `ready` holds. Raises TimeoutError naming `what`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready within {seconds:g} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    except OSError:
        return False
    return True


class Process:
    """A running program; its output goes to a file, it dies with the test run even when that is killed."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        user: str | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**os.environ, **(environment or {})},
                user=user,
                group=user,
                extra_groups=[] if user else None,
                start_new_session=True,
                preexec_fn=die_with_parent(death_signal),
            )

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Returns when `ready` holds. Raises RuntimeError with the end of the log when the program has ended."""

        def ready_or_dead() -> bool:
            if not self.running:
                raise RuntimeError(f"{what} did not start:\n{self.log.read_text('utf-8', 'replace')[-2000:]}")
            return ready()

        wait_until(ready_or_dead, what, seconds)

    def stop(self, how: signal.Signals = signal.SIGTERM, *, everything: bool = False, seconds: float = 60) -> None:
        """Ends the program; `everything` signals its children as well."""
        if self.running:
            if everything:
                os.killpg(self._child.pid, how)
            else:
                self._child.send_signal(how)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait(seconds)


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Linux signals a child whose parent has died (prctl(2), PR_SET_PDEATHSIG = 1); elsewhere a clean end must do."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, death_signal)
