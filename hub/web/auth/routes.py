"""The routes of signing in and of looking after staff."""

from __future__ import annotations

from aiohttp import web

from hub.web.auth import audit_page, first_restore, links, profile, sign_in, team, tokens


def routes() -> list[web.RouteDef]:
    parts = (sign_in, links, first_restore, profile, team, tokens, audit_page)
    return [each for part in parts for each in part.routes()]
