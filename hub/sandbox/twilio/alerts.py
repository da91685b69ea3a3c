"""Alerts as Twilio lists them, under /v1/Alerts: webhooks that did not get through."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from hub.sandbox.twilio.listing import Handler, newer_page
from hub.sandbox.twilio.state import iso8601, new_sid

ROOT: Final = "/v1/Alerts"
# HTTP retrieval failure (https://www.twilio.com/docs/api/errors/11200).
RETRIEVAL: Final = "11200"
_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One call of a webhook that failed."""

    url: str
    at: datetime
    code: str = RETRIEVAL
    sid: str = field(default_factory=lambda: new_sid("NO"))

    def face(self, account: str) -> dict[str, Any]:
        return {
            "account_sid": account,
            "alert_text": f"Msg=HTTP+retrieval+failure&url={self.url}&ErrorCode={self.code}",
            "api_version": "2010-04-01",
            "date_created": iso8601(self.at),
            "date_generated": iso8601(self.at),
            "date_updated": iso8601(self.at),
            "error_code": self.code,
            "log_level": "error",
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "request_method": "POST",
            "request_url": self.url,
            "resource_sid": None,
            "service_sid": None,
            "sid": self.sid,
            "url": f"https://monitor.twilio.com{ROOT}/{self.sid}",
        }


@dataclass(slots=True)
class Alerts:
    """The newest alerts of an account."""

    clock: Callable[[], datetime]
    kept: deque[Alert] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def note(self, url: str) -> None:
        """Notes that a webhook did not get through."""
        self.kept.append(Alert(url=url, at=self.clock()))

    def routes(self, account: str, guarded: Callable[[Handler], Handler]) -> list[web.RouteDef]:
        async def listed(request: web.Request) -> web.Response:
            return newer_page(request, list(self.kept), "alerts", lambda each: each.face(account), "monitor")

        return [web.get(ROOT, guarded(listed))]
