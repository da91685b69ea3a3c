"""What an adapter of calls may offer besides, found by `isinstance` as the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class Speaks(Protocol):
    """Says its messages in calls, beside Sends: one message is one call, and on the timeline that call.

    `spoken_schemes`: the addresses that it calls, which are not among the `schemes` that can be written to.
    """

    spoken_schemes: Sequence[str]


@runtime_checkable
class Bridges(Protocol):
    """Connects two phones."""

    async def bridge(self, staff: str, customer: str, placed: str) -> str:
        """Rings staff's phone, then the customer's; returns the provider's id of the call.

        `placed`: the key of the call that staff asked for. Numbers in E.164. Raises SendError subclasses.
        """

    async def find_bridge(self, staff: str, asked_at: datetime) -> str:
        """Returns the provider's id of a call to staff's phone asked for then, empty where its list has none.

        Raises SendError and Unavailable.
        """


@runtime_checkable
class Queues(Protocol):
    """Lets callers wait at a step of a call flow, and rings staff's phones for them."""

    async def ring_for_queue(self, staff: str, step: str, ring: str, seconds: int) -> str:
        """Rings staff's phone for who waits first at a step; returns the provider's id of the call.

        `ring`: the key under which its events tell of it. Raises SendError subclasses.
        """

    async def stop_ringing(self, call: str) -> None:
        """Hangs up on a phone that rings; one that is hung up already is no error. Raises SendError."""

    async def lead_out(self, call: str, step: str) -> None:
        """Leads a caller out of the queue of a step; one who has left is no error. Raises SendError."""


@runtime_checkable
class Records(Protocol):
    """Has calls recorded by its provider."""

    async def begin_recording(self, call: str) -> None:
        """Has a call under way recorded from now on; the recording comes in by itself. Raises SendError."""

    async def pause_recording(self, call: str) -> None:
        """Stops recording a call under way, so that what is said now is not in it. Raises SendError."""

    async def resume_recording(self, call: str) -> None:
        """Goes on recording a call under way. Raises SendError."""

    async def remove_recording(self, url: str) -> None:
        """Removes a recording at the provider; one that is gone already is no error. Raises SendError."""


@runtime_checkable
class Transcribed(Protocol):
    """Has its recordings written down by another channel: `transcribed_by` names it, empty for none."""

    transcribed_by: str


@runtime_checkable
class Transcribes(Protocol):
    """Writes recordings down."""

    async def transcribe(self, content: bytes, content_type: str, language: str) -> str:
        """Returns what was said; `language` may be empty. Raises Temporary, Rejected, ChannelBroken."""


@runtime_checkable
class Follows(Protocol):
    """Answers some of its hooks by a call flow: the web room hands in the one that is in force, if there is any."""

    flow_hooks: Sequence[str]
