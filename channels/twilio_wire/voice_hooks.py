"""The hooks of a number's calls, and which events each of them tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.base import Request
from channels.twilio_wire import call, call_steps, hook, queueing, spoken
from channels.twilio_wire.addresses import CUSTOMER, MESSAGE, PLACED, RING
from channels.twilio_wire.spoken import Machines
from hub.model.event import CallEvent, ChannelEvent

CALL, STATUS, VOICEMAIL, RECORDING, TRANSCRIPT = "call", "call_status", "voicemail", "recording", "transcript"
CHOICE, DIALLED, WHISPER, TAKE, BRIDGE = "choice", "dialled", "whisper", "take", "bridge"
SPOKEN, ANSWER = "spoken", "spoken_answer"
WAIT, WAIT_KEY, LEFT, SERVE, JOINED = "wait", "wait_key", "left", "serve", "joined"
QUEUE_HOOKS = (WAIT, WAIT_KEY, LEFT)
FLOW_HOOKS = (CALL, VOICEMAIL, CHOICE, DIALLED, WHISPER, BRIDGE, SPOKEN, ANSWER, *QUEUE_HOOKS, SERVE, JOINED)
HOOKS = (*FLOW_HOOKS, STATUS, RECORDING, TRANSCRIPT, TAKE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the hooks of one channel, and the entries of the provider's lists, which have the same fields."""

    channel: str
    region: str
    machines: Machines

    def of_request(self, request: Request) -> Sequence[ChannelEvent]:
        """Returns the events of a hook; the first is of the call, what follows it of the message that it says."""
        fields, query, at = hook.fields(request), hook.query(request), request.received_at
        event = self._event(request.hook, fields, query, at)
        if event is None:
            return ()
        if not query.get(MESSAGE):
            return (event,)
        told = spoken.news(event, fields, self.machines, heard=request.hook == ANSWER and bool(fields.get("Digits")))
        return (event, told) if told else (event,)

    def of_list(self, hook_name: str, fields: Mapping[str, str], at: datetime) -> Sequence[ChannelEvent]:
        """Returns the events of an entry of a list, which names no message: the call's own id leads to it."""
        event = self._listed(hook_name, fields, {}, at)
        if event is None or not fields.get("Direction", "").startswith("outbound-api") or hook_name != STATUS:
            return (event,) if event else ()
        told = spoken.news(event, fields, self.machines)
        return (event, told) if told else (event,)

    def _event(
        self, hook_name: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
    ) -> CallEvent | None:
        if customer := query.get(CUSTOMER):
            # The call is with the customer, though it is staff's phone that the provider calls.
            fields = {**fields, "To": customer, "Called": customer}
        read = (self.channel, self.region, fields)
        match hook_name:
            case "choice":
                return call_steps.choice_event(*read, query, at)
            case "dialled":
                return call_steps.dialled_event(*read, query, at)
            case "take":
                return call_steps.taken_event(*read, at)
            case "spoken":
                return spoken.answered_event(*read, query, at)
            case "spoken_answer":
                return spoken.key_event(*read, query, at)
            case "wait":
                return queueing.waiting_event(*read, query, at)
            case "wait_key":
                return queueing.key_event(*read, query, at)
            case "left":
                return queueing.left_event(*read, query, at)
            case "joined":
                return queueing.joined_event(*read, query, at)
            case "whisper" | "serve":
                return None
            case "bridge" if fields.get("Digits"):
                return None
        return self._listed(hook_name, fields, query, at)

    def _listed(
        self, hook_name: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
    ) -> CallEvent | None:
        if hook_name in {VOICEMAIL, RECORDING}:
            return call.recording_event(self.channel, self.region, fields, at)
        if hook_name == TRANSCRIPT:
            return call.transcript_event(self.channel, self.region, fields, at)
        ours = {"message": query.get(MESSAGE, ""), "placed": query.get(PLACED, ""), "ring": query.get(RING, "")}
        return call.step_event(self.channel, self.region, fields, at, **ours)
