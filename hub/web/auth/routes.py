"""The routes of looking after staff; signing in, which the first request may want, stands apart."""

from __future__ import annotations

from aiohttp import web

from hub.web.auth import audit_page, first_restore, links, profile, team, tokens


def routes() -> list[web.RouteDef]:
    """Returns the routes of links, profile, staff, tokens and the audit log."""
    parts = (links, first_restore, profile, team, tokens, audit_page)
    return [each for part in parts for each in part.routes()]
