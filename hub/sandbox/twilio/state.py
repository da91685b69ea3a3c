"""What the emulated account holds, in memory, and how Twilio's API shows each of it (its published OpenAPI)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

VERSION = "2010-04-01"


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def rfc2822(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None


def iso8601(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Hooks:
    """The web addresses of one number: called for a text in, a call in, and at the end of a call."""

    text: str = ""
    call: str = ""
    call_status: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or file of a text."""

    content_type: str
    content: bytes = field(repr=False)
    sid: str = field(default_factory=lambda: new_sid("ME"))

    def face(self, account: str, message: Message) -> dict[str, Any]:
        return {
            "account_sid": account,
            "content_type": self.content_type,
            "date_created": rfc2822(message.made_at),
            "date_updated": rfc2822(message.made_at),
            "parent_sid": message.sid,
            "sid": self.sid,
            "uri": f"/{VERSION}/Accounts/{account}/Messages/{message.sid}/Media/{self.sid}.json",
        }


@dataclass(slots=True, kw_only=True)
class Message:
    """A text as Twilio keeps it."""

    sid: str
    from_: str
    to: str
    body: str
    direction: str
    status: str
    made_at: datetime
    sent_at: datetime | None = None
    segments: int = 1
    media: tuple[Media, ...] = ()
    media_urls: tuple[str, ...] = ()
    service: str | None = None
    callback: str = ""
    error: int | None = None
    error_message: str | None = None
    validity: int | None = None
    price: str | None = None
    content_sid: str = ""

    def face(self, account: str) -> dict[str, Any]:
        uri = f"/{VERSION}/Accounts/{account}/Messages/{self.sid}"
        return {
            "account_sid": account,
            "api_version": VERSION,
            "body": self.body,
            "date_created": rfc2822(self.made_at),
            "date_sent": rfc2822(self.sent_at),
            "date_updated": rfc2822(self.sent_at or self.made_at),
            "direction": self.direction,
            "error_code": self.error,
            "error_message": self.error_message,
            "from": self.from_ or None,
            "messaging_service_sid": self.service,
            "num_media": str(len(self.media) or len(self.media_urls)),
            "num_segments": str(self.segments),
            "price": self.price,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


@dataclass(slots=True, kw_only=True)
class Call:
    """A call as Twilio keeps it."""

    sid: str
    from_: str
    to: str
    direction: str
    status: str
    made_at: datetime
    ended_at: datetime | None = None
    seconds: int = 0
    answered_by: str | None = None
    number_sid: str | None = None
    callback: str = ""
    callback_events: frozenset[str] = frozenset({"completed"})
    detects_machines: str = ""
    redirected_to: str = ""
    ring_seconds: float = 60.0
    recording_status: str = ""
    recording: Recording | None = None

    def face(self, account: str) -> dict[str, Any]:
        uri = f"/{VERSION}/Accounts/{account}/Calls/{self.sid}"
        return {
            "account_sid": account,
            "answered_by": self.answered_by,
            "api_version": VERSION,
            "caller_name": None,
            "date_created": rfc2822(self.made_at),
            "date_updated": rfc2822(self.ended_at or self.made_at),
            "direction": self.direction,
            "duration": str(self.seconds) if self.ended_at else None,
            "end_time": rfc2822(self.ended_at),
            "forwarded_from": None,
            "from": self.from_,
            "from_formatted": self.from_,
            "group_sid": None,
            "parent_call_sid": None,
            "phone_number_sid": self.number_sid,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": self.sid,
            "start_time": rfc2822(self.made_at),
            "status": self.status,
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
            "to": self.to,
            "to_formatted": self.to,
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }


@dataclass(slots=True, kw_only=True)
class Recording:
    """A recording as Twilio keeps it."""

    sid: str
    call_sid: str
    seconds: int
    made_at: datetime
    source: str = "RecordVerb"
    status: str = "completed"
    said: str = ""
    content: bytes = field(default=b"", repr=False)
    content_type: str = ""
    callback: str = ""

    def face(self, account: str, base_url: str) -> dict[str, Any]:
        uri = f"/{VERSION}/Accounts/{account}/Recordings/{self.sid}"
        return {
            "account_sid": account,
            "api_version": VERSION,
            "call_sid": self.call_sid,
            "channels": 1,
            "conference_sid": None,
            "date_created": rfc2822(self.made_at),
            "date_updated": rfc2822(self.made_at),
            "duration": str(self.seconds),
            "encryption_details": None,
            "error_code": None,
            "media_url": base_url + uri,
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "source": self.source,
            "start_time": rfc2822(self.made_at),
            "status": self.status,
            "subresource_uris": {},
            "uri": f"{uri}.json",
        }


@dataclass(slots=True, kw_only=True)
class Number:
    """A number of the account, with its webhooks."""

    sid: str
    number: str
    hooks: Hooks
    made_at: datetime
    friendly_name: str = ""

    def face(self, account: str) -> dict[str, Any]:
        return {
            "account_sid": account,
            "address_requirements": "none",
            "address_sid": None,
            "api_version": VERSION,
            "beta": False,
            "bundle_sid": None,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "date_created": rfc2822(self.made_at),
            "date_updated": rfc2822(self.made_at),
            "emergency_address_sid": None,
            "emergency_address_status": "unregistered",
            "emergency_status": "Inactive",
            "friendly_name": self.friendly_name or self.number,
            "identity_sid": None,
            "origin": "twilio",
            "phone_number": self.number,
            "sid": self.sid,
            "sms_application_sid": None,
            "sms_fallback_method": "POST",
            "sms_fallback_url": None,
            "sms_method": "POST",
            "sms_url": self.hooks.text or None,
            "status": "in-use",
            "status_callback": self.hooks.call_status or None,
            "status_callback_method": "POST",
            "trunk_sid": None,
            "type": "local",
            "uri": f"/{VERSION}/Accounts/{account}/IncomingPhoneNumbers/{self.sid}.json",
            "voice_application_sid": None,
            "voice_caller_id_lookup": False,
            "voice_fallback_method": "POST",
            "voice_fallback_url": None,
            "voice_method": "POST",
            "voice_receive_mode": "voice",
            "voice_url": self.hooks.call or None,
        }
