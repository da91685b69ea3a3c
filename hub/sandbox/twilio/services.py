"""A Messaging Service as Twilio keeps and shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.sandbox.twilio.state import Number, iso8601


@dataclass(slots=True, kw_only=True)
class MessagingService:
    """A pool of numbers that send as one; `hook` is called for a text to any of them, where it says so."""

    sid: str
    friendly_name: str
    made_at: datetime
    numbers: tuple[str, ...] = ()
    hook: str = ""
    use_inbound_hook_on_number: bool = True

    def face(self, account: str) -> dict[str, Any]:
        return {
            "account_sid": account,
            "sid": self.sid,
            "friendly_name": self.friendly_name,
            "date_created": iso8601(self.made_at),
            "date_updated": iso8601(self.made_at),
            "inbound_request_url": self.hook or None,
            "inbound_method": "POST",
            "fallback_url": None,
            "fallback_method": "POST",
            "status_callback": None,
            "sticky_sender": True,
            "mms_converter": True,
            "smart_encoding": True,
            "scan_message_content": "inherit",
            "fallback_to_long_code": False,
            "area_code_geomatch": True,
            "synchronous_validation": False,
            "validity_period": 14400,
            "url": f"https://messaging.twilio.com/v1/Services/{self.sid}",
            "links": {"phone_numbers": f"https://messaging.twilio.com/v1/Services/{self.sid}/PhoneNumbers"},
            "usecase": "undeclared",
            "us_app_to_person_registered": False,
            "use_inbound_webhook_on_number": self.use_inbound_hook_on_number,
        }

    def pooled(self, account: str, number: Number) -> dict[str, Any]:
        """Returns one of its numbers as its list shows it."""
        return {
            "sid": number.sid,
            "account_sid": account,
            "service_sid": self.sid,
            "date_created": iso8601(self.made_at),
            "date_updated": iso8601(self.made_at),
            "phone_number": number.number,
            "country_code": "US",
            "capabilities": ["SMS", "MMS", "Voice"],
            "url": f"https://messaging.twilio.com/v1/Services/{self.sid}/PhoneNumbers/{number.sid}",
        }
