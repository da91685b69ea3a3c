"""Rings phones for a call under way: each that answers hears its own document first, then the two are bridged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.etree import ElementTree

from hub.sandbox.twilio.call_desk import CallDesk
from hub.sandbox.twilio.state import Call, new_sid

_TALK_SECONDS = 30
_MOST_DOCUMENTS = 10


@dataclass(slots=True)
class Rung:
    """What came of ringing: who was rung, what they were told, and how long the two talked (0: not at all)."""

    numbers: Sequence[str]
    child: str
    answered: bool = False
    seconds: int = 0
    whispered: list[str] = field(default_factory=list)

    def fields(self) -> list[tuple[str, str]]:
        """The fields of the verb's action (https://www.twilio.com/docs/voice/twiml/dial#action)."""
        told = [
            ("DialCallStatus", "completed" if self.answered else "no-answer"),
            ("DialCallSid", self.child),
            ("DialBridged", "true" if self.seconds else "false"),
        ]
        return [*told, ("DialCallDuration", str(self.seconds))] if self.answered else told


@dataclass(slots=True)
class Dialling:
    """One Dial verb of one call."""

    calls: CallDesk
    call: Call
    verb: ElementTree.Element
    url: str

    async def ring(self) -> Rung:
        """Rings every number; the first that answers and takes the call is bridged. A queue gives its first caller."""
        if (queue := self.verb.find("Queue")) is not None:
            return await self._take_from(queue)
        inner = [(each, (each.text or "").strip()) for each in self.verb if each.tag == "Number"]
        rung = inner or [(self.verb, (self.verb.text or "").strip())]
        told = Rung([number for _, number in rung], new_sid("CA"))
        for each, number in rung:
            if not self.calls.picks_up(number):
                continue
            told.answered = True
            if each is self.verb or not each.get("url") or await self._takes(each, number, told):
                told.seconds = _TALK_SECONDS
                await self._talk()
                break
        return told

    async def _talk(self) -> None:
        """Lets the two talk for as long as a test wants them to; what is recorded can be paused meanwhile."""
        if self.calls.talking is not None:
            recorded = self.verb.get("record", "do-not-record") != "do-not-record"
            self.call.recording_status = "in-progress" if recorded else ""
            await self.calls.talking.wait()
            self.call.recording_status = ""

    async def _take_from(self, queue: ElementTree.Element) -> Rung:
        """Bridges whoever waits first, after the queue's own document was played to them."""
        place = self.calls.queues.first((queue.text or "").strip())
        told = Rung([(queue.text or "").strip()], place.call.sid if place else new_sid("CA"))
        if place is None:
            return told
        url = urljoin(self.url, queue.get("url", "")) if queue.get("url") else ""
        waited = [("QueueSid", place.queue.sid), ("QueueTime", str(place.seconds(self.calls.now()))),
                  ("DequeingCallSid", self.call.sid)]  # fmt: skip
        answer = await self.calls.webhooks.post(url, [*self.calls.form(place.call), *waited])
        place.leave()
        place.caller.heard += [(verb.tag, (verb.text or "").strip()) for verb in answer.verbs()]
        told.answered, told.seconds = True, _TALK_SECONDS
        if self.calls.talking is not None:
            await self.calls.talking.wait()
        else:
            await asyncio.sleep(self.calls.talk_seconds)
        place.end("bridged", _TALK_SECONDS)
        return told

    async def _takes(self, phone: ElementTree.Element, number: str, told: Rung) -> bool:
        """Plays the document of who answered; True when it ends without hanging up on them."""
        url, more = urljoin(self.url, phone.get("url", "")), list[tuple[str, str]]()
        keys = self.calls.keys_of(number)
        for _ in range(_MOST_DOCUMENTS):
            answer = await self.calls.webhooks.post(url, [*self._form(number, told.child), *more])
            if not answer.ok:
                return False
            following = ""
            for verb in answer.verbs():
                told.whispered += [(each.text or "").strip() for each in verb.iter("Say")]
                if verb.tag == "Gather" and keys:
                    following, more = urljoin(url, verb.get("action", url)), [("Digits", keys)]
                    break
                if verb.tag == "Hangup":
                    return False
            if not following:
                return True
            url = following
        return False

    def _form(self, number: str, child: str) -> list[tuple[str, str]]:
        ours = {
            "CallSid": child,
            "From": self.call.from_ if self.call.direction == "inbound" else self.verb.get("callerId", self.call.from_),
            "To": number,
            "Caller": self.call.from_,
            "Called": number,
            "CallStatus": "in-progress",
            "Direction": "outbound-dial",
        }
        form = [(name, ours.get(name, value)) for name, value in self.calls.form(self.call)]
        return [*form, ("ParentCallSid", self.call.sid)]
