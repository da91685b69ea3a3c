"""One call on its way through TwiML documents, verb by verb."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

from hub.sandbox.twilio.call_desk import CallDesk
from hub.sandbox.twilio.call_queues import Place
from hub.sandbox.twilio.caller import Caller, HungUp, Voice
from hub.sandbox.twilio.dialling import Dialling
from hub.sandbox.twilio.state import Call, Recording, new_sid, rfc2822
from hub.sandbox.twilio.webhooks import Answer

_SECONDS_PER_WORD = 0.4
_MOST_STEPS = 100  # a flow that redirects to itself for ever is hung up
_LONGEST_RECORDING = 3600  # https://www.twilio.com/docs/voice/twiml/record, maxLength
# Music lasts so long here before the provider asks again what somebody is to hear who waits; so often they listen.
_MUSIC_SECONDS = 0.02
_MOST_WAITS = 5_000


@dataclass(slots=True)
class Played:
    """What a call was like: its verbs in order, what was said (`whispered`: to staff), what was recorded, its end."""

    sid: str
    steps: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    webhooks: list[int] = field(default_factory=list)
    whispered: list[str] = field(default_factory=list)
    status: str = "completed"


class Run:
    """One call on its way through TwiML documents."""

    def __init__(self, calls: CallDesk, call: Call, caller: Caller, played: Played) -> None:
        self.calls, self.call, self.caller, self.played = calls, call, caller, played
        self._left = _MOST_STEPS

    async def post(self, url: str, more: Sequence[tuple[str, str]] = ()) -> Answer:
        answer = await self.calls.webhooks.post(url, [*self.calls.form(self.call), *more])
        if url:
            self.played.webhooks.append(answer.status)
        return answer

    async def document(self, url: str, twiml: str = "", more: Sequence[tuple[str, str]] = ()) -> None:
        answer = Answer(200, "text/xml", twiml) if twiml else await self.post(url, more)
        if not answer.ok:
            self.call.status = "failed"
            return
        self.call.status = "in-progress"
        await self._verbs(answer, url)

    async def _verbs(self, answer: Answer, url: str) -> None:
        for verb in answer.verbs():
            self._left -= 1
            if self._left < 0 or await self._ends_after(verb, url):
                return

    async def _ends_after(self, verb: ElementTree.Element, url: str) -> bool:
        """Carries one verb out; True when this document is left for another, or the call is over."""
        self.played.steps.append(verb.tag)
        if verb.tag in {"Say", "Play", "Pause"}:
            self._listen(verb)
        elif verb.tag == "Record":
            return await self._record(verb, url)
        elif verb.tag == "Gather":
            return await self._gather(verb, url)
        elif verb.tag == "Dial":
            return await self._dial(verb, url)
        elif verb.tag == "Enqueue":
            return await self._enqueue(verb, url)
        elif verb.tag == "Redirect":
            await self.document(urljoin(url, (verb.text or "").strip()))
            return True
        elif verb.tag in {"Hangup", "Reject"}:
            self.caller.heard.append((verb.tag, ""))
        if verb.tag == "Reject":
            self.call.status = "busy" if verb.get("reason") == "busy" else "no-answer"
        return verb.tag in {"Hangup", "Reject"}

    def _listen(self, verb: ElementTree.Element) -> None:
        words = (verb.text or "").strip()
        self.caller.heard.append((verb.tag, words))
        if verb.tag == "Say":
            self.played.said.append(words)
        length = verb.get("length", "1") if verb.tag == "Pause" else str(len(words.split()) * _SECONDS_PER_WORD)
        self.call.seconds += round(float(length))

    async def _gather(self, verb: ElementTree.Element, url: str) -> bool:
        for inner in verb:
            self._listen(inner)
        pressed = await self.caller.press(int(verb.get("numDigits", "64")))
        self.caller.heard.append(("Gather", pressed))
        # https://www.twilio.com/docs/voice/twiml/gather#actiononemptyresult
        if not pressed and verb.get("actionOnEmptyResult") != "true":
            return False
        await self.document(urljoin(url, verb.get("action", url)), more=[("Digits", pressed)])
        return True

    async def _record(self, verb: ElementTree.Element, url: str) -> bool:
        voice = await self.caller.speak(int(verb.get("maxLength", _LONGEST_RECORDING)))
        self.caller.heard.append(("Record", voice.says if voice else ""))
        if voice is None:
            return False
        answer = await self._keep_voice(verb, url, voice)
        if answer.ok and voice.stays:
            await self._verbs(answer, url)
        return True

    async def _enqueue(self, verb: ElementTree.Element, url: str) -> bool:
        """Waits with what `waitUrl` says, again and again, until somebody takes the call or the document leaves it."""
        place = self.calls.queues.enter((verb.text or "").strip(), self.call, self.caller, self.calls.now())
        wait = urljoin(url, verb.get("waitUrl", "")) if verb.get("waitUrl") else ""
        self.caller.heard.append(("Enqueue", place.queue.name))
        waiting = asyncio.ensure_future(self._wait(place, wait))
        try:
            both: set[asyncio.Future[Any]] = {waiting, place.over}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            gone = waiting.done() and isinstance(waiting.exception(), HungUp)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            place.end("hangup")
        self.call.seconds += place.talked
        if self.call.recording is not None:
            await self._keep_asked(self.call.recording, place.talked)
        how = place.over.result()
        told = [
            ("QueueResult", how),
            ("QueueSid", place.queue.sid),
            ("QueueTime", str(place.seconds(self.calls.now()))),
        ]
        if gone:
            await self.post(urljoin(url, verb.get("action", "")) if verb.get("action") else "", told)
            raise HungUp
        if how == "redirected":
            await self.document(self.call.redirected_to)
            return True
        if "action" not in verb.attrib:
            return False
        await self.document(urljoin(url, verb.get("action", url)), more=told)
        return True

    async def _wait(self, place: Place, url: str) -> None:
        for _ in range(_MOST_WAITS):
            if place not in place.queue.places:
                await asyncio.shield(place.over)
                return
            size = len(place.queue.places)
            told = [
                ("QueueSid", place.queue.sid),
                ("QueuePosition", str(place.queue.places.index(place) + 1)),
                ("QueueTime", str(place.seconds(self.calls.now()))),
                ("CurrentQueueSize", str(size)),
                ("AvgQueueTime", "0"),
            ]
            answer = await self.post(url, told) if url else Answer(0)
            await self._listen_while(place, answer, url, told)
            await asyncio.sleep(_MUSIC_SECONDS)
        raise HungUp

    async def _listen_while(self, place: Place, answer: Answer, url: str, told: list[tuple[str, str]]) -> None:
        """Plays a document to somebody who waits; a Leave takes them out of the queue."""
        for verb in answer.verbs():
            self.played.steps.append(verb.tag)
            if verb.tag == "Leave":
                place.end("leave")
                return
            if verb.tag in {"Say", "Play", "Pause"}:
                self._listen(verb)
            elif verb.tag == "Gather":
                for inner in verb:
                    self._listen(inner)
                if pressed := await self.caller.press(int(verb.get("numDigits", "64"))):
                    self.caller.heard.append(("Gather", pressed))
                    following = urljoin(url, verb.get("action", url))
                    more = [*told, ("Digits", pressed)]
                    await self._listen_while(place, await self.post(following, more), following, told)
                    return
            elif verb.tag in {"Redirect", "Hangup"}:
                return

    async def _dial(self, verb: ElementTree.Element, url: str) -> bool:
        """Rings numbers at once: bridged to the first phone that answers and takes the call, otherwise `no-answer`."""
        told = await Dialling(self.calls, self.call, verb, url).ring()
        self.played.whispered += told.whispered
        self.caller.heard.append(("Dial", ", ".join(told.numbers)))
        self.call.seconds += told.seconds
        if told.seconds and verb.get("record", "do-not-record") != "do-not-record":
            await self._keep_talk(verb, url, told.seconds)
        if "action" not in verb.attrib:
            return False
        await self.document(urljoin(url, verb.get("action", url)), more=told.fields())
        return True

    async def _keep_voice(self, verb: ElementTree.Element, url: str, voice: Voice) -> Answer:
        """Keeps what was said after the tone; tells the action, the recording's callback and the transcript's."""
        recording = Recording(
            sid=new_sid("RE"),
            call_sid=self.call.sid,
            seconds=voice.seconds,
            made_at=self.calls.now(),
            said=voice.says,
            content=voice.content,
            content_type=voice.content_type,
        )
        self.call.seconds += voice.seconds
        # Who hangs up after speaking: the action is still told, its verbs have nobody to play to.
        if not voice.stays:
            self.call.status = "completed"
        common = self._keep(recording)
        pressed = "#" if voice.stays else "hangup"
        answer = await self.post(urljoin(url, verb.get("action", url)), [*common, ("Digits", pressed)])
        ours = [each for each in self.calls.form(self.call) if each[0] in {"AccountSid", "CallSid"}]
        await self._tell_kept(_callback(verb, url), recording, [*ours, *common], channels=1)
        if verb.get("transcribe") == "true" or verb.get("transcribeCallback"):
            transcript = [
                ("TranscriptionSid", new_sid("TR")),
                ("TranscriptionText", voice.says),
                ("TranscriptionStatus", "completed"),
            ]
            await self.post(verb.get("transcribeCallback", ""), [*common, *transcript])
        return answer

    async def _keep_talk(self, verb: ElementTree.Element, url: str, seconds: int) -> None:
        """Keeps the recording of a talk with staff and tells its callback."""
        made = Recording(sid=new_sid("RE"), call_sid=self.call.sid, seconds=seconds, made_at=self.calls.now(),
                         source="DialVerb", said="A talk.")  # fmt: skip
        told = [*self.calls.form(self.call), *self._keep(made)]
        await self._tell_kept(_callback(verb, url), made, told, channels=2)

    async def _keep_asked(self, recording: Recording, seconds: int) -> None:
        """Ends a recording that was asked for through the API, and tells its callback."""
        self.call.recording, recording.seconds = None, seconds
        recording.status = "completed"
        told = [*self.calls.form(self.call), *self._keep(recording)]
        await self._tell_kept(recording.callback, recording, told, channels=2)

    def _keep(self, recording: Recording) -> list[tuple[str, str]]:
        where = self.calls.keep(recording)
        self.played.recordings.append(recording.sid)
        return [
            ("RecordingSid", recording.sid),
            ("RecordingUrl", where),
            ("RecordingDuration", str(recording.seconds)),
        ]

    async def _tell_kept(
        self, callback: str, recording: Recording, told: Sequence[tuple[str, str]], *, channels: int
    ) -> None:
        more = [
            ("RecordingStatus", "completed"),
            ("RecordingChannels", str(channels)),
            ("RecordingSource", recording.source),
            ("RecordingStartTime", rfc2822(recording.made_at) or ""),
        ]
        await self.calls.webhooks.post(callback, [*told, *more])


def _callback(verb: ElementTree.Element, url: str) -> str:
    given = verb.get("recordingStatusCallback", "")
    return urljoin(url, given) if given else ""
