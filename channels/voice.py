"""Calls through Twilio Voice: greeting, flow, ringing staff, voicemail, recording, transcript (https://www.twilio.com/docs/voice)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from channels.base import Captured, Context, Cursor, Raw, Reply, Request, Settings
from channels.twilio_wire import call, call_list, call_steps, checks, flow_steps, hook, messages, ringing, voicemail
from channels.twilio_wire import settings as setting
from channels.twilio_wire.addresses import CUSTOMER, LANGUAGE, PLACED, STEP, with_fields
from channels.twilio_wire.line import Line
from hub.model.errors import ConfigurationError, Unreadable
from hub.model.event import CallEvent, ChannelEvent
from hub.model.outbound import Evidence, Outgoing
from hub.model.problem import Problem

CALL, STATUS, VOICEMAIL, RECORDING, TRANSCRIPT = "call", "call_status", "voicemail", "recording", "transcript"
_STAFF_SECONDS = 30
CHOICE, DIALLED, WHISPER, TAKE, BRIDGE = "choice", "dialled", "whisper", "take", "bridge"


class TwilioVoice:
    """Answers the calls of one Twilio number.

    Settings: `account_sid`, `auth_tokens`, `from_number`; optional `greeting` or `greetings` (by language), `language`,
    `voice`, `max_seconds` (120), `record` (true), `transcribe` (false), `base_url`, `media_base`, `receive` (auto, poll
    or webhooks: polled, calls are logged and not answered). A call flow that is handed in
    (`Request.definition`) comes before the settings.
    """

    hooks: Sequence[str] = (CALL, STATUS, VOICEMAIL, RECORDING, TRANSCRIPT, CHOICE, DIALLED, WHISPER, TAKE, BRIDGE)
    flow_hooks: Sequence[str] = (CALL, VOICEMAIL, CHOICE, DIALLED, WHISPER, BRIDGE)
    provider = "Twilio"

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._context = context
        self._line = Line(setting.Account.read(name, settings))
        self._number = setting.phone_number(name, settings, "from_number")
        self._language = setting.text(name, settings, "language") or context.language
        setting.switch(name, settings, "record", default=True)
        setting.switch(name, settings, "transcribe", default=False)
        greeting = setting.text(name, settings, "greeting")
        greetings = {self._language: greeting} if greeting else {}
        self._settings = {**settings, "greetings": {**greetings, **setting.texts(name, settings, "greetings")}}
        self._polls = setting.only_recalls(name, settings, context.public_url, sandbox=context.sandbox)
        seconds = settings.get("max_seconds", 120)
        if not isinstance(seconds, int) or not 1 <= seconds <= 3600:
            raise ConfigurationError(f"Channel {name}: max_seconds must be a whole number from 1 to 3600.")

    async def open(self) -> None:
        await self._line.client()

    async def close(self) -> None:
        await self._line.close()

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
        event = self._event(request, fields) if fields.get("CallSid") else None
        if event is not None:
            return event.external_id if request.hook != CALL else f"{event.call}:{CALL}"
        return hook.fallback_key(request)

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        """Reads one step of a call, from a webhook or `recall`; none where nothing is told. Raises Unreadable."""
        if isinstance(source, Raw):
            hook_name, fields = _listed(source)
            call.call_sid(fields)
            event = self._listed_event(hook_name, fields, source.received_at)
        else:
            fields = hook.fields(source)
            call.call_sid(fields)
            event = self._event(source, fields)
        return (event,) if event else ()

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
        if request.hook == WHISPER:
            speech = voicemail.Flow.read({}, self._language, self._context.region)
            caller, recorded = lent.get("caller") or {}, ringing.RECORDED in query
            return ringing.whisper(speech, caller, self._url(TAKE), recorded=recorded)
        if customer := query.get(CUSTOMER):
            return self._bridge(request, customer, lent.get("caller") or {})
        hooks = voicemail.Hooks(
            done=self._url(VOICEMAIL), recording=self._url(RECORDING), transcript=self._url(TRANSCRIPT),
            choice=self._url(CHOICE), dialled=self._url(DIALLED), whisper=self._url(WHISPER),
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
            )
            return self._go_on(request, place, hooks, lent)
        spoken = voicemail.Flow.read(self._settings, known or self._language, self._context.region)
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

    async def bridge(self, staff: str, customer: str, placed: str) -> str:
        """Rings staff's phone and, once they press 1 there, the customer's. Raises SendError."""
        here = {CUSTOMER: customer, PLACED: placed}
        client = await self._line.client()
        made = await client.calls.create_async(
            to=staff,
            from_=self._number,
            url=with_fields(self._url(BRIDGE), here),
            status_callback=with_fields(self._url(STATUS), here),
            status_callback_event=["completed"],
            timeout=_STAFF_SECONDS,
        )
        return str(made.sid)

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        async for chunk in self._line.media.read(url):
            yield chunk

    async def recall(self, after: Cursor | None) -> AsyncIterator[Raw]:
        scope = messages.Scope(self.name, frozenset({self._number} if self._number else ()))
        async for raw in call_list.since(await self._line.client(), scope, after):
            yield raw

    async def find(self, message: Outgoing, body_hash: str) -> Evidence | None:
        """Returns None: this channel sends nothing that could be doubtful."""
        return None

    def _url(self, hook_name: str) -> str:
        return hook.hook_url(self._context.public_url, self.name, hook_name)

    def _event(self, request: Request, fields: Mapping[str, str]) -> CallEvent | None:
        region, at = self._context.region, request.received_at
        if customer := hook.query(request).get(CUSTOMER):
            # The call is with the customer, though it is staff's phone that the provider calls.
            fields = {**fields, "To": customer, "Called": customer}
        match request.hook:
            case "choice":
                return call_steps.choice_event(self.name, region, fields, hook.query(request), at)
            case "dialled":
                return call_steps.dialled_event(self.name, region, fields, hook.query(request), at)
            case "take":
                return call_steps.taken_event(self.name, region, fields, at)
            case "whisper":
                return None
            case "bridge" if fields.get("Digits"):
                return None
        return self._listed_event(request.hook, fields, at)

    def _listed_event(self, hook_name: str, fields: Mapping[str, str], at: datetime) -> CallEvent | None:
        region = self._context.region
        if hook_name in {VOICEMAIL, RECORDING}:
            return call.recording_event(self.name, region, fields, at)
        if hook_name == TRANSCRIPT:
            return call.transcript_event(self.name, region, fields, at)
        return call.step_event(self.name, region, fields, at)


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
