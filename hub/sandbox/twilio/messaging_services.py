"""Messaging Services as Twilio lists them under another address than its other resources, /v1/Services."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from hub.sandbox.twilio.account import Account
from hub.sandbox.twilio.listing import Handler, newer_page
from hub.sandbox.twilio.services import MessagingService

ROOT = "/v1/Services"


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
