"""The staff pages: one module a place, each with its routes."""

from __future__ import annotations

from aiohttp import web

from hub.web.pages import (
    address,
    appointment_import,
    appointments,
    backups,
    call_flows,
    campaign_acts,
    campaigns,
    channel_switch,
    channels,
    conversations,
    customer,
    customers,
    forms,
    identities,
    inbox,
    interactions,
    messages,
    needs_you,
    purchase_import,
    purchases,
    runs,
    sandbox,
    sandbox_call,
    segments,
    sending,
    stopping,
    tasks,
    templates,
    today,
    unread,
    uploads,
)

_PLACES = (
    today,
    needs_you,
    inbox,
    conversations,
    sending,
    stopping,
    customers,
    customer,
    identities,
    interactions,
    messages,
    appointments,
    appointment_import,
    purchases,
    purchase_import,
    tasks,
    channels,
    channel_switch,
    address,
    sandbox,
    sandbox_call,
    unread,
    forms,
    call_flows,
    templates,
    segments,
    campaigns,
    campaign_acts,
    runs,
    uploads,
    backups,
)


def routes() -> list[web.RouteDef]:
    """Returns the routes of every page."""
    return [route for place in _PLACES for route in place.routes()]
