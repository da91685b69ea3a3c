"""News of a text we sent, from a status callback or from the message list, in the hub's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from channels.twilio_wire import codes
from channels.twilio_wire.hook import party_identity, warn_unknown_word
from hub.model.event import DeliveryStatus, StatusUpdate

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATUSES = {
    "accepted": DeliveryStatus.ACCEPTED,
    "scheduled": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "partially_delivered": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.UNDELIVERED,
    "failed": DeliveryStatus.UNDELIVERED,
    "canceled": DeliveryStatus.UNDELIVERED,
}


def status_key(sid: str, word: str) -> str:
    """Returns the transport key of one status of one message, the same from callback and list."""
    return f"{sid}:{word}"


def status_update(
    *, channel: str, region: str, sid: str, word: str, to: str, code: str, message: str, at: datetime, said: str = ""
) -> StatusUpdate:
    """Reads one status; a word no table knows becomes UNKNOWN with one warning."""
    status = STATUSES.get(word.lower(), DeliveryStatus.UNKNOWN)
    if status is DeliveryStatus.UNKNOWN:
        warn_unknown_word("message status", word)
    meant = codes.meaning(code)
    failed = status is DeliveryStatus.UNDELIVERED
    return StatusUpdate(
        channel=channel,
        external_id=status_key(sid, word),
        status=status,
        reference=sid,
        message=message,
        recipient=party_identity(to, region) if to else None,
        code=code,
        reason=meant.sentence or said,
        diagnostic=f"{word} {code}".strip(),
        permanent=failed and word != "canceled" and not meant.passing,
        hard=failed and meant.hard,
        opted_out=code == codes.OPTED_OUT,
        occurred_at=at,
    )


def error_code(fields: Mapping[str, object]) -> str:
    """Returns the error code of a callback or a list entry, '' for none (also written 0)."""
    code = str(fields.get("ErrorCode") or fields.get("error_code") or "")
    return "" if code == "0" else code


def word(fields: Mapping[str, str]) -> str:
    """Returns the status a callback tells, under its newer or its older name."""
    return fields.get("MessageStatus") or fields.get("SmsStatus") or ""
