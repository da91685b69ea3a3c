"""Plays a call: fetches the hub's TwiML and carries it out step by step, without waiting for sounds to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urljoin
from xml.etree import ElementTree

from hub.sandbox.twilio.call_queues import CallQueues
from hub.sandbox.twilio.call_run import Played, Run
from hub.sandbox.twilio.caller import Caller, HungUp, Voice
from hub.sandbox.twilio.phone_log import Entry, PhoneLog
from hub.sandbox.twilio.state import VERSION, Account, Call, Recording, new_sid, rfc2822
from hub.sandbox.twilio.webhooks import Answer, Webhooks


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
        self.queues = CallQueues()
        # Set while a talk is to last until somebody sets the event.
        self.talking: asyncio.Event | None = None

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
        run = Run(self, call, caller, Played(call.sid))
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
            *([("AnsweredBy", call.answered_by)] if call.answered_by else []),
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

    async def record(self, run: Run, verb: ElementTree.Element, url: str, voice: Voice) -> Answer | None:
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

    async def keep_talk(self, run: Run, verb: ElementTree.Element, url: str, seconds: int) -> None:
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

    def now(self) -> datetime:
        return self._clock()

    def picks_up(self, number: str) -> bool:
        return number in self._answering

    def keys_of(self, number: str) -> str:
        """Returns what somebody of staff presses who is asked to take a call."""
        return self._keys.get(number, "1")

    @property
    def webhooks(self) -> Webhooks:
        return self._webhooks
