"""A few processes that read large and suspicious mails, each with limits on time and memory; lost ones are replaced.

They are started as fresh interpreters (never forked: the hub has threads) and talk over a socket pair: a length of
8 bytes, then the raw mail one way and the pickled outcome back. The reading side is our own code on both ends.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import cast

from channels.email_message.mail import Mail
from hub.model.errors import Unreadable

# What one mail may compute; and how long it may take in all, so that a machine that stalls costs no mail.
COMPUTING_SECONDS = 10
PATIENCE_SECONDS = 60
MEMORY = 2 * 1024**3
PROCESSES = 2
MAILS_EACH = 500
_LENGTH = struct.Struct("!Q")
_ROOT = Path(__file__).resolve().parents[2]


class _Worker:
    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-P", "-m", "channels.email_message.workshop", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])},
            )
        self.socket = ours
        self.mails = 0

    def read(self, raw: bytes, deadline: float) -> Mail | Unreadable:
        self.mails += 1
        self.socket.settimeout(max(0.01, deadline - time.monotonic()))
        self.socket.sendall(_LENGTH.pack(len(raw)))
        self.socket.sendall(raw)
        (length,) = _LENGTH.unpack(_receive(self.socket, _LENGTH.size, deadline))
        return cast("Mail | Unreadable", pickle.loads(_receive(self.socket, length, deadline)))  # noqa: S301 - from our own process

    def close(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()


class Workshop:
    """Lends at most PROCESSES workers, started when first needed; safe to use from many threads."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self.seconds = seconds
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(PROCESSES)

    def read(self, raw: bytes) -> Mail:
        """Reads a mail in a worker. Raises Unreadable where it says so, or is over its time or memory."""
        with self._places:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            worker = worker or _Worker()
            try:
                outcome = worker.read(raw, time.monotonic() + self.seconds)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                worker.close()
                why = f"took longer than {self.seconds:g} s" if isinstance(error, TimeoutError) else "broke off"
                raise Unreadable(
                    f"Reading this mail {why}, so it was stopped; nothing else is held up. Its raw bytes are kept:"
                    " look at them, or try again with a newer version."
                ) from error
            if worker.mails >= MAILS_EACH:
                worker.close()
            else:
                with self._lock:
                    self._idle.append(worker)
        if isinstance(outcome, Unreadable):
            raise outcome
        return outcome

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


def _receive(connection: socket.socket, size: int, deadline: float) -> bytearray:
    pieces = bytearray()
    while len(pieces) < size:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        piece = connection.recv(min(1 << 20, size - len(pieces)))
        if not piece:
            raise EOFError("the reading process ended")
        pieces += piece
    return pieces


def _serve(connection: socket.socket) -> None:
    """Reads mails until the hub closes the socket."""
    from channels.email_message.read import read_mail

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    far = time.monotonic() + 10 * 365 * 86_400
    while True:
        (length,) = _LENGTH.unpack(_receive(connection, _LENGTH.size, far))
        raw = bytes(_receive(connection, length, far))
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(time.process_time()) + COMPUTING_SECONDS + 1, resource.RLIM_INFINITY)
        )
        try:
            outcome: Mail | Unreadable = read_mail(raw)
        except Unreadable as unreadable:
            outcome = Unreadable(unreadable.message)
        except MemoryError:
            outcome = Unreadable(
                f"Reading this mail needs more than {MEMORY >> 20} MB of memory. Its raw bytes are kept: look at them."
            )
        answer = pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
        connection.settimeout(None)
        connection.sendall(_LENGTH.pack(len(answer)) + answer)


if __name__ == "__main__":
    with contextlib.suppress(EOFError, ConnectionError), socket.socket(fileno=int(sys.argv[1])) as hub:
        _serve(hub)
