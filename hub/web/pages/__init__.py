"""The staff pages: one module a place, each with its routes; imported when the first of them is asked for."""

from __future__ import annotations

from importlib import import_module

from aiohttp import web

_PLACES = (
    "today",
    "needs_you",
    "inbox",
    "conversations",
    "together",
    "sending",
    "texting",
    "drafts",
    "canned",
    "stopping",
    "customers",
    "customer",
    "erasing",
    "identities",
    "interactions",
    "invitations",
    "messages",
    "appointments",
    "waiting_list",
    "appointment_import",
    "purchases",
    "purchase_import",
    "offers",
    "products",
    "equipment",
    "tasks",
    "opt_decision",
    "channels",
    "channel_switch",
    "prices",
    "sender_trust",
    "acknowledging",
    "mail_standing",
    "mailboxes",
    "numbers",
    "connection_new",
    "connection_consent",
    "connection",
    "address",
    "sandbox",
    "sandbox_call",
    "ahead",
    "unread",
    "forms",
    "mail_forms",
    "call_flows",
    "call_sounds",
    "calls_now",
    "rosters",
    "calling",
    "reminders",
    "snippets",
    "template_preview",
    "template_versions",
    "template_extras",
    "templates",
    "segments",
    "campaigns",
    "calendar",
    "campaign_acts",
    "sequences",
    "runs",
    "uploads",
    "backups",
)


def routes() -> list[web.RouteDef]:
    """Returns the routes of every page."""
    return [route for place in _PLACES for route in import_module(f"{__name__}.{place}").routes()]
