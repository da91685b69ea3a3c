"""Builders: the smallest true values for tests, with the few words a test is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import Raw, Request
from hub.capture.incoming import Incoming, StoredFile
from hub.model.contact import InboundContact, Medium, Party, Trust
from hub.model.event import CallEvent, CallStep, ChannelEvent, DeliveryStatus, StatusUpdate
from hub.model.identity import Identity, email_identity, phone_identity

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SUPPORT = Identity("mailto", "support@example.com")
NUMBER = Identity("tel", "+14155550100")


def who(address: str) -> Identity:
    """Returns the identity of an e-mail address or a phone number."""
    found = email_identity(address) if "@" in address else phone_identity(address, "US")
    assert found is not None, address
    return found


def mail(sender: str = "ada@example.com", text: str = "Hello", *, id: str = "m1", **more: Any) -> InboundContact:
    """A mail to support."""
    at = more.pop("at", NOW)
    return InboundContact(
        **{
            "channel": "support_mail",
            "medium": Medium.EMAIL,
            "external_id": id,
            "sender": Party(who(sender), more.pop("sender_name", "")),
            "recipients": (Party(SUPPORT),),
            "subject": "A question",
            "text": text,
            "visible_text": text,
            "content_key": f"mail:{id}:{text}",
            "occurred_at": at,
            "received_at": at,
            **more,
        }
    )


def sms(sender: str = "+14155550101", text: str = "Hello", *, id: str = "SM1", **more: Any) -> InboundContact:
    """A text to the main number."""
    at = more.pop("at", NOW)
    return InboundContact(
        **{
            "channel": "main_number",
            "medium": Medium.SMS,
            "external_id": id,
            "sender": Party(who(sender)),
            "recipients": (Party(NUMBER),),
            "text": text,
            "visible_text": text,
            "trust": Trust.SIGNED,
            "occurred_at": at,
            "received_at": at,
            **more,
        }
    )


def call(step: CallStep, *, id: str = "CA1", caller: str = "+14155550101", **more: Any) -> CallEvent:
    """One step of a call to the main number."""
    return CallEvent(
        **{
            "channel": "main_phone",
            "call": id,
            "external_id": f"{id}/{step.value}",
            "step": step,
            "caller": who(caller),
            "called": NUMBER,
            "occurred_at": NOW,
            **more,
        }
    )


def news(status: DeliveryStatus, *, id: str = "n1", **more: Any) -> StatusUpdate:
    """News of a message we sent."""
    return StatusUpdate(**{"channel": "main_number", "external_id": id, "status": status, "occurred_at": NOW, **more})


def incoming(*events: ChannelEvent, key: str = "", **more: Any) -> Incoming:
    """One payload with its events, as intake hands it to capture."""
    first = events[0] if events else None
    files: list[tuple[StoredFile | None, ...]] = [
        (*(None for _ in event.attachments), None) if isinstance(event, InboundContact) else () for event in events
    ]
    return Incoming(
        **{
            "channel": first.channel if first else "support_mail",
            "key": key or (f"k:{first.external_id}" if first else "k"),
            "received_at": NOW,
            "events": tuple(events),
            "files": tuple(files),
            "raw": b"raw",
            **more,
        }
    )


def raw(content: bytes, *, key: str = "1", **more: Any) -> Raw:
    """One payload as an adapter yields it."""
    return Raw(content=content, key=key, received_at=more.pop("at", NOW), **more)


def request(hook: str, form: list[tuple[str, str]], **more: Any) -> Request:
    """A web request as the web room hands it to an adapter."""
    return Request(
        **{"hook": hook, "url": "https://hub.example.com/", "headers": {}, "form": form, "received_at": NOW, **more}
    )


def later(**spans: float) -> datetime:
    """Returns the fixed now plus a span."""
    return NOW + timedelta(**spans)
