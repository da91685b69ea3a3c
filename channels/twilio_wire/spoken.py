"""A message that a call says: how it is asked for, what is heard, which keys do what, and what became of it.

https://www.twilio.com/docs/voice/answering-machine-detection: AnsweredBy is human, machine_*, fax or unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from channels.base import Captured, Reply
from channels.twilio_wire import voicemail
from channels.twilio_wire.addresses import AGAIN, ATTEMPT, MESSAGE, whole, with_fields
from channels.twilio_wire.call import told
from channels.twilio_wire.hook import around, twiml, verb
from channels.twilio_wire.messages import unreadable
from channels.twilio_wire.spoken_phrases import phrases
from channels.twilio_wire.wire import READING_FAILED
from hub.model.event import CallEvent, CallStep, DeliveryStatus, SpokenKey, StatusUpdate
from hub.model.outbound import Evidence, Outgoing

# What the hub says it did where what was confirmed is not as the call said any more.
CHANGED = "changed"
# The list has whole seconds; what began earlier than that is another call.
_ROUNDED = timedelta(seconds=3)
_LATEST = timedelta(minutes=30)
_RING_SECONDS = 30
_KEY_SECONDS = 6
_ROUNDS = 2
_STATUSES = {
    "queued": DeliveryStatus.ACCEPTED,
    "initiated": DeliveryStatus.ACCEPTED,
    "ringing": DeliveryStatus.SENT,
    "in-progress": DeliveryStatus.SENT,
    "answered": DeliveryStatus.SENT,
    "completed": DeliveryStatus.DELIVERED,
    "busy": DeliveryStatus.UNDELIVERED,
    "no-answer": DeliveryStatus.UNDELIVERED,
    "failed": DeliveryStatus.UNDELIVERED,
    "canceled": DeliveryStatus.UNDELIVERED,
}
_REASONS = {
    "busy": "The line was busy.",
    "no-answer": "Nobody answered.",
    "failed": "The number could not be reached.",
    "canceled": "The call was taken back before anybody answered.",
    "machine": "An answering machine answered.",
}


class Machines(StrEnum):
    """What an answering machine gets: nothing, the message after its tone, or the same as a person."""

    HANG_UP = "hang_up"
    MESSAGE = "message"
    SPEAK = "speak"


@dataclass(frozen=True, slots=True)
class Here:
    """Where a key is told, and of which message and attempt."""

    action: str
    message: str
    attempt: str


def create_fields(message: Outgoing, own: str, machines: Machines, *, document: str, status: str) -> dict[str, Any]:
    """Returns the fields that ask for a call (https://www.twilio.com/docs/voice/api/call-resource#create-a-call)."""
    ours = {MESSAGE: message.id, ATTEMPT: message.attempt}
    detection = {Machines.HANG_UP: "Enable", Machines.MESSAGE: "DetectMessageEnd"}
    return {
        "to": message.to.value,
        "from_": own,
        "url": with_fields(document, ours),
        "status_callback": with_fields(status, ours),
        "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        "timeout": _RING_SECONDS,
        **({"machine_detection": detection[machines]} if machines in detection else {}),
    }


def unasked(asked: Mapping[str, Any], speech: voicemail.Flow, text: str) -> dict[str, Any]:
    """Returns the fields of a call whose hub nobody can reach: the message goes along, without keys.

    Its document cannot wait to see who answers, so a machine gets the message after its tone; the list tells of it.
    """
    fields = {name: asked[name] for name in ("to", "from_", "timeout")}
    fields["twiml"] = twiml([speech.say(text), verb("Hangup")]).body.decode()
    return {**fields, "machine_detection": "DetectMessageEnd"} if "machine_detection" in asked else fields


def document(
    speech: voicemail.Flow, said: Mapping[str, Any], fields: Mapping[str, str], machines: Machines, here: Here
) -> Reply:
    """Answers a phone that was picked up: the message and its keys, or what a machine gets."""
    text = str(said.get("text", ""))
    if not text:
        return twiml([verb("Hangup")])
    if is_machine(fields.get("AnsweredBy", "")):
        return twiml([*([speech.say(text)] if machines is Machines.MESSAGE else []), verb("Hangup")])
    return twiml(_asked(speech, said, here, 0))


def answer(
    speech: voicemail.Flow,
    said: Mapping[str, Any],
    query: Mapping[str, str],
    digits: str,
    captured: Captured | None,
    here: Here,
) -> Reply:
    """Answers a key with what was done; none or another one: the message once more, then goodbye."""
    words = phrases(speech.language)
    done: dict[str, str] = {SpokenKey.CALL_BACK: words.called_back, SpokenKey.STOP: words.stopped}
    if said.get("confirms"):
        done[SpokenKey.CONFIRM] = words.changed if captured is not None and captured.opt == CHANGED else words.confirmed
    if digits in done:
        return twiml([speech.say(done[digits]), verb("Hangup")])
    again = whole(query, AGAIN) + 1
    if again < _ROUNDS and said.get("text"):
        return twiml(_asked(speech, said, here, again))
    return twiml([speech.say(words.goodbye), verb("Hangup")])


def _asked(speech: voicemail.Flow, said: Mapping[str, Any], here: Here, again: int) -> list[str]:
    words = phrases(speech.language)
    keys = " ".join([*([words.confirm] if said.get("confirms") else []), words.call_back, words.stop])
    attributes = {
        "action": with_fields(here.action, {MESSAGE: here.message, ATTEMPT: here.attempt, AGAIN: again or ""}),
        "method": "POST",
        "numDigits": 1,
        "timeout": _KEY_SECONDS,
        "actionOnEmptyResult": "true",
    }
    return [around("Gather", [speech.say(str(said["text"])), speech.say(keys)], attributes)]


def is_machine(answered_by: str) -> bool:
    """Tells whether a machine or a fax answered; `unknown` may be a person."""
    return answered_by.startswith("machine") or answered_by == "fax"


def answered_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads that the phone was picked up, by whom as far as the provider can tell."""
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:spoken",
        step=CallStep.ANSWERED,
        status=fields.get("CallStatus", "in-progress"),
        answered_by=fields.get("AnsweredBy", ""),
        message=query.get(MESSAGE, ""),
        occurred_at=at,
    )


def key_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads the key that was pressed after a message of ours, or none."""
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:answer:{query.get(AGAIN, '0')}",
        step=CallStep.CHOSEN,
        status=fields.get("Digits", ""),
        message=query.get(MESSAGE, ""),
        occurred_at=at,
    )


