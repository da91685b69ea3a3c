"""Cookies: the session's, and the one on which form tokens hang before sign-in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from aiohttp import web

from hub.store import sessions
from hub.web.services import SERVICES, Services

_VISITOR_SECONDS = 86_400


def over_https(services: Services) -> bool:
    """Tells whether the world reaches this hub by https, by its configured address and nothing else."""
    return services.public_url.startswith("https://")


def session_limits(services: Services) -> sessions.Limits:
    """Returns how long a session lasts."""
    settings = services.settings.hub
    return sessions.Limits(
        idle=timedelta(minutes=settings.session_idle_minutes), absolute=timedelta(hours=settings.session_hours)
    )


def session_id(request: web.Request) -> str:
    """Returns the session id that the browser sent, or an empty string."""
    return request.cookies.get(_name(request, "hub"), "")


def set_session(request: web.Request, response: web.StreamResponse, session_id: str) -> None:
    """Hands the browser its session; it ends with the browser, and earlier by the limits kept with it."""
    _set(request, response, "hub", session_id, samesite="Lax")


def clear_session(request: web.Request, response: web.StreamResponse) -> None:
    """Makes the browser forget its session."""
    secure = over_https(request.app[SERVICES])
    response.del_cookie(_name(request, "hub"), path="/", secure=secure, httponly=True, samesite="Lax")


def visitor(request: web.Request) -> str:
    """Returns what the browser of somebody not signed in is known by, or an empty string."""
    return request.cookies.get(_name(request, "hub_visitor"), "")


def new_visitor() -> str:
    """Returns a new such name."""
    return secrets.token_urlsafe(24)


def set_visitor(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Hands the browser its name."""
    _set(request, response, "hub_visitor", name, samesite="Strict", max_age=_VISITOR_SECONDS)


def visitor_token(services: Services, name: str) -> str:
    """Returns the form token of a visitor: nobody without our key can make it fit a cookie."""
    return hmac.new(services.keys.links, b"visitor/" + name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _name(request: web.Request, name: str) -> str:
    # `__Host-`: only ever set by this host, over https, for all paths (RFC 6265bis section 4.1.3.2).
    return f"__Host-{name}" if over_https(request.app[SERVICES]) else name


def _set(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    samesite: str,
    max_age: int | None = None,
) -> None:
    response.set_cookie(
        _name(request, name),
        value,
        path="/",
        httponly=True,
        secure=over_https(request.app[SERVICES]),
        samesite=samesite,
        max_age=max_age,
    )
