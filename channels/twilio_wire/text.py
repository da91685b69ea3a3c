"""Reads an inbound text: a webhook's fields, or the same message as the message list shows it."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from channels.twilio_wire.hook import party_identity
from hub.model.clean import clean_text
from hub.model.contact import Attachment, Direction, InboundContact, Medium, Party, Trust
from hub.model.errors import Unreadable

# Older applications get the MessageSid by the other names.
SIDS = ("MessageSid", "SmsSid", "SmsMessageSid")
_MEDIA_URL = re.compile(r"MediaUrl(\d{1,4})\Z")
# What Twilio adds about where a number is registered, about WhatsApp, and its own reading of STOP.
_EXTRA = (
    "FromCity",
    "FromState",
    "FromZip",
    "FromCountry",
    "ToCity",
    "ToState",
    "ToZip",
    "ToCountry",
    "MessagingServiceSid",
    "NumSegments",
    "OptOutType",
    "WaId",
    "ButtonText",
    "ButtonPayload",
    "Latitude",
    "Longitude",
    "Address",
    "Label",
)


def inbound_text(*, channel: str, region: str, fields: Mapping[str, str], received_at: datetime) -> InboundContact:
    """Reads a webhook (https://www.twilio.com/docs/messaging/guides/webhook-request). Raises Unreadable."""
    sid, sender = message_sid(fields), fields.get("From", "")
    attachments, defects = _media(fields, sid)
    return _contact(
        channel=channel,
        region=region,
        sid=sid,
        sender=sender,
        display_name=fields.get("ProfileName", ""),
        to=fields.get("To", ""),
        body=fields.get("Body", ""),
        attachments=attachments,
        defects=defects,
        in_reply_to=fields.get("OriginalRepliedMessageSid", ""),
        extra=_pooled({name: value for name in _EXTRA if (value := fields.get(name))}, fields.get("To", "")),
        occurred_at=received_at,
        received_at=received_at,
    )


def listed_text(
    *, channel: str, region: str, entry: Mapping[str, Any], media: Sequence[Mapping[str, str]], received_at: datetime
) -> InboundContact:
    """Reads an entry of the message list; `media`: rows of url and content_type. Raises Unreadable."""
    sid = str(entry.get("sid") or "")
    attachments = tuple(_attachment(sid, n, each["url"], each["content_type"]) for n, each in enumerate(media))
    return _contact(
        channel=channel,
        region=region,
        sid=sid,
        sender=str(entry.get("from") or ""),
        display_name="",
        to=str(entry.get("to") or ""),
        body=clean_text(str(entry.get("body") or "")),
        attachments=attachments,
        defects=(),
        in_reply_to="",
        extra=_pooled(
            {"MessagingServiceSid": str(entry.get("messaging_service_sid") or "")}, str(entry.get("to") or "")
        ),
        occurred_at=listed_time(entry) or received_at,
        received_at=received_at,
    )


def sent_text(
    *, channel: str, region: str, entry: Mapping[str, Any], media: Sequence[Mapping[str, str]], received_at: datetime
) -> InboundContact:
    """Reads a text out that another tool sent by our number, as the message list shows it. Raises Unreadable."""
    listed = listed_text(channel=channel, region=region, entry=entry, media=media, received_at=received_at)
    return replace(listed, direction=Direction.OUT)


def listed_time(entry: Mapping[str, Any]) -> datetime | None:
    """Returns when a listed message was sent or received, or None where it does not say."""
    for name in ("date_sent", "date_created"):
        value = entry.get(name)
        if value:
            return datetime.fromisoformat(str(value))
    return None


def message_sid(fields: Mapping[str, str]) -> str:
    """Returns the MessageSid, '' where there is none."""
    return next(filter(None, map(fields.get, SIDS)), "")


def _pooled(extra: dict[str, str], to: str) -> dict[str, str]:
    """Adds the number that was written to, where it is one of a Messaging Service: the answer leaves from the same."""
    if not extra.get("MessagingServiceSid"):
        return {name: value for name, value in extra.items() if value}
    return {**extra, "our_number": to.strip()}


def _contact(
    *, region: str, sid: str, sender: str, to: str, body: str, display_name: str, **rest: Any
) -> InboundContact:
    if not sid or not sender.strip():
        missing = "a MessageSid" if not sid else "a sender"
        raise Unreadable(f"This text has not got {missing}; it is kept as it came.")
    whatsapp = sender.strip().lower().startswith("whatsapp:")
    return InboundContact(
        medium=Medium.WHATSAPP if whatsapp else Medium.SMS,
        external_id=sid,
        sender=Party(party_identity(sender, region), display_name),
        recipients=(Party(party_identity(to, region)),) if to.strip() else (),
        trust=Trust.SIGNED,
        text=body,
        visible_text=body,
        **rest,
    )


def _media(fields: Mapping[str, str], sid: str) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Takes every MediaUrlN there is, whatever NumMedia says, and notes where the two disagree."""
    named = [name for name in fields if name.startswith("MediaUrl")]
    if not named and fields.get("NumMedia", "0") == "0":
        return (), ()
    numbers = sorted(int(match[1]) for name in named if (match := _MEDIA_URL.match(name)))
    found = tuple(
        _attachment(sid, n, fields[f"MediaUrl{n}"], fields.get(f"MediaContentType{n}", ""))
        for n in numbers
        if fields.get(f"MediaUrl{n}")
    )
    announced = fields.get("NumMedia", "0") or "0"
    agrees = announced == str(len(found))
    return found, () if agrees else (f"NumMedia says {announced[:20]}, {len(found)} came",)


def _attachment(sid: str, number: int, url: str, content_type: str) -> Attachment:
    kind = content_type.partition(";")[0].strip().lower() or "application/octet-stream"
    return Attachment(filename=f"{sid}-{number}{mimetypes.guess_extension(kind) or ''}", content_type=kind, url=url)
