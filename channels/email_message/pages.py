"""Whole pages of ordinary mails read in processes of their own: parsing takes the interpreter from nobody's page."""

from __future__ import annotations

import logging
import os
import pickle
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from channels.base import Raw
from channels.email_message.guard import close_workshop, read_apart
from channels.email_message.reading_process import ReadingProcess, pickled, serve
from channels.email_message.workshop import PATIENCE_SECONDS
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent

# A mail, and how `mail_events` is to read it.
Job = tuple[Raw, Mapping[str, Any]]
Outcome = Sequence[ChannelEvent] | Unreadable
# A few mails are read sooner than a process is started.
FEW = 8
PROCESSES = min(2, os.cpu_count() or 1)
_MAILS_EACH = 20_000

_log = logging.getLogger(__name__)


class PageReader:
    """Lends at most PROCESSES processes, the second where the first is at work; safe to use from many threads."""

    def __init__(self) -> None:
        self._idle: list[ReadingProcess] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(PROCESSES)

    def read(self, jobs: Sequence[Job]) -> list[Outcome] | None:
        """Returns what each mail tells, or why it cannot be read; None where the process was lost over them."""
        with self._places:
            process = self._free()
            try:
                [answer] = process.ask([pickled(jobs)], time.monotonic() + PATIENCE_SECONDS, len(jobs))
                outcomes = cast("list[Outcome]", pickle.loads(answer))  # noqa: S301 - from our own process
            except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
                _log.warning("The process that reads mails was lost over %d of them: %r", len(jobs), error)
                process.close()
                return None
            with self._lock:
                self._idle.append(process)
            return outcomes

    def _free(self) -> ReadingProcess:
        """Returns the one that was at work last: the other ends by itself when one is enough."""
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None:
                return ReadingProcess(__name__)
            if not process.ended and process.asked < _MAILS_EACH:
                return process
            process.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()


_pages = PageReader()


def read_page(jobs: Sequence[Job]) -> Sequence[Outcome]:
    """Reads ordinary mails, many of them in a process of their own; if it is lost over them, each in one of its own."""
    if len(jobs) < FEW:
        return [read_one(job) for job in jobs]
    outcomes = _pages.read(jobs)
    return outcomes if outcomes is not None else [read_one((raw, {**how, "read": read_apart})) for raw, how in jobs]


def close_reading() -> None:
    """Ends every process that reads mails; the next mail that needs one starts it again."""
    _pages.close()
    close_workshop()


def read_one(job: Job) -> Outcome:
    """Reads a mail here."""
    from channels.email_message.events import mail_events

    raw, how = job
    try:
        return mail_events(raw, **how)
    except Unreadable as error:
        return Unreadable(error.message)
    except Exception as error:  # noqa: BLE001  # told with the mail, which is kept; the next one is read
        _log.exception("A mail could not be read")
        return Unreadable(f"The reader failed: {type(error).__name__}.")


def _answer(asked: list[bytes]) -> list[bytes]:
    jobs = cast("list[Job]", pickle.loads(asked.pop()))  # noqa: S301 - from our own hub
    return [pickled([read_one(job) for job in jobs])]


if __name__ == "__main__":
    serve(_answer, lambda asked: len(asked[0]) >> 16)
