"""A queue of callers: what they hear while they wait, and what staff's phone says that rings for them.

https://www.twilio.com/docs/voice/twiml/enqueue: `waitUrl` is asked again whenever its document ends; `action` is told
why a call left. A phone of staff is called and, once a key was pressed there, dials the queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from channels.base import Reply
from channels.twilio_wire import voicemail
from channels.twilio_wire.addresses import RING, STAFF, STEP, with_fields
from channels.twilio_wire.call import told
from channels.twilio_wire.hook import around, twiml, verb
from channels.twilio_wire.phrases import phrases
from channels.twilio_wire.queue_phrases import queue_phrases
from channels.twilio_wire.ringing import TAKE
from hub.model.call_flow import Queue, Voicemail
from hub.model.event import CallEvent, CallStep

# Twilio's own hold music, of which its documentation of <Play> and <Enqueue> makes use.
MUSIC = "http://com.twilio.sounds.music.s3.amazonaws.com/MARKOVICHAMP-Borghestral.mp3"
_TAKE_SECONDS = 8
BRIDGED, LEFT, HUNG_UP = "bridged", "leave", "hangup"


def name_of(channel: str, step: str) -> str:
    """Returns the provider's name of a step's queue: one account may have several numbers."""
    return f"{channel}.{step}"[:64]


def enter(name: str, wait: str, left: str) -> str:
    """Returns the verb that lets a caller wait."""
    return verb("Enqueue", name, {"waitUrl": wait, "waitUrlMethod": "POST", "action": left, "method": "POST"})


def waiting(
    speech: voicemail.Flow,
    queue: Queue,
    messages: frozenset[str],
    fields: Mapping[str, str],
    music: str,
    *,
    key: str,
    again: str,
) -> Reply:
    """Answers a caller who waits: the place in the queue, the keys that leave a message, music, and all of it again.

    Too long: out of the queue, which its action is told of. `messages`: those of the keys that lead to a voicemail.
    """
    if seconds(fields, "QueueTime") >= queue.longest:
        return twiml([verb("Leave")])
    words, place = queue_phrases(speech.language), fields.get("QueuePosition", "")
    said = [speech.say(words.place.format(place=place))] if queue.position and place.isdecimal() else []
    if queue.position and (minutes := round(seconds(fields, "AvgQueueTime") / 60)) > 1:
        said.append(speech.say(words.wait.format(minutes=minutes)))
    said += [speech.say(words.message.format(key=each)) for each in sorted(messages)]
    heard = [*said, verb("Play", music or MUSIC)]
    if queue.digits:
        heard = [around("Gather", heard, {"action": key, "method": "POST", "numDigits": 1, "timeout": 1})]
    return twiml([*heard, verb("Redirect", again, {"method": "POST"})])


def messages_of(queue: Queue, steps: Mapping[str, object]) -> frozenset[str]:
    """Returns the keys of a queue that lead to a message after the tone."""
    return frozenset(key for key, there in queue.digits.items() if isinstance(steps.get(there), Voicemail))


def serve(
    speech: voicemail.Flow, caller: Mapping[str, str], name: str, digits: str, *, here: str, joined: str, recorded: bool
) -> Reply:
    """Answers staff's phone that rings for a queue: who waits, then, with the key, the first who does.

    `recorded`: those who wait there are recorded, unless one of them does not want it.
    """
    if digits == TAKE:
        queue = verb("Queue", name, {"url": joined, "method": "POST"})
        gone = speech.say(queue_phrases(speech.language).gone)
        return twiml([around("Dial", [queue], {"timeout": _TAKE_SECONDS}), gone, verb("Hangup")])
    if digits:
        return twiml([verb("Hangup")])
    said = phrases(speech.language)
    words = {"known": said.call, "likely": said.likely}.get(caller.get("how", ""), said.unknown)
    parts = [words.format(caller=caller.get("name", "")), *([said.for_staff_recorded] if recorded else []), said.press]
    told_so = speech.say(" ".join(parts))
    asked = {"action": here, "method": "POST", "numDigits": 1, "timeout": _TAKE_SECONDS}
    return twiml([around("Gather", [told_so], asked), verb("Hangup")])


def join(speech: voicemail.Flow, *, recorded: bool) -> Reply:
    """Answers what a caller hears right before somebody of staff is there: that they are recorded, or nothing.

    https://www.twilio.com/docs/voice/twiml/queue#attributes-url: Play, Say, Pause and Redirect, and no Start: so the
    recording itself is asked for through the API, which knows it by the caller's own call.
    """
    return twiml([speech.say(queue_phrases(speech.language).joined_recorded)] if recorded else [])


def ring_fields(
    staff: str, own: str, step: str, ring: str, ring_seconds: int, *, serve_at: str, status: str
) -> dict[str, Any]:
    """Returns the fields that ask for a call to staff's phone."""
    here = {STEP: step, RING: ring, STAFF: staff}
    return {
        "to": staff,
        "from_": own,
        "url": with_fields(serve_at, here),
        "status_callback": with_fields(status, here),
        "status_callback_event": ["answered", "completed"],
        "timeout": ring_seconds,
    }


def waiting_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads that a caller waits; the same however often the provider asks what they are to hear."""
    step = query.get(STEP, "")
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:queued:{step}",
        step=CallStep.QUEUED,
        extra={"step": step},
        occurred_at=at,
    )


def key_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads a key that a waiting caller pressed."""
    step, digits = query.get(STEP, ""), fields.get("Digits", "")
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:key:{step}:{digits}",
        step=CallStep.CHOSEN,
        status=digits,
        extra={"step": step},
        occurred_at=at,
    )


def left_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads that a caller left the queue, and how."""
    step, waited = query.get(STEP, ""), fields.get("QueueTime", "")
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:left:{step}",
        step=CallStep.LEFT,
        status=fields.get("QueueResult", "redirected"),
        extra={"step": step, **({"waited": waited} if waited.isdecimal() else {})},
        occurred_at=at,
    )


def joined_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads that somebody of staff took the call of a waiting caller, told on the caller's own leg."""
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:joined:{query.get(RING, '')}",
        step=CallStep.CONNECTED,
        answered_by=query.get(STAFF, ""),
        extra={"step": query.get(STEP, "")},
        occurred_at=at,
    )


def pressed(queue: Queue, keys: Sequence[str]) -> str:
    """Returns where the last key leads that a waiting caller pressed and that leads anywhere, empty for none."""
    return next((queue.digits[key] for key in reversed(keys) if key in queue.digits), "")


def seconds(fields: Mapping[str, str], name: str) -> int:
    """Returns a field in seconds, 0 where it says nothing."""
    written = fields.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 7 else 0
