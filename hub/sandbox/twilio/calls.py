"""Plays a call: fetches the hub's TwiML and carries it out step by step, without waiting for sounds to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin
from xml.etree import ElementTree

from hub.sandbox.twilio.caller import Caller, HungUp, Voice
from hub.sandbox.twilio.dialling import Dialling
from hub.sandbox.twilio.phone_log import Entry, PhoneLog
from hub.sandbox.twilio.state import VERSION, Account, Call, Recording, new_sid, rfc2822
from hub.sandbox.twilio.webhooks import Answer, Webhooks

_SECONDS_PER_WORD = 0.4
_MOST_STEPS = 100  # a flow that redirects to itself for ever is hung up
_LONGEST_RECORDING = 3600  # https://www.twilio.com/docs/voice/twiml/record, maxLength


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


class Calls:
    """Plays calls: fetches the hub's TwiML and does what it says, step by step."""

    def __init__(
        self,
        account: Account,
        webhooks: Webhooks,
        *,
        clock: Callable[[], datetime],
        base_url: Callable[[], str],
        answering: set[str],
        keys: Mapping[str, str] | None = None,
        log: PhoneLog | None = None,
    ) -> None:
        self._log = log or PhoneLog()
        self._account = account
        self._webhooks = webhooks
        self._clock = clock
        self._base_url = base_url
        self._answering = answering
        self._keys = {} if keys is None else keys

    async def receive(self, from_: str, to: str, caller: Caller) -> Played:
        """Lets a phone call one of our numbers."""
        call, url = self.ring(from_, to)
        return await self.play(call, caller, url=url)

    def ring(self, from_: str, to: str) -> tuple[Call, str]:
        """Makes a call to one of our numbers; returns it, and where its first document is."""
        number = self._account.numbers.get(to)
        now = self._clock()
        call = Call(sid=new_sid("CA"), from_=from_, to=to, direction="inbound", status="ringing", made_at=now)
        self._account.calls[call.sid] = call
        if number:
            call.number_sid, call.callback = number.sid, number.hooks.call_status
        return call, number.hooks.call if number else ""

    async def play(self, call: Call, caller: Caller, *, url: str = "", twiml: str = "") -> Played:
        """Carries the flow out from its first document to the end and tells the hub how the call ended."""
        run = _Run(self, call, caller, Played(call.sid))
        try:
            await run.document(url, twiml)
        except HungUp:
            caller.heard.append(("Hangup", ""))
        call.ended_at = self._clock()
        if call.status not in {"busy", "no-answer", "failed", "canceled"}:
            call.status = "completed"
        run.played.status = call.status
        self._note(call, caller)
        await run.post(
            call.callback, [("CallDuration", str(call.seconds)), ("Timestamp", rfc2822(call.ended_at) or "")]
        )
        return run.played

    async def notify(self, call: Call, word: str) -> None:
        """Tells of a step of an outbound call, where the hub asked for this event."""
        call.status = word
        event = {"in-progress": "answered", "queued": "initiated"}.get(word, word)
        if event in call.callback_events:
            await self._webhooks.post(call.callback, self.form(call))

    def form(self, call: Call) -> list[tuple[str, str]]:
        """The fields that every voice webhook carries (https://www.twilio.com/docs/voice/twiml#request-parameters)."""
        return [
            ("CallSid", call.sid),
            ("AccountSid", self._account.sid),
            ("From", call.from_),
            ("To", call.to),
            ("Caller", call.from_),
            ("Called", call.to),
            ("CallStatus", call.status),
            ("ApiVersion", VERSION),
            ("Direction", call.direction),
        ]

    def _note(self, call: Call, caller: Caller) -> None:
        inbound = call.direction == "inbound"
        phone, number = (call.from_, call.to) if inbound else (call.to, call.from_)
        at = call.made_at.isoformat()
        self._log.add(
            Entry(
                kind="call", sid=call.sid, phone=phone, number=number, incoming=not inbound, at=at,
                heard=[list(each) for each in caller.heard], seconds=call.seconds, status=call.status,
            )
        )  # fmt: skip

    async def record(self, run: _Run, verb: ElementTree.Element, url: str, voice: Voice) -> Answer | None:
        """Keeps a recording and tells the action, the recording's callback and the transcript's."""
        seconds = voice.seconds
        recording = Recording(
            sid=new_sid("RE"),
            call_sid=run.call.sid,
            seconds=seconds,
            made_at=self._clock(),
            said=voice.says,
            content=voice.content,
            content_type=voice.content_type,
        )
        self._account.recordings[recording.sid] = recording
        run.played.recordings.append(recording.sid)
        run.call.seconds += seconds
        # Who hangs up after speaking: the action is still told, its verbs have nobody to play to.
        if not voice.stays:
            run.call.status = "completed"
        where = f"{self._base_url()}/{VERSION}/Accounts/{self._account.sid}/Recordings/{recording.sid}"
        common = [("RecordingSid", recording.sid), ("RecordingUrl", where), ("RecordingDuration", str(seconds))]
        answer = await run.post(
            urljoin(url, verb.get("action", url)), [*common, ("Digits", "#" if voice.stays else "hangup")]
        )
        await self._webhooks.post(
            urljoin(url, verb.get("recordingStatusCallback", "")) if verb.get("recordingStatusCallback") else "",
            [
                ("AccountSid", self._account.sid),
                ("CallSid", run.call.sid),
                *common,
                ("RecordingStatus", "completed"),
                ("RecordingChannels", "1"),
                ("RecordingSource", "RecordVerb"),
                ("RecordingStartTime", rfc2822(recording.made_at) or ""),
            ],
        )
        if verb.get("transcribe") == "true" or verb.get("transcribeCallback"):
            transcript = [
                ("TranscriptionSid", new_sid("TR")),
                ("TranscriptionText", voice.says),
                ("TranscriptionStatus", "completed"),
            ]
            await run.post(verb.get("transcribeCallback", ""), [*common, *transcript])
        return answer

    async def keep_talk(self, run: _Run, verb: ElementTree.Element, url: str, seconds: int) -> None:
        """Keeps the recording of a talk with staff and tells its callback."""
        made = Recording(sid=new_sid("RE"), call_sid=run.call.sid, seconds=seconds, made_at=self._clock(),
                         source="DialVerb", said="A talk.")  # fmt: skip
        self._account.recordings[made.sid] = made
        run.played.recordings.append(made.sid)
        where = f"{self._base_url()}/{VERSION}/Accounts/{self._account.sid}/Recordings/{made.sid}"
        await self._webhooks.post(
            urljoin(url, verb.get("recordingStatusCallback", "")) if verb.get("recordingStatusCallback") else "",
            [
                *self.form(run.call),
                ("RecordingSid", made.sid),
                ("RecordingUrl", where),
                ("RecordingDuration", str(seconds)),
                ("RecordingStatus", "completed"),
                ("RecordingChannels", "2"),
                ("RecordingSource", "DialVerb"),
                ("RecordingStartTime", rfc2822(made.made_at) or ""),
            ],
        )

    def picks_up(self, number: str) -> bool:
        return number in self._answering

    def keys_of(self, number: str) -> str:
        """Returns what somebody of staff presses who is asked to take a call."""
        return self._keys.get(number, "1")

    @property
    def webhooks(self) -> Webhooks:
        return self._webhooks


class _Run:
    """One call on its way through TwiML documents."""

    def __init__(self, calls: Calls, call: Call, caller: Caller, played: Played) -> None:
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
        answer = await self.calls.record(self, verb, url, voice)
        if answer and answer.ok and voice.stays:
            await self._verbs(answer, url)
        return True

    async def _dial(self, verb: ElementTree.Element, url: str) -> bool:
        """Rings numbers at once: bridged to the first phone that answers and takes the call, otherwise `no-answer`."""
        told = await Dialling(self.calls, self.call, verb, url).ring()
        self.played.whispered += told.whispered
        self.caller.heard.append(("Dial", ", ".join(told.numbers)))
        self.call.seconds += told.seconds
        if told.seconds and verb.get("record", "do-not-record") != "do-not-record":
            await self.calls.keep_talk(self, verb, url, told.seconds)
        if "action" not in verb.attrib:
            return False
        await self.document(urljoin(url, verb.get("action", url)), more=told.fields())
        return True
