"""Reads the steps of a call: webhooks of Twilio Voice in the hub's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from channels.twilio_wire.hook import party_identity, warn_unknown_word
from hub.model.contact import Attachment
from hub.model.errors import Unreadable
from hub.model.event import CallEvent, CallStep
from hub.model.identity import Identity

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values; a callback also says initiated and answered.
STEPS = {
    "queued": CallStep.RINGING,
    "initiated": CallStep.RINGING,
    "ringing": CallStep.RINGING,
    "in-progress": CallStep.ANSWERED,
    "answered": CallStep.ANSWERED,
    "completed": CallStep.ENDED,
    "busy": CallStep.ENDED,
    "failed": CallStep.ENDED,
    "no-answer": CallStep.ENDED,
    "canceled": CallStep.ENDED,
}

# Callers who hide their number (https://www.twilio.com/docs/voice: ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN, typed
# on a phone's keys). No two of them are the same person.
_HIDDEN = frozenset({"+266696687", "+7378742833", "+86282452253", "+8656696", ""})
_HIDDEN_WORDS = frozenset({"anonymous", "restricted", "unavailable", "unknown", "private"})
_NUMBER_LIKE = re.compile(r"[+0-9]")


def call_sid(fields: Mapping[str, str]) -> str:
    """Raises Unreadable where a voice webhook names no call."""
    sid = fields.get("CallSid", "")
    if not sid:
        raise Unreadable("This step of a call has no CallSid; it is kept as it came.")
    return sid


def step_event(channel: str, region: str, fields: Mapping[str, str], received_at: datetime, **ours: Any) -> CallEvent:
    """Reads ringing, answered or ended; a status no table knows counts as ringing and is kept, with one warning.

    `ours`: what the hook's own address says of the call.
    """
    word = fields.get("CallStatus", "")
    step = STEPS.get(word.lower())
    if step is None:
        warn_unknown_word("call status", word)
        step = CallStep.RINGING
    sid = call_sid(fields)
    seconds = fields.get("CallDuration", "")
    return told(
        channel,
        region,
        fields,
        external_id=f"{sid}:{word}",
        step=step,
        status=word,
        duration=int(seconds) if seconds.isdecimal() else None,
        answered_by=fields.get("AnsweredBy", ""),
        occurred_at=_time(fields.get("Timestamp", "")) or received_at,
        **ours,
    )


def recording_event(channel: str, region: str, fields: Mapping[str, str], received_at: datetime) -> CallEvent | None:
    """Reads a recording, whoever tells of it first; None while there is none to fetch (or ever: `absent`)."""
    sid, url = fields.get("RecordingSid", ""), fields.get("RecordingUrl", "")
    if not sid or not url or fields.get("RecordingStatus", "completed") != "completed":
        return None
    seconds = fields.get("RecordingDuration", "")
    return told(
        channel,
        region,
        fields,
        external_id=sid,
        step=CallStep.RECORDING,
        status=fields.get("CallStatus", ""),
        duration=int(seconds) if seconds.isdecimal() else None,
        voicemail=fields.get("RecordingSource", "RecordVerb") == "RecordVerb",
        recording=Attachment(filename=f"{sid}.mp3", content_type="audio/mpeg", url=_as_mp3(url)),
        occurred_at=_time(fields.get("RecordingStartTime", "")) or received_at,
    )


def transcript_event(channel: str, region: str, fields: Mapping[str, str], received_at: datetime) -> CallEvent | None:
    """Reads a transcript; None where Twilio could not make one."""
    sid, text = fields.get("TranscriptionSid", ""), fields.get("TranscriptionText", "").strip()
    if not sid or not text:
        return None
    recording = {"recording": fields["RecordingSid"]} if fields.get("RecordingSid") else {}
    return told(
        channel,
        region,
        fields,
        external_id=sid,
        step=CallStep.TRANSCRIPT,
        status=fields.get("CallStatus", ""),
        text=text,
        voicemail=True,
        extra=recording,
        occurred_at=received_at,
    )


def told(
    channel: str, region: str, fields: Mapping[str, str], *, extra: Mapping[str, str] | None = None, **rest: object
) -> CallEvent:
    """Returns an event of the call that the fields name, between the two who speak; `rest`: its own parts."""
    sid = call_sid(fields)
    given = {
        name: fields[name]
        for name in ("CallerName", "ForwardedFrom", "FromCity", "FromState", "FromCountry", "StirVerstat", "ErrorCode")
        if fields.get(name)
    }
    return CallEvent(
        channel=channel,
        call=sid,
        caller=_party(fields.get("From") or fields.get("Caller") or "", sid, region),
        called=_party(fields.get("To") or fields.get("Called") or "", sid, region),
        outbound=fields.get("Direction", "").startswith("outbound"),
        extra={**given, **(extra or {})},
        **rest,  # type: ignore[arg-type]
    )


def _party(value: str, sid: str, region: str) -> Identity:
    """A hidden caller is a person of their own: the same `anonymous` twice is not the same customer."""
    if value in _HIDDEN or value.lower() in _HIDDEN_WORDS:
        return Identity("ext", f"twilio-call/{sid}")
    return party_identity(value, region) if _NUMBER_LIKE.match(value) or ":" in value else Identity("sms", value)


def _as_mp3(url: str) -> str:
    """A recording is served as WAV without an ending, a tenth of that as MP3 with one."""
    return url if url.endswith((".mp3", ".wav")) else f"{url}.mp3"


def _time(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
