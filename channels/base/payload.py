"""What passes the doorway: what the hub lends an adapter, payloads in, answers out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.model.value import value

Settings = Mapping[str, Any]
# Returns a token that is good for some minutes; its argument is one that the server did not take, or empty.
AccessToken = Callable[[str], Awaitable[str]]
# Asks the name server for the TXT records of a name, each as one text; raises OSError where nobody answers.
Txt = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the hub lends every adapter: its public address, its home country, and whether this is the sandbox.

    `access_token` lends the token of a consent (OAuth), where there is one; it raises ConfigurationError, Unavailable.
    `txt` asks the name server, where the adapter may look outside. `proven`: the hub has
    reached itself by that address.
    """

    public_url: str
    region: str = "US"
    language: str = "en"
    sandbox: bool = False
    staff_addresses: frozenset[str] = frozenset()
    access_token: AccessToken | None = field(default=None, repr=False)
    txt: Txt | None = field(default=None, repr=False)
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one mailbox (or provider list) has been read; `position` is the adapter's own, kept as JSON."""

    mailbox: str
    position: Mapping[str, Any]


@value(kw_only=True)
class Raw:
    """One payload as it came, whole. `key` is the transport key: unique within the channel, the same on every fetch.

    `cursor` is the position after this payload; it is committed together with what the payload became.
    `failure`: why the adapter already knows that it cannot be read (too large, gone from the server). `ahead`: how many
    more the source has for now, where it knows.
    """

    content: bytes = field(repr=False)
    key: str
    received_at: datetime
    cursor: Cursor | None = None
    content_type: str = "application/octet-stream"
    failure: str = ""
    note: Mapping[str, str] = field(default_factory=dict)
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """What a mailbox holds on its server: `numbers` rise as payloads come to it and are given anew with each `epoch`.

    `wanted`: those that polling brings, which leaves out what came before the cursor's day; `passed`: polling has seen
    all up to here. `folder`: the server's own name of the mailbox; `prefix`: what the transport keys begin with.
    """

    folder: str
    prefix: str
    epoch: int
    passed: int
    numbers: Sequence[int] = field(repr=False)
    wanted: Sequence[int] = field(repr=False)

    def key(self, number: int) -> str:
        """Returns the transport key of a payload."""
        return f"{self.prefix}{number}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart form."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@value(kw_only=True)
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


@value()
class Reply:
    """What the hub answers to a web request, after the commit."""

    status: int = 204
    content_type: str = "text/plain"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@value(kw_only=True)
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
