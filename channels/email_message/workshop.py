"""A few processes that read large and suspicious mails one by one, each with limits; lost ones are replaced."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from channels.email_message.mail import Mail
from channels.email_message.reading_process import MEMORY, ReadingProcess, pickled, serve
from hub.model.errors import Unreadable

# How long one mail may take in all, so that a machine that stalls costs no mail.
PATIENCE_SECONDS = 60
PROCESSES = 2
MAILS_EACH = 500


class Workshop:
    """Lends at most PROCESSES processes, started when first needed; safe to use from many threads."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self.seconds = seconds
        self._idle: list[ReadingProcess] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(PROCESSES)

    def read(self, raw: bytes) -> Mail:
        """Reads a mail in a process. Raises Unreadable where it says so, or is over its time or memory."""
        with self._places:
            process = self._free()
            try:
                pieces = self._asked(process, raw)
                if pieces is None:
                    process.close()
                    process = ReadingProcess(__name__)
                    pieces = process.ask([raw], time.monotonic() + self.seconds)
                outcome = cast("Mail | Unreadable", pickle.loads(pieces[0]))  # noqa: S301 - from our own process
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                process.close()
                why = f"took longer than {self.seconds:g} s" if isinstance(error, TimeoutError) else "broke off"
                raise Unreadable(
                    f"Reading this mail {why}, so it was stopped; nothing else is held up. Its raw bytes are kept:"
                    " look at them, or try again with a newer version."
                ) from error
            if process.asked >= MAILS_EACH:
                process.close()
            else:
                with self._lock:
                    self._idle.append(process)
        if isinstance(outcome, Unreadable):
            raise outcome
        return _with_files(outcome, pieces[1:])

    def _free(self) -> ReadingProcess:
        with self._lock:
            return self._idle.pop() if self._idle else ReadingProcess(__name__)

    def _asked(self, process: ReadingProcess, raw: bytes) -> list[bytes] | None:
        """Returns the answer; None where a process that waited for mails has ended meanwhile."""
        waited = process.asked > 0
        try:
            return process.ask([raw], time.monotonic() + self.seconds)
        except (EOFError, ConnectionError):
            if waited:
                return None
            raise

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()


def _with_files(mail: Mail, contents: Sequence[bytes]) -> Mail:
    parts = [replace(part, content=content) for part, content in zip(mail.attachments, contents, strict=True)]
    return replace(mail, attachments=tuple(parts))


def _answer(asked: list[bytes]) -> list[bytes]:
    from channels.email_message.read import read_mail

    try:
        mail = read_mail(asked.pop())
    except Unreadable as unreadable:
        return [pickled(Unreadable(unreadable.message))]
    except MemoryError:
        needs = f"Reading this mail needs more than {MEMORY >> 20} MB of memory."
        return [pickled(Unreadable(f"{needs} Its raw bytes are kept: look at them."))]
    contents = [part.content for part in mail.attachments]
    return [pickled(_with_files(mail, [b""] * len(contents))), *contents]


if __name__ == "__main__":
    serve(_answer, len)
