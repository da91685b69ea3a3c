"""A process that reads mails for the hub, with limits on time and memory; the hub's side of it and its own.

It is started as a fresh interpreter (never forked: the hub has threads) and talks over a socket pair. A message is the
number of its pieces, the length of each, then the pieces: a pickle, and beside it large bytes that need no copy. Both
ends are our own code.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# What one mail may compute.
COMPUTING_SECONDS = 10
MEMORY = 2 * 1024**3
# A process that nobody needs gives its memory back.
IDLE_SECONDS = 60.0
# What it reads is not urgent: somebody may be waiting for a page on the same processor. With 2 in place of 10, half of
# the pages beside a first reading took 167 ms instead of 120 (measured on two processors).
NICENESS = 10
_LENGTH = struct.Struct("!Q")
_PIECE = 1 << 20
_ROOT = Path(__file__).resolve().parents[2]


class ReadingProcess:
    """The hub's side; one question at a time. `asked`: how many mails it was given."""

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-P", "-m", module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])},
            )
        self._socket = ours
        self.asked = 0

    def ask(self, pieces: Sequence[bytes], deadline: float, mails: int = 1) -> list[bytes]:
        """Returns the answer. Raises OSError (TimeoutError after `deadline`, by time.monotonic) and EOFError."""
        self.asked += mails
        send(self._socket, pieces, deadline)
        return receive(self._socket, deadline)

    @property
    def ended(self) -> bool:
        """Whether it has gone, as it does when nobody asked for a while."""
        return self.process.poll() is not None

    def close(self) -> None:
        self._socket.close()
        self.process.kill()
        self.process.wait()


def send(connection: socket.socket, pieces: Sequence[bytes], deadline: float | None) -> None:
    """Sends a message; without a deadline it waits for ever."""
    head = b"".join([_LENGTH.pack(len(pieces)), *(_LENGTH.pack(len(piece)) for piece in pieces)])
    for piece in (head, *pieces):
        connection.settimeout(None if deadline is None else max(0.01, deadline - time.monotonic()))
        connection.sendall(piece)


def receive(connection: socket.socket, deadline: float) -> list[bytes]:
    """Returns the pieces of a message. Raises TimeoutError, and EOFError where the other side is gone."""
    (count,) = _LENGTH.unpack(_received(connection, _LENGTH.size, deadline))
    lengths = [_LENGTH.unpack(_received(connection, _LENGTH.size, deadline))[0] for _ in range(count)]
    return [_received(connection, length, deadline) for length in lengths]


def _received(connection: socket.socket, size: int, deadline: float) -> bytes:
    # BytesIO hands its buffer out as it is: 25 MB are in memory once, not as pieces and joined.
    pieces = io.BytesIO()
    left = size
    while left:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        piece = connection.recv(min(_PIECE, left))
        if not piece:
            raise EOFError("the reading process ended")
        left -= pieces.write(piece)
    return pieces.getvalue()


def serve(answer: Callable[[list[bytes]], Sequence[bytes]], mails: Callable[[list[bytes]], int]) -> None:
    """Answers the hub until it closes the socket, or asks nothing for a while; to be run as the process's own program.

    `mails`: how many a message holds, each of which may compute for so long.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    with contextlib.suppress(EOFError, OSError), socket.socket(fileno=int(sys.argv[1])) as hub:
        while True:
            asked = receive(hub, time.monotonic() + IDLE_SECONDS)
            seconds = int(time.process_time()) + COMPUTING_SECONDS + mails(asked)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
            send(hub, answer(asked), None)
            del asked


def pickled(value: object) -> bytes:
    """Returns a value as both sides understand it."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
