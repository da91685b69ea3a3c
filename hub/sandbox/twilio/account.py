"""The emulated account: everything that it holds, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.sandbox.twilio.services import MessagingService
from hub.sandbox.twilio.state import VERSION, Call, Message, Number, Recording


@dataclass(slots=True)
class Account:
    """One account: newest last in every list. `stopped`: (our number, phone) pairs of which the phone sent STOP.

    `largest_page`: so many entries has a page of a list at most; 1,000 at Twilio.
    """

    sid: str
    token: str = field(repr=False)
    numbers: dict[str, Number] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    stopped: set[tuple[str, str]] = field(default_factory=set)
    services: dict[str, MessagingService] = field(default_factory=dict)
    status: str = "active"
    largest_page: int = 1_000

    def face(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "status": self.status,
            "type": "Full",
            "friendly_name": "Sandbox",
            "owner_account_sid": self.sid,
            "uri": f"/{VERSION}/Accounts/{self.sid}.json",
        }
