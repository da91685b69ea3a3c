"""Messaging Services as Twilio lists them under another address than its other resources, /v1/Services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub.sandbox.twilio.listing import page
from hub.sandbox.twilio.state import Number, iso8601

if TYPE_CHECKING:
    from hub.sandbox.twilio.rest import Handler
    from hub.sandbox.twilio.state import Account

ROOT = "/v1/Services"


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


def routes(account: Account, guarded: Callable[[Handler], Handler]) -> list[web.RouteDef]:
    """Returns the routes that list Messaging Services and their numbers, and that show and change one."""

    def found(request: web.Request) -> MessagingService:
        return account.services[request.match_info["sid"]]

    async def list_services(request: web.Request) -> web.Response:
        return newer_page(request, list(account.services.values()), "services", lambda each: each.face(account.sid))

    async def show(request: web.Request) -> web.Response:
        return web.json_response(found(request).face(account.sid))

    async def change(request: web.Request) -> web.Response:
        service, given = found(request), await request.post()
        service.hook = str(given.get("InboundRequestUrl", service.hook))
        if "UseInboundWebhookOnNumber" in given:
            service.use_inbound_hook_on_number = str(given["UseInboundWebhookOnNumber"]).lower() == "true"
        return web.json_response(service.face(account.sid))

    async def list_numbers(request: web.Request) -> web.Response:
        service = found(request)
        pooled = [account.numbers[each] for each in service.numbers if each in account.numbers]
        return newer_page(request, pooled, "phone_numbers", lambda each: service.pooled(account.sid, each))

    return [
        web.get(ROOT, guarded(list_services)),
        web.get(f"{ROOT}/{{sid:MG\\w+}}", guarded(show)),
        web.post(f"{ROOT}/{{sid:MG\\w+}}", guarded(change)),
        web.get(f"{ROOT}/{{sid:MG\\w+}}/PhoneNumbers", guarded(list_numbers)),
    ]


def newer_page(
    request: web.Request,
    rows: Sequence[Any],
    key: str,
    face: Callable[[Any], dict[str, Any]],
    host: str = "messaging",
) -> web.Response:
    """Returns a page in the newer form, whose neighbours stand under `meta` (www.twilio.com/docs/usage/api)."""
    older = page(rows, request.query, request.path, key, face)
    address = {name: older[f"{name}_page_uri"] for name in ("first", "next", "previous")}
    meta = {f"{name}_page_url": f"https://{host}.twilio.com{uri}" if uri else None for name, uri in address.items()}
    url = f"https://{host}.twilio.com{older['uri']}"
    meta |= {"key": key, "page": older["page"], "page_size": older["page_size"], "url": url}
    return web.json_response({key: older[key], "meta": meta})