def news(
    event: CallEvent, fields: Mapping[str, str], machines: Machines, *, heard: bool = False
) -> StatusUpdate | None:
    """Returns what a step of a call tells of the message that it says. `heard`: somebody pressed a key."""
    word = fields.get("CallStatus", "").lower()
    status = DeliveryStatus.DELIVERED if heard else _STATUSES.get(word)
    if event.step is CallStep.ANSWERED and event.external_id.endswith(":spoken"):
        status = DeliveryStatus.DELIVERED
    machine = is_machine(fields.get("AnsweredBy", "")) and machines is Machines.HANG_UP
    if machine and status is DeliveryStatus.DELIVERED:
        status, word = DeliveryStatus.UNDELIVERED, "machine"
    if status is None:
        return None
    code = fields.get("ErrorCode") or fields.get("SipResponseCode", "")
    return StatusUpdate(
        channel=event.channel,
        external_id=f"{event.external_id}:news",
        status=status,
        reference=event.call,
        message=event.message,
        code=(code or word) if status is DeliveryStatus.UNDELIVERED else "",
        reason=_REASONS.get(word, "") if status is DeliveryStatus.UNDELIVERED else "",
        diagnostic=f"{word} {code}".strip(),
        occurred_at=event.occurred_at,
    )


async def look_up(client: Any, own: str, message: Outgoing) -> Evidence | None:
    """Looks a doubtful call up in the provider's list, by whom it is to, from our number, at the time it was asked for.

    None where nobody knows when that was. Raises Unavailable.
    """
    if message.tried_at is None:
        return None
    sid = await listed(client, own, message.to.value, message.tried_at)
    if sid:
        return Evidence(accepted=True, reference=sid, detail=f"listed as {sid}")
    return Evidence(accepted=False, detail=f"no call to {message.to.value} since {message.tried_at:%H:%M:%S}")


async def listed(client: Any, own: str, to: str, asked_at: datetime) -> str:
    """Returns the call to a number that the provider lists from ours of about that time, empty for none.

    Raises Unavailable.
    """
    begin, end = asked_at - _ROUNDED, asked_at + _LATEST
    try:
        calls = await client.calls.list_async(to=to, from_=own, start_time_after=begin, limit=50)
        times = {
            call.sid: call.start_time or call.date_created for call in calls if str(call.direction) == "outbound-api"
        }
    except READING_FAILED as error:
        raise unreadable("calls", error) from error
    near = {sid: when for sid, when in times.items() if when is not None and begin <= when <= end}
    return min(near, key=lambda sid: abs(near[sid] - asked_at)) if near else ""
