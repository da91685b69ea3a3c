"""The door to the sandbox: what its page needs of the stand-ins, which the roof puts behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneEntry:
    """One text or call as a phone shows it. `incoming`: towards the phone; `heard`: TwiML verbs with their words."""

    kind: str
    incoming: bool
    number: str
    at: datetime
    body: str = ""
    media: tuple[str, ...] = ()
    heard: tuple[tuple[str, str], ...] = ()
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """A call under way. `asks`: what it waits for: `keys`, `voice` (at most `most` of them, of seconds) or nothing."""

    id: str
    phone: str
    number: str
    heard: tuple[tuple[str, str], ...]
    asks: str
    most: int
    over: bool


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call of the hub that rings a phone; `number`: ours."""

    id: str
    number: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that comes with a mail, a text or a voicemail."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that the customer writes; `mailbox` is the channel that reads it, `in_reply_to` a Message-ID or empty."""

    name: str
    address: str
    mailbox: str
    subject: str
    text: str
    in_reply_to: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """A mail in the customer's mailbox. `headers`: those that matter; `one_click`: it can be unsubscribed from so."""

    id: str
    subject: str
    sender: str
    at: datetime
    headers: tuple[tuple[str, str], ...]
    text: str
    message_id: str = ""
    has_html: bool = False
    files: tuple[str, ...] = ()
    one_click: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """The HTML of a mail and the pictures that came with it."""

    html: str
    pictures: tuple[tuple[str, str, bytes], ...] = ()


class SandboxDoor(Protocol):
    """Plays the customer. `mailboxes`: the address of each channel that reads mail; `texts`, `calls`: our numbers.

    Every method raises Unavailable when a stand-in does not answer, and Refused what it does not take.
    """

    @property
    def mailboxes(self) -> Mapping[str, str]: ...
    @property
    def texts(self) -> Sequence[str]: ...
    @property
    def calls(self) -> Sequence[str]: ...

    async def write(self, letter: Letter) -> None:
        """Delivers a mail to a mailbox of the hub."""

    async def drop(self, mailbox: str, raw: bytes) -> None:
        """Delivers a mail as it is."""

    async def mails(self, address: str) -> Sequence[ShownMail]:
        """Returns the mails in the customer's mailbox, newest first."""

    async def inside(self, mail: str) -> Inside:
        """Returns what a mail looks like. Raises NotFound."""

    async def unsubscribe(self, mail: str) -> None:
        """Presses the mail program's own "Unsubscribe" (RFC 8058)."""

    async def text(self, phone: str, number: str, body: str, files: Sequence[File]) -> Sequence[str]:
        """Texts the hub; returns what it answers at once."""

    async def phone(self, number: str) -> Sequence[PhoneEntry]:
        """Returns what lies on the customer's phone, oldest first."""

    async def ringing(self, phone: str) -> Sequence[Ringing]:
        """Returns the calls for which the customer's phone rings now."""

    async def pick_up(self, call: str) -> LiveCall:
        """Picks a ringing phone up. Raises NotFound where it rings no more."""

    async def decline(self, call: str) -> None:
        """Lets a phone ring no more. Raises NotFound."""

    async def call(self, phone: str, number: str) -> LiveCall:
        """Calls the hub and listens until it asks for something."""

    async def line(self, call: str) -> LiveCall | None:
        """Returns a call, None where nobody knows it any more."""

    async def press(self, call: str, keys: str) -> LiveCall:
        """Presses keys."""

    async def speak(self, call: str, seconds: int, words: str, sound: File | None, *, stays: bool) -> LiveCall:
        """Speaks after the tone; then listens on, or hangs up."""

    async def wait(self, call: str) -> LiveCall:
        """Does nothing until the call goes on."""

    async def hang_up(self, call: str) -> LiveCall:
        """Hangs up."""
