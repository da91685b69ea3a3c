"""What an adapter may offer, as small capabilities found by `isinstance`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from channels.base.payload import Captured, Cursor, Holding, Raw, Reply, Request
from hub.model.contact import InboundContact
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent
from hub.model.first_look import Looked
from hub.model.outbound import Evidence, Outgoing, Receipt
from hub.model.problem import Problem


@runtime_checkable
class Channel(Protocol):
    """A way in or out, opened and closed with the hub."""

    name: str

    async def open(self) -> None:
        """Connects; may be called again after `close`."""

    async def close(self) -> None:
        """Lets go of every connection; never raises."""

    async def check(self) -> Sequence[Problem]:
        """Tries what the channel needs (DNS, TLS, login, folder) and says what is wrong and how to mend it."""


@runtime_checkable
class Parses(Protocol):
    """Turns payloads into events."""

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        """Turns one payload into events. Pure: no database, no network, no clock. Raises Unreadable."""


@runtime_checkable
class Looks(Protocol):
    """Can show what is there before anything is read."""

    async def look_around(self, newest: int) -> Looked:
        """Shows the folders and the subjects of so many newest mails. Raises Unavailable or ConfigurationError."""


@runtime_checkable
class Vouches(Protocol):
    """Looks outside for what proves who wrote a payload, before it is parsed: keys of signatures, say."""

    async def vouch(self, raws: Sequence[Raw]) -> Sequence[Raw]:
        """Returns the payloads in order, with what was found in their notes; never raises, takes seconds at most."""


@runtime_checkable
class Polls(Protocol):
    """Is asked for what came, mailbox by mailbox."""

    mailboxes: Sequence[str]

    def poll(self, mailbox: str, after: Cursor | None) -> AsyncIterator[Raw | None]:
        """Yields what came after the cursor, oldest first, then waits for more; never returns while all is well.

        Yields None where everything there is has been yielded (so the hub commits what it holds and notes that the
        channel is well). May yield the same payload twice (after a reconnect): the key makes it once.
        Raises Unavailable or ConfigurationError when the source cannot be read; the hub calls again, with backoff.
        """


@runtime_checkable
class Holds(Protocol):
    """Polls mailboxes whose server keeps what was polled: it can be counted there, and any of it fetched again.

    `mailboxes` as in Polls. The first poll of a mailbox leaves out what is older than `first_days` (0: nothing is), by
    the day `since` (as 2026-03-02) that the hub writes into its cursor.
    """

    mailboxes: Sequence[str]
    first_days: int

    async def holding(self, mailbox: str, after: Cursor | None) -> Holding | None:
        """Returns what a mailbox holds now beside a cursor of its polling; None where the server has no such mailbox.

        Raises as `poll` does.
        """

    def pick(self, mailbox: str, epoch: int, numbers: Sequence[int]) -> AsyncIterator[Raw | int]:
        """Yields these payloads in pages and, after each page, how many numbers it was; those gone are left out.

        Pages come in the order given, payloads within one in any. Raises Unavailable, also for another epoch's numbers.
        """


@runtime_checkable
class TakesLong(Protocol):
    """Tells payloads apart that are read at once from those that may take seconds: large ones and suspicious ones."""

    def takes_long(self, raw: Raw) -> bool:
        """Tells whether others should not wait while this one is parsed. Quick and pure; never raises."""


@runtime_checkable
class ParsesPages(Protocol):
    """Parses many payloads sooner, or without holding others up, than one after the other."""

    def parse_page(self, raws: Sequence[Raw]) -> Sequence[Sequence[ChannelEvent] | Unreadable]:
        """Returns for each payload what `parse` returns or raises; as pure. None of them takes long (see TakesLong)."""


@runtime_checkable
class Receives(Protocol):
    """Is called by its provider over the web."""

    hooks: Sequence[str]

    def verify(self, request: Request) -> None:
        """Raises NotAuthentic unless the request comes from who it claims; constant time. Nothing is stored then."""

    def key(self, request: Request) -> str:
        """Returns the transport key of a request: the same for every delivery of the same payload."""

    def reply(self, request: Request, captured: Sequence[Captured]) -> Reply:
        """Returns the answer, after the commit. The same request gets the same answer."""


@runtime_checkable
class Reads(Protocol):
    """Reads files row by row."""

    def rows(self, file: Path, mapping: Mapping[str, Any], start: int) -> Iterator[tuple[int, InboundContact | str]]:
        """Yields (row number from 0, contact or why it is rejected) from row `start` on, streaming."""


@runtime_checkable
class Sends(Protocol):
    """Sends messages to addresses of its schemes."""

    schemes: Sequence[str]

    async def send(self, message: Outgoing, deadline: datetime) -> Receipt:
        """Sends once, before `deadline` (checked just before the final dot or the POST).

        May be called twice with the same message after a retryable failure. Raises SendError subclasses.
        """


@runtime_checkable
class Takes(Protocol):
    """Sends, and while many are to go takes messages over at once: nobody waits for each of them in a task of its own.

    Of a run by mail the tasks, futures and coroutines of 100 messages cost as much as rendering them (measured).
    """

    @property
    def is_taking(self) -> bool:
        """Whether `take` may be tried now."""

    def take(
        self, message: Outgoing, deadline: datetime, tell: Callable[[Receipt | Exception], None]
    ) -> Callable[[], None] | None:
        """Has a message sent as `send` does; `tell` is called once, later, with what `send` returns or raises.

        Returns what calls the message off, after which nothing is told; None where it is to be given to `send`.
        """


@runtime_checkable
class Fetches(Protocol):
    """Fetches media that its provider keeps for us."""

    def fetch(self, url: str) -> AsyncIterator[bytes]:
        """Streams media or a recording, with credentials. Raises Temporary, Rejected (gone) or Unavailable."""


@runtime_checkable
class Recalls(Protocol):
    """Can ask its provider what there is and what became of a message."""

    def recall(self, after: Cursor | None) -> AsyncIterator[Raw]:
        """Yields what the provider lists since the cursor, oldest first, under the same keys as its webhooks."""

    async def find(self, message: Outgoing, body_hash: str) -> Evidence | None:
        """Looks a doubtful send up; None = not yet known."""


@runtime_checkable
class Listed(Protocol):
    """Is listed by a provider: by which (its name for people), and whether that list is the only way in."""

    provider: str

    @property
    def only_recalls(self) -> bool:
        """Whether no webhook reaches the hub, so that it looks every few seconds."""


@runtime_checkable
class Confirms(Protocol):
    """Owes an answer to STOP, START and HELP where no webhook could be answered."""

    def confirmation(self, captured: Captured) -> str:
        """Returns what is to be sent to who wrote it, '' for nothing. Pure."""


@runtime_checkable
class TellsTime(Protocol):
    """Sees its provider's clock in the answers it gets anyway."""

    @property
    def clock_offset(self) -> timedelta | None:
        """How far this machine's clock was ahead of the provider's at its last answer; None before one."""


@runtime_checkable
class Composes(Protocol):
    """Writes a message down as it sends it."""

    def compose(self, message: Outgoing, at: datetime) -> bytes:
        """Returns the bytes of a message as they are sent at that time. Pure; takes its time. Raises Refused."""


@runtime_checkable
class Files(Protocol):
    """Keeps copies of sent mail in a folder of the mailbox."""

    async def file(self, raw: bytes, folder: str) -> bool:
        """Puts a copy of a sent mail into a folder (IMAP APPEND), as read; `folder` empty: where such are kept.

        Returns False where it lies there already: may be called twice with the same mail. Raises Unavailable and
        ConfigurationError.
        """
