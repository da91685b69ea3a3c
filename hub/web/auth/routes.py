"""The routes of signing in and of looking after staff."""

from __future__ import annotations

from aiohttp import web

from hub.web.auth import audit_page, links, profile, sign_in, team, tokens


def routes() -> list[web.RouteDef]:
    return [each for part in (sign_in, links, profile, team, tokens, audit_page) for each in part.routes()]
