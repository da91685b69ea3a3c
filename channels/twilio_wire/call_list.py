"""Lists the calls and recordings Twilio itself has, to fetch what a webhook missed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from channels.base import Cursor, Raw
from channels.twilio_wire.call import STEPS
from channels.twilio_wire.messages import FIRST_LOOK_BACK, PAGE, Scope, newest, unreadable
from channels.twilio_wire.wire import READING_FAILED
from hub.model.event import CallStep

# https://www.twilio.com/docs/voice/api/call-resource, TimeLimit: a call ends after 4 hours unless asked otherwise.
LONGEST_CALL = timedelta(hours=4)


async def since(client: Any, scope: Scope, after: Cursor | None) -> AsyncIterator[Raw]:
    """Yields what began since the cursor, oldest first: ended calls and their recordings.

    Raises SendError and Unavailable.

    The content is the fields a webhook would have posted, as JSON: `{"hook": "call_status", "fields": {...}}`.
    A call still under way is left out; the look-back by the longest call brings it once it has ended.
    """
    now = datetime.now(UTC)
    begin = datetime.fromisoformat(after.position["start_time"]) if after else now - FIRST_LOOK_BACK
    try:
        look_from = begin - LONGEST_CALL
        listed_calls = await client.calls.stream_async(start_time_after=look_from, page_size=PAGE)
        calls = await newest(listed_calls, look_from, lambda each: each.start_time or each.date_created or now)
        listed_recordings = await client.recordings.stream_async(date_created_after=look_from, page_size=PAGE)
        recordings = await newest(listed_recordings, look_from, lambda each: each.date_created or now)
        # The legs that a call rings are part of it: staff's phones, and whom it is bridged to.
        own = [call for call in calls if not call.parent_call_sid]
        ours = {call.sid: call for call in own if scope.holds(_caller(call), call.to)}
        listed = [(call.start_time or call.date_created or now, *each) for call, each in _ended(ours)]
        for recording in recordings:
            call = ours.get(recording.call_sid)
            if call is not None and str(recording.status) == "completed":
                listed.append((recording.date_created or now, recording.sid, "recording", _recording(call, recording)))
    except READING_FAILED as error:
        raise unreadable("calls", error) from error
    for when, key, hook, fields in sorted(listed, key=lambda row: row[0]):
        begin = max(begin, min(when, now))
        yield Raw(
            content=json.dumps({"hook": hook, "fields": fields}, ensure_ascii=False).encode("utf-8", "replace"),
            key=key,
            received_at=now,
            cursor=Cursor(scope.mailbox, {"start_time": begin.isoformat()}),
            content_type="application/json",
        )


def _ended(calls: Mapping[str, Any]) -> Iterator[tuple[Any, tuple[str, str, dict[str, str]]]]:
    for call in calls.values():
        word = str(call.status)
        if STEPS.get(word) is CallStep.ENDED:
            fields = {**_call(call), "CallStatus": word, "CallDuration": str(call.duration or "")}
            if call.end_time or call.start_time:
                fields["Timestamp"] = format_datetime(call.end_time or call.start_time)
            yield call, (f"{call.sid}:{word}", "call_status", fields)


def _caller(call: Any) -> str:
    return getattr(call, "_from", None) or ""  # the official client names it so for calls, `from_` for messages


def _call(call: Any) -> dict[str, str]:
    return {
        "CallSid": call.sid,
        "From": _caller(call),
        "To": call.to or "",
        "Direction": call.direction or "",
        "AnsweredBy": call.answered_by or "",
    }


def _recording(call: Any, recording: Any) -> dict[str, str]:
    return {
        **_call(call),
        "RecordingSid": recording.sid,
        "RecordingUrl": str(recording.media_url or ""),
        "RecordingStatus": "completed",
        "RecordingDuration": str(recording.duration or ""),
        "RecordingSource": str(recording.source or ""),
        "RecordingStartTime": format_datetime(recording.start_time) if recording.start_time else "",
    }
