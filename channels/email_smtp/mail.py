"""A mail between its sender and the connection that carries it, and the commands that open it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hub.model.errors import Temporary
from hub.model.outbound import Receipt
from hub.model.value import value

# Commands that go together: phase, the code that is expected, the command.
Commands = Sequence[tuple[str, int, str]]


@value()
class Envelope:
    """One mail as it goes over the wire; addresses without angle brackets, an empty sender is the null path."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)

    @property
    def needs_utf8(self) -> bool:
        return not (self.sender.isascii() and self.recipient.isascii())


@dataclass(slots=True, eq=False)
class Mail:
    """A mail on its way, and the answer that its sender waits for.

    `at_dot` is called just before its final dot is written; `abort` ends the connection that carries it, `opening` are
    the commands before its content.
    """

    envelope: Envelope
    deadline: datetime
    answer: asyncio.Future[Receipt]
    at_dot: Callable[[], None]
    abort: Callable[[Mail], None] | None = None
    opening: Commands = ()

    def succeed(self, receipt: Receipt) -> None:
        if not self.answer.done():
            self.answer.set_result(receipt)

    def fail(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.answer.cancel()
        elif not self.answer.done():
            self.answer.set_exception(error)


def unheeded() -> None:
    """Notes nothing of a final dot: who waits for the answer knows of it as long as this process lives."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def is_late(mail: Mail) -> bool:
    return utc_now() >= mail.deadline


def too_late() -> Temporary:
    return Temporary("The time to send this mail was over before it was handed to the mail server.", phase="data")


def written(commands: Commands) -> bytes:
    return "".join(f"{command}\r\n" for _, _, command in commands).encode()
