"""The JSON API `/api/v1`: typed operations, from which reading, answering and the OpenAPI document follow."""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

import orjson
from aiohttp import web

from hub.web.api import (
    acknowledging,
    address,
    ahead,
    appointment_file,
    appointments,
    backups,
    breaches,
    calendar,
    call_flows,
    calls_now,
    campaigns,
    canned_texts,
    carts,
    channels,
    configuration,
    connections,
    consents,
    conversations,
    customer_file,
    customers,
    do_not_call,
    drafts,
    equipment,
    erasing,
    events,
    flights,
    forms,
    identities,
    interactions,
    invitations,
    mail_forms,
    mail_standing,
    mailboxes,
    messages,
    number_settings,
    offers,
    person_rights,
    phone_numbers,
    prices,
    problems,
    products,
    purchase_file,
    purchases,
    registrations,
    reminders,
    rosters,
    round_trip,
    runs,
    segments,
    sender_trust,
    sensitive,
    sequences,
    snippets,
    staff,
    stopping,
    switches,
    tasks,
    templates,
    together,
    unreadable,
    uploads,
    waiting_list,
    writing,
)
from hub.web.api.call import Call
from hub.web.api.openapi import document
from hub.web.api.operation import JSON, Operation, operation

_MODULES: tuple[ModuleType, ...] = (
    customers,
    customer_file,
    erasing,
    person_rights,
    breaches,
    sensitive,
    identities,
    interactions,
    invitations,
    conversations,
    together,
    writing,
    drafts,
    canned_texts,
    messages,
    appointments,
    waiting_list,
    appointment_file,
    purchases,
    purchase_file,
    carts,
    offers,
    products,
    equipment,
    tasks,
    consents,
    templates,
    segments,
    calendar,
    campaigns,
    flights,
    runs,
    sequences,
    ahead,
    reminders,
    forms,
    mail_forms,
    mail_standing,
    call_flows,
    calls_now,
    rosters,
    configuration,
    uploads,
    channels,
    prices,
    do_not_call,
    sender_trust,
    acknowledging,
    mailboxes,
    switches,
    connections,
    round_trip,
    number_settings,
    phone_numbers,
    registrations,
    stopping,
    address,
    problems,
    unreadable,
    events,
    snippets,
    staff,
    backups,
)


@operation("GET", "/openapi.json", roles=(), summary="This description of the API (OpenAPI 3.1)")
async def get_openapi(call: Call) -> web.StreamResponse:
    body = _described(call.services.public_url)
    return web.Response(body=body, content_type=JSON, headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _described(public_url: str) -> bytes:
    """Writes the description once: it takes some 0.1 s, and anybody may ask for it."""
    return orjson.dumps(document(operations(), public_url))


def operations() -> list[Operation]:
    """Returns every operation, in the order of the modules and of their text."""
    found = [each for module in _MODULES for each in vars(module).values() if isinstance(each, Operation)]
    return [get_openapi, *found]


def routes() -> list[web.RouteDef]:
    """Returns the routes of the API."""
    return [each.route() for each in operations()]
