"""Handing over: a message that may leave goes to its channel, and what the channel says of it becomes an outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from channels.base import Receives, Sends, Takes
from hub.model.errors import HubError, Temporary, Unknown
from hub.model.outbound import Outgoing, Receipt
from hub.outreach import outcomes
from hub.outreach.house import House
from hub.outreach.outcomes import Outcome
from hub.outreach.prepare import Prepared, outgoing
from hub.outreach.submitting import Go

log = logging.getLogger(__name__)

STATUS_HOOK = "text_status"


class HandingOver:
    """Gives messages to the channels of one process. `address_of(channel)`: where its provider calls us."""

    def __init__(
        self,
        channels: Mapping[str, Sends],
        house: House,
        clock: Callable[[], datetime],
        address_of: Callable[[str], str],
    ) -> None:
        self._channels = channels
        self._taking = {name: channel for name, channel in channels.items() if isinstance(channel, Takes)}
        self._reporting = {
            name for name, channel in channels.items() if isinstance(channel, Receives) and STATUS_HOOK in channel.hooks
        }
        self._house = house
        self._clock = clock
        self._address_of = address_of

    def status_url(self, channel: str, message: int, attempt: int) -> str:
        """Returns where the provider reports what became of an attempt; empty where the channel takes no reports."""
        if channel not in self._reporting:
            return ""
        base = self._address_of(channel).rstrip("/")
        return f"{base}/hooks/{channel}/{STATUS_HOOK}?m={message}&a={attempt}"

    async def hand_over(self, lane: str, prepared: Prepared, go: Go) -> Outcome:
        """Gives a message to its provider; returns what came of it, also when it is cancelled."""
        answer: Receipt | Exception
        try:
            answer = await self._channels[lane].send(self._outgoing(lane, prepared, go), go.deadline)
        except asyncio.CancelledError:
            return self._stopped(prepared, go)
        except Exception as error:  # noqa: BLE001  # told by _came_of, whatever it was
            answer = error
        return self._came_of(lane, prepared, go, answer)

    def take(
        self, lane: str, prepared: Prepared, go: Go, tell: Callable[[Outcome], None]
    ) -> Callable[[], Outcome] | None:
        """Gives a message to a channel that takes it at once; tells what came of it, later.

        Returns what calls it off and returns what is known of it then; None where it is to be handed over.
        """
        channel = self._taking.get(lane)
        if channel is None or not channel.is_taking:
            return None
        try:
            message = self._outgoing(lane, prepared, go)
        except HubError:
            return None  # met again, and told, by hand_over
        call_off = channel.take(message, go.deadline, lambda answer: tell(self._came_of(lane, prepared, go, answer)))
        if call_off is None:
            return None

        def stop() -> Outcome:
            call_off()
            return self._stopped(prepared, go)

        return stop

    def not_begun(self, prepared: Prepared, go: Go) -> Outcome:
        """Returns the outcome of a message of which no byte has left when the hub was stopped."""
        stopped = Temporary("The hub was stopped before this message left.", phase="stopped", retry_after=0)
        return outcomes.of_error(prepared.id, go.attempt, stopped, self._clock())

    def _outgoing(self, lane: str, prepared: Prepared, go: Go) -> Outgoing:
        url = self.status_url(lane, prepared.id, go.attempt)
        address = self._address_of(lane) if prepared.files else ""
        return outgoing(prepared, go.attempt, self._clock(), self._house, url, address, go.until)

    def _came_of(self, lane: str, prepared: Prepared, go: Go, answer: Receipt | Exception) -> Outcome:
        if isinstance(answer, Receipt):
            return outcomes.of_receipt(prepared.id, go.attempt, answer, self._clock())
        if not isinstance(answer, HubError):
            log.error("channel %s failed on message %s", lane, prepared.id, exc_info=answer)
            answer = Unknown(f"The channel failed: {type(answer).__name__}: {answer}", phase="adapter")
        return outcomes.of_error(prepared.id, go.attempt, answer, self._clock())

    def _stopped(self, prepared: Prepared, go: Go) -> Outcome:
        stopped = Unknown("The hub was stopped while this message was on its way.", phase="stopped")
        return outcomes.of_error(prepared.id, go.attempt, stopped, self._clock())
