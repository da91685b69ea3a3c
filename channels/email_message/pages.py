"""Whole pages of ordinary mails read in a process of their own: parsing takes the interpreter from nobody's page."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from channels.base import Raw
from channels.email_message.reading_process import ReadingProcess, pickled, serve
from channels.email_message.workshop import PATIENCE_SECONDS
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent

# A mail, and how `mail_events` is to read it.
Job = tuple[Raw, Mapping[str, Any]]
Outcome = Sequence[ChannelEvent] | Unreadable
# A few mails are read sooner than a process is started.
FEW = 8
_MAILS_EACH = 20_000

_log = logging.getLogger(__name__)


class PageReader:
    """Lends one process, started when first needed; safe to use from many threads, which take turns."""

    def __init__(self) -> None:
        self._process: ReadingProcess | None = None
        self._turn = threading.Lock()

    def read(self, jobs: Sequence[Job]) -> list[Outcome] | None:
        """Returns what each mail tells, or why it cannot be read; None where the process was lost over them."""
        with self._turn:
            process = self._process
            if process is None or process.ended or process.asked >= _MAILS_EACH:
                self._end()
                process = self._process = ReadingProcess(__name__)
            try:
                [answer] = process.ask([pickled(jobs)], time.monotonic() + PATIENCE_SECONDS, len(jobs))
                return cast("list[Outcome]", pickle.loads(answer))  # noqa: S301 - from our own process
            except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
                _log.warning("The process that reads mails was lost over %d of them: %r", len(jobs), error)
                self._end()
                return None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def close(self) -> None:
        with self._turn:
            self._end()


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
