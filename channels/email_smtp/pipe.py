"""What passes between a courier and its process: frames of several items each, and the board of final dots."""

from __future__ import annotations

import asyncio
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from hub.model.errors import HubError
from hub.model.outbound import Outgoing, Receipt
from hub.model.value import value

# So many mails may be with the process at once; each has a place of its own on the board.
PLACES = 512
# What stands on the board at a mail's place: written just before its final dot, read only if the process dies.
NOT_YET, PAST_THE_DOT = 0, 1
_LENGTH = struct.Struct("!I")
_NAMES = tuple(field.name for field in fields(Outgoing))
_values = attrgetter(*_NAMES)
_RECEIPT = tuple(field.name for field in fields(Receipt))
_receipt_values = attrgetter(*_RECEIPT)


@value()
class Order:
    """The channel that the process sends for."""

    name: str
    settings: Mapping[str, Any]
    public_url: str


# A mail to be sent (place, values of its fields, deadline in seconds since 1970); a place alone: it is called off.
Letter = tuple[int, tuple[Any, ...], float] | int
# What came of the mail of a place: the values of a receipt, or an error.
Answer = tuple[int, tuple[Any, ...] | HubError]


def letter(place: int, message: Outgoing, deadline: datetime) -> Letter:
    """Returns a mail as it is handed over: its values alone, which are written in a third of the time."""
    return place, _values(message), deadline.timestamp()


def opened(values: tuple[Any, ...], deadline: float) -> tuple[Outgoing, datetime]:
    """Returns the mail and the deadline of a letter."""
    return Outgoing(**dict(zip(_NAMES, values, strict=True))), datetime.fromtimestamp(deadline, UTC)


def answered(place: int, answer: Receipt | HubError) -> Answer:
    """Returns what came of a mail as it is told, a receipt by its values alone: that is a tenth of the work."""
    return place, answer if isinstance(answer, HubError) else _receipt_values(answer)


def told(answer: tuple[Any, ...] | HubError) -> Receipt | HubError:
    """Returns what an answer tells."""
    return answer if isinstance(answer, HubError) else Receipt(**dict(zip(_RECEIPT, answer, strict=True)))


def frame(content: object) -> bytes:
    """Returns what `read` reads back."""
    packed = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(packed)) + packed


async def read(reader: asyncio.StreamReader) -> Any:
    """Returns the content of the next frame, None where the other side has ended."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return pickle.loads(await reader.readexactly(length))  # noqa: S301  # from our own process
    except (asyncio.IncompleteReadError, OSError):
        return None


class Outbox:
    """Gathers items while the event loop is busy and writes them as one frame."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._items: list[Any] = []

    def put(self, item: object) -> None:
        if not self._items:
            asyncio.get_running_loop().call_soon(self._flush)
        self._items.append(item)

    def _flush(self) -> None:
        items, self._items = self._items, []
        self._write(frame(items))
