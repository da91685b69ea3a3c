"""The staff pages: one module a place, each with its routes."""

from __future__ import annotations

from aiohttp import web

from hub.web.pages import (
    appointment_import,
    appointments,
    channels,
    conversations,
    customer,
    customers,
    forms,
    identities,
    inbox,
    interactions,
    messages,
    sending,
    tasks,
    today,
    unread,
    uploads,
)

_PLACES = (
    today,
    inbox,
    conversations,
    sending,
    customers,
    customer,
    identities,
    interactions,
    messages,
    appointments,
    appointment_import,
    tasks,
    channels,
    unread,
    forms,
    uploads,
)


def routes() -> list[web.RouteDef]:
    """Returns the routes of every page."""
    return [route for place in _PLACES for route in place.routes()]
