"""The doorway: what a channel adapter may offer, as small capabilities found by `isinstance`.

An adapter is a class loaded by dotted path from the configuration (`adapter = "channels.sms:TwilioSms"`). It is built
as `Adapter(name, settings, context)`: `settings` is its own section as a mapping of plain values (secrets already
resolved), `context` what the hub lends it. It validates its settings there and raises ConfigurationError.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from hub.model.contact import InboundContact
from hub.model.event import ChannelEvent
from hub.model.outbound import Evidence, Outgoing, Receipt
from hub.model.problem import Problem

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the hub lends every adapter: its public address, its home country, and whether this is the sandbox."""

    public_url: str
    region: str = "US"
    language: str = "en"
    sandbox: bool = False
    staff_addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one mailbox (or provider list) has been read; `position` is the adapter's own, kept as JSON."""

    mailbox: str
    position: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One payload as it came, whole. `key` is the transport key: unique within the channel, the same on every fetch.

    `cursor` is the position after this payload; it is committed together with what the payload became.
    `failure`: why the adapter already knows that it cannot be read (too large, gone from the server).
    """

    content: bytes = field(repr=False)
    key: str
    received_at: datetime
    cursor: Cursor | None = None
    content_type: str = "application/octet-stream"
    failure: str = ""
    note: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart form."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A web request as an adapter sees it.

    `url` is built from the configured public address, never from Host; `form` keeps repeated fields in order;
    `definition` is what the database knows about the hook (the form, the call flow), loaded by the web room.
    """

    hook: str
    url: str
    headers: Mapping[str, str]
    form: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    received_at: datetime
    remote: str = ""
    definition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the hub answers to a web request, after the commit."""

    status: int = 204
    content_type: str = "text/plain"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What became of one payload. `duplicate`: it had been here already. `failure`: it could not be read, and is kept.

    `opt` is what the person asked for (stop, start, help, unsure or empty), for the answer a channel owes them.
    """

    key: str
    interaction: int | None = None
    customer: int | None = None
    conversation: int | None = None
    duplicate: bool = False
    failure: str = ""
    opt: str = ""
    language: str = ""


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
class Follows(Protocol):
    """Answers some of its hooks by a call flow: the web room hands in the one that is in force, if there is any."""

    flow_hooks: Sequence[str]


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
class TellsTime(Protocol):
    """Sees its provider's clock in the answers it gets anyway."""

    @property
    def clock_offset(self) -> timedelta | None:
        """How far this machine's clock was ahead of the provider's at its last answer; None before one."""


@runtime_checkable
class Files(Protocol):
    """Keeps copies of sent mail in a folder of the mailbox."""

    async def file(self, raw: bytes, folder: str) -> None:
        """Puts a copy of a sent mail into a folder (IMAP APPEND)."""
