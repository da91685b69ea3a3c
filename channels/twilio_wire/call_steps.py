"""Reads what happens within a call: a key, an announcement that was heard, staff who were rung or spoke."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from channels.twilio_wire.addresses import AGAIN, LANGUAGE, STEP, TURN
from channels.twilio_wire.call import told
from channels.twilio_wire.ringing import NO_RECORDING, RECORDED, TAKE, announced
from hub.model.event import CallEvent, CallStep


def choice_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads a key (or none) at a menu; of a recording's announcement, the evidence that it was said and the answer."""
    sid, step, digits = fields["CallSid"], query.get(STEP, ""), fields.get("Digits", "")
    if query.get("ask") == RECORDED:
        language = query.get("said") or query.get(LANGUAGE, "")
        return told(
            channel,
            region,
            fields,
            external_id=f"{sid}:announced:{step}",
            step=CallStep.ANNOUNCED,
            status="unrecorded" if digits == NO_RECORDING else RECORDED,
            text=announced(language),
            extra={"language": language, "step": step},
            occurred_at=at,
        )
    return told(
        channel,
        region,
        fields,
        external_id=f"{sid}:choice:{step}:{query.get(AGAIN, '0')}",
        step=CallStep.CHOSEN,
        status=digits,
        extra={"step": step},
        occurred_at=at,
    )


def dialled_event(
    channel: str, region: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> CallEvent:
    """Reads the end of ringing: somebody of staff spoke, or was rung in vain (`nobody`: no one is on call)."""
    seconds = fields.get("DialCallDuration", "")
    return told(
        channel,
        region,
        fields,
        external_id=f"{fields['CallSid']}:dialled:{query.get(STEP, '')}:{query.get(TURN, '0')}",
        step=CallStep.CONNECTED if bridged(fields) else CallStep.RUNG,
        status=fields.get("DialCallStatus", "nobody"),
        duration=int(seconds) if seconds.isdecimal() and bridged(fields) else None,
        occurred_at=at,
    )


def bridged(fields: Mapping[str, str]) -> bool:
    """Tells whether somebody took the call; `completed` alone is also said of a phone that was hung up on.

    https://www.twilio.com/docs/voice/twiml/dial#action: DialBridged.
    """
    told_so = fields.get("DialBridged")
    return told_so.lower() == "true" if told_so else fields.get("DialCallStatus") == "completed"


def taken_event(channel: str, region: str, fields: Mapping[str, str], at: datetime) -> CallEvent | None:
    """Reads that somebody of staff takes a call, told by their own leg; None for a wrong key or a leg of no call."""
    parent = fields.get("ParentCallSid", "")
    if not parent or fields.get("Digits") != TAKE:
        return None
    return told(
        channel,
        region,
        {**fields, "CallSid": parent, "To": "", "Direction": "inbound"},
        external_id=f"{parent}:taken:{fields['CallSid']}",
        step=CallStep.CONNECTED,
        answered_by=fields.get("To", ""),
        occurred_at=at,
    )
