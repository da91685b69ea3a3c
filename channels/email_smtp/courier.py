"""Courier: a process of its own that writes the mails of a big run and gives them to the server.

The hub goes on with its ledger meanwhile, on another core. The process keeps nothing. If it dies, the board tells what
came of each mail, on which the process writes before each final dot: a mail whose dot may have gone out is unknown, any
other may be tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from mmap import mmap
from pathlib import Path
from tempfile import TemporaryFile

from channels.email_smtp.pipe import NOT_YET, PAST_THE_DOT, PLACES, Order, Outbox, frame, letter, read, told
from hub.model.errors import SendError, Temporary, Unknown
from hub.model.outbound import Outgoing, Receipt

log = logging.getLogger(__name__)

_ENDS_WITHIN = 5.0
_ROOT = Path(__file__).resolve().parents[2]


class Courier:
    """One process. `is_ready` from when it has started until it ends; `gone` is done once it has ended."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._outbox: Outbox | None = None
        self._process: Process | None = None
        self._carried: dict[int, Callable[[Receipt | Exception], None]] = {}
        self._free = list(range(PLACES))
        self._board: bytearray | mmap = bytearray(PLACES)
        self._is_told = False
        self.gone = asyncio.create_task(self._live(), name=f"courier {order.name}")

    @property
    def is_ready(self) -> bool:
        return self._outbox is not None and bool(self._free)

    @property
    def is_idle(self) -> bool:
        return not self._carried

    async def send(self, message: Outgoing, deadline: datetime) -> Receipt:
        """Has a mail sent. Raises what SmtpSender.send raises; Temporary or Unknown where the process ended."""
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        call_off = self.take(message, deadline, partial(_answer, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            call_off()
            raise

    def take(
        self, message: Outgoing, deadline: datetime, tell: Callable[[Receipt | Exception], None]
    ) -> Callable[[], None]:
        """Has a mail sent; tells what `send` returns or raises. Returns what calls it off. Raises as `send` does."""
        if self._outbox is None:
            raise _ended_before()
        place = self._free.pop()
        self._board[place] = NOT_YET
        self._carried[place] = tell
        self._outbox.put(letter(place, message, deadline))
        return partial(self._call_off, place, tell)

    def _call_off(self, place: int, tell: Callable[[Receipt | Exception], None]) -> None:
        if self._carried.get(place) is tell:  # else it is answered, and the place may be another mail's
            self._carried[place] = _tell_nobody
            if self._outbox is not None:
                self._outbox.put(place)

    def end(self) -> None:
        """Takes no more mails and tells the process to end; what it still carries ends with it."""
        self._is_told, self._outbox = True, None
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def close(self) -> None:
        """Ends the process and waits until it has ended; never raises."""
        self.end()
        await asyncio.wait({self.gone}, timeout=_ENDS_WITHIN)
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await asyncio.wait({self.gone})

    async def _live(self) -> bool:
        """Starts the process and passes its answers on until it has ended; returns whether it ended as it was told."""
        try:
            with _shared_board() as (self._board, descriptor):
                self._process = await _started(descriptor)
                try:
                    await self._pass_on(self._process, descriptor)
                finally:
                    self._outbox = None
                    await self._process.wait()
                    self._account()
        except OSError as error:
            log.warning("no process for the mails of channel %s: %s", self._order.name, error)
        self._process = None
        if not self._is_told:
            log.warning("the process that sent the mails of channel %s ended by itself", self._order.name)
        return self._is_told

    async def _pass_on(self, process: Process, descriptor: int) -> None:
        letters, answers = process.stdin, process.stdout
        if letters is None or answers is None:
            raise OSError("it was started without pipes")
        letters.write(frame((self._order, descriptor)))
        if self._is_told:
            letters.close()
        elif await read(answers) is not None and not self._is_told:
            self._outbox = Outbox(letters.write)
        while (found := await read(answers)) is not None:
            for place, answer in found:
                self._tell(place, told(answer))

    def _tell(self, place: int, answer: Receipt | Exception) -> None:
        tell = self._carried.pop(place)
        self._free.append(place)
        tell(answer)

    def _account(self) -> None:
        """Tells what came of the mails that the process had when it ended."""
        for place in list(self._carried):
            self._tell(place, _ended_after() if self._board[place] == PAST_THE_DOT else _ended_before())


def _answer(waiting: asyncio.Future[Receipt], answer: Receipt | Exception) -> None:
    if waiting.done():
        return
    if isinstance(answer, Receipt):
        waiting.set_result(answer)
    else:
        waiting.set_exception(answer)


def _tell_nobody(_answer: Receipt | Exception) -> None:
    """Who called the mail off has written it down as unknown."""


@contextmanager
def _shared_board() -> Iterator[tuple[mmap, int]]:
    """A byte for each mail in memory that outlives whoever writes it, and its file descriptor."""
    with TemporaryFile() as file:
        file.truncate(PLACES)
        with mmap(file.fileno(), PLACES) as board:
            yield board, file.fileno()


async def _started(descriptor: int) -> Process:
    """Starts a fresh interpreter (never forked: the hub has threads). Raises OSError."""
    paths = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
    # Certificates, name servers and the like, and none of the hub's own, which hold secrets.
    around = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "channels.email_smtp.courier_process"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        pass_fds=(descriptor,),
        env={**around, "PYTHONPATH": paths},
    )


def _ended_before() -> SendError:
    return Temporary("The process that sends mails ended before the mail server had this one.", phase="data")


def _ended_after() -> SendError:
    return Unknown(
        "The process that sends mails ended after the mail server may have had this one; nobody knows whether it took "
        "it.",
        phase="dot",
    )
