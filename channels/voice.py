"""Calls through Twilio Voice: greeting, flow, ringing staff, voicemail, recording, transcript (https://www.twilio.com/docs/voice)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from channels.base import Captured, Context, Cursor, Raw, Reply, Request, Settings
from channels.twilio_wire import (
    call,
    call_list,
    call_steps,
    checks,
    flow_steps,
    hook,
    messages,
    queueing,
    ringing,
    spoken,
    voicemail,
)
from channels.twilio_wire import settings as setting
from channels.twilio_wire.addresses import ATTEMPT, CUSTOMER, LANGUAGE, MESSAGE, PLACED, RING, STAFF, STEP, with_fields
from channels.twilio_wire.calls_out import CallsOut
from channels.twilio_wire.voice_hooks import (
    ANSWER,
    BRIDGE,
    CALL,
    CHOICE,
    DIALLED,
    FLOW_HOOKS,
    HOOKS,
    JOINED,
    LEFT,
    QUEUE_HOOKS,
    RECORDING,
    SERVE,
    SPOKEN,
    STATUS,
    TAKE,
    TRANSCRIPT,
    VOICEMAIL,
    WAIT,
    WAIT_KEY,
    WHISPER,
    Reader,
)
from hub.model.errors import ConfigurationError, Unreadable
from hub.model.event import CallEvent, ChannelEvent
from hub.model.problem import Problem


class TwilioVoice(CallsOut):
    """Answers the calls of one Twilio number.

    Settings: `account_sid`, `auth_tokens`, `from_number`; optional `greeting` or `greetings` (by language), `language`,
    `voice`, `max_seconds` (120), `record` (true), `transcribe` (false), `base_url`, `media_base`, `receive` (auto, poll
    or webhooks: polled, calls are logged and not answered), `answering_machine` (hang_up, message or speak: what a
    machine gets that answers a reminder's call), `transcribe_with` (the channel that writes recordings down). A call
    flow that is handed in (`Request.definition`) comes before the settings.
    """

    hooks: Sequence[str] = HOOKS
    flow_hooks: Sequence[str] = FLOW_HOOKS
    provider = "Twilio"

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        super().__init__(name, settings, context)
        setting.switch(name, settings, "record", default=True)
        if setting.switch(name, settings, "transcribe", default=False) and self.transcribed_by:
            raise ConfigurationError(f"Channel {name}: transcribe is Twilio's own; with transcribe_with, leave it out.")
        greeting = setting.text(name, settings, "greeting")
        greetings = {self._language: greeting} if greeting else {}
        self._settings = {**settings, "greetings": {**greetings, **setting.texts(name, settings, "greetings")}}
        self._reader = Reader(name, context.region, self._machines)
        seconds = settings.get("max_seconds", 120)
        if not isinstance(seconds, int) or not 1 <= seconds <= 3600:
            raise ConfigurationError(f"Channel {name}: max_seconds must be a whole number from 1 to 3600.")

    async def check(self) -> Sequence[Problem]:
        client = await self._line.client()
        hooks = {} if self._polls else {"voice_url": self._url(CALL), "status_callback": self._url(STATUS)}
        return await checks.problems(client, self.name, self._line.account, number=self._number, hooks=hooks)

    @property
    def only_recalls(self) -> bool:
        return self._polls

    @property
    def clock_offset(self) -> timedelta | None:
        return self._line.clock_offset

    def verify(self, request: Request) -> None:
        hook.verify(request, self._line.account.auth_tokens)

    def key(self, request: Request) -> str:
        fields = hook.fields(request)
        events = self._reader.of_request(request) if fields.get("CallSid") else ()
        event = events[0] if events else None
        if isinstance(event, CallEvent):
            return event.external_id if request.hook != CALL else f"{event.call}:{CALL}"
        return hook.fallback_key(request)

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        """Reads one step of a call, from a webhook or `recall`; none where nothing is told. Raises Unreadable."""
        if isinstance(source, Raw):
            hook_name, fields = _listed(source)
            call.call_sid(fields)
            return self._reader.of_list(hook_name, fields, source.received_at)
        call.call_sid(hook.fields(source))
        return self._reader.of_request(source)

    def reply(self, request: Request, captured: Sequence[Captured]) -> Reply:
        """Answers the first hook with the call flow or the greeting, the end of a message with what is next or thanks.

        The others are answered with nothing.
        """
        if request.hook == TAKE:
            return ringing.taken(hook.fields(request).get("Digits", ""))
        if request.hook not in self.flow_hooks:
            return Reply(204)
        lent = request.definition.get("hub") or {}
        known = next((each.language for each in captured if each.language), "")
        query = hook.query(request)
        if request.hook in {SPOKEN, ANSWER}:
            return self._spoken(request, lent.get("spoken") or {}, captured)
        if request.hook == SERVE:
            return self._serve(request, lent.get("caller") or {})
        if request.hook == JOINED:
            language = (lent.get("recorded") or {}).get(query.get(STEP, ""))
            return queueing.join(self._speech(language or ""), recorded=language is not None)
        if request.hook == WHISPER:
            speech = voicemail.Flow.read({}, self._language, self._context.region)
            caller, recorded = lent.get("caller") or {}, ringing.RECORDED in query
            return ringing.whisper(speech, caller, self._url(TAKE), recorded=recorded)
        if customer := query.get(CUSTOMER):
            return self._bridge(request, customer, lent.get("caller") or {})
        hooks = voicemail.Hooks(
            done=self._url(VOICEMAIL), recording=self._url(RECORDING), transcript=self._url(TRANSCRIPT),
            choice=self._url(CHOICE), dialled=self._url(DIALLED), whisper=self._url(WHISPER),
            wait=self._url(WAIT), wait_key=self._url(WAIT_KEY), left=self._url(LEFT), channel=self.name,
        )  # fmt: skip
        if flow := flow_steps.read(request):
            languages = [each for each in (known, self._language) if each]
            place = flow_steps.Place(
                flow,
                request.received_at,
                languages,
                self._context.region,
                chosen=query.get(LANGUAGE, ""),
                on_call=lent.get("on_call") or {},
                sounds=lent.get("sounds") or {},
                pressed=lent.get("pressed") or {},
                transcribes=not self.transcribed_by,
            )
            return self._go_on(request, place, hooks, lent)
        spoken = voicemail.Flow.read(self._settings, known or self._language, self._context.region)
        if request.hook in QUEUE_HOOKS:  # the flow in which somebody waits is gone
            return hook.twiml([hook.verb("Leave" if request.hook != LEFT else "Hangup")])
        if request.hook == CALL:
            return voicemail.greet(spoken, hooks, first=lent.get("announcement") or {})
        return voicemail.thank(spoken) if request.hook == VOICEMAIL else hook.twiml([hook.verb("Hangup")])

    def _go_on(
        self, request: Request, place: flow_steps.Place, hooks: voicemail.Hooks, lent: Mapping[str, Any]
    ) -> Reply:
        query, fields = hook.query(request), hook.fields(request)
        match request.hook:
            case "choice":
                return flow_steps.chosen(place, hooks, query, fields.get("Digits", ""))
            case "dialled":
                return flow_steps.dialled(place, hooks, query, spoken=call_steps.bridged(fields))
            case "voicemail":
                return flow_steps.go_on(place, hooks, query.get(STEP, ""))
            case "wait" | "wait_key":
                return flow_steps.queue_waits(place, hooks, query.get(STEP, ""), fields, fields.get("Digits", ""))
            case "left":
                return flow_steps.queue_left(place, hooks, query.get(STEP, ""), fields.get("QueueResult", ""))
        return flow_steps.answer(place, hooks, lent.get("announcement") or {})

    def _bridge(self, request: Request, customer: str, known: Mapping[str, str]) -> Reply:
        """Answers the hooks of a call that staff asked for: their own phone answers, a key is pressed, it is over."""
        digits = hook.fields(request).get("Digits", "")
        here = {CUSTOMER: customer, PLACED: hook.query(request).get(PLACED, "")}
        if request.hook == BRIDGE and digits == ringing.TAKE:
            return ringing.connect(customer, self._number or "", with_fields(self._url(DIALLED), here))
        if request.hook == BRIDGE and not digits:
            speech = voicemail.Flow.read({}, self._language, self._context.region)
            return ringing.offer(speech, known, customer, with_fields(self._url(BRIDGE), here))
        return hook.twiml([hook.verb("Hangup")])

    def _serve(self, request: Request, caller: Mapping[str, str]) -> Reply:
        """Answers the hooks of staff's phone that rings for a queue."""
        query, digits = hook.query(request), hook.fields(request).get("Digits", "")
        here = {name: query[name] for name in (STEP, RING, STAFF) if name in query}
        where = {"here": with_fields(self._url(SERVE), here), "joined": with_fields(self._url(JOINED), here)}
        step = query.get(STEP, "")
        recorded = flow_steps.records(request, step)
        name = queueing.name_of(self.name, step)
        return queueing.serve(self._speech(""), caller, name, digits, **where, recorded=recorded)

    async def recall(self, after: Cursor | None) -> AsyncIterator[Raw]:
        scope = messages.Scope(self.name, frozenset({self._number} if self._number else ()))
        async for raw in call_list.since(await self._line.client(), scope, after):
            yield raw

    def _spoken(self, request: Request, said: Mapping[str, Any], captured: Sequence[Captured]) -> Reply:
        """Answers the hooks of a call that says a message of ours."""
        fields, query = hook.fields(request), hook.query(request)
        speech = self._speech(str(said.get("language", "")))
        here = spoken.Here(self._url(ANSWER), query.get(MESSAGE, ""), query.get(ATTEMPT, ""))
        if request.hook == SPOKEN:
            return spoken.document(speech, said, fields, self._machines, here)
        done = next(iter(captured), None)
        return spoken.answer(speech, said, query, fields.get("Digits", ""), done, here)


def _listed(raw: Raw) -> tuple[str, Mapping[str, str]]:
    """Reads what `recall` yielded: the hook and its fields."""
    unreadable = Unreadable("This entry of Twilio's list of calls cannot be read; it is kept as it came.")
    try:
        listed = json.loads(raw.content)
        hook_name, fields = listed["hook"], listed["fields"]
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable from error
    if not isinstance(fields, dict) or not all(isinstance(each, str) for each in fields.values()):
        raise unreadable
    return str(hook_name), fields
