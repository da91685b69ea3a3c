"""Who may call what: every handler declares it, and a route that does not keeps the hub from starting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from aiohttp import web

from hub.store.staff import ROLES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)
Kind = Literal["staff", "visitor", "public", "hook"]
# What the body of a request may be: fields; fields and files, both read before the handler runs; or a stream, which
# the handler reads itself with `hub.web.guard.parts`.
# `archive` is a stream as large as a backup may be.
Body = Literal["fields", "files", "stream", "archive"]
STREAMED = ("stream", "archive")


@dataclass(frozen=True, slots=True)
class Access:
    """`hidden`: who may not call it is told that there is nothing (404), as for files of customers."""

    kind: Kind
    roles: frozenset[str] = frozenset()
    body: Body = "fields"
    hidden: bool = False


def allow(*roles: str, body: Body = "fields", hidden: bool = False) -> Callable[[H], H]:
    """Lets staff of these roles call a handler: on pages by session and form token, under /api by bearer token."""
    if not roles or not set(roles) <= set(ROLES):
        raise ValueError(f"{roles} are not all roles; known are {', '.join(ROLES)}")
    return _declare(Access("staff", frozenset(roles), body, hidden))


def public(handler: H) -> H:
    """Lets anybody call a handler, without cookies: it knows nobody and must change nothing for somebody."""
    return _declare(Access("public"))(handler)


def public_files(handler: H) -> H:
    """Lets anybody call a handler and send files with a form, up to the upload limit."""
    return _declare(Access("public", body="files"))(handler)


def visitor(handler: H) -> H:
    """Lets anybody call a page of ours that has a form before sign-in; its form token hangs on a cookie of its own."""
    return _declare(Access("visitor"))(handler)


def visitor_archive(handler: H) -> H:
    """Lets anybody call a page of ours that has a form before sign-in and takes a backup, which the handler streams."""
    return _declare(Access("visitor", body="archive"))(handler)


def hook(handler: H) -> H:
    """Lets providers call a handler: no cookies; the channel's adapter proves the signature over the raw body."""
    return _declare(Access("hook"))(handler)


def access_of(handler: object) -> Access | None:
    """Returns what a handler declares."""
    return getattr(handler, "access", None)


def check_declared(router: web.UrlDispatcher) -> None:
    """Raises RuntimeError naming the routes that say nothing about who may call them."""
    silent = [
        f"{route.method} {route.resource.canonical if route.resource else '?'}"
        for route in router.routes()
        if access_of(route.handler) is None
    ]
    if silent:
        raise RuntimeError(f"These routes declare no access (allow, public, visitor or hook): {', '.join(silent)}")


def _declare(access: Access) -> Callable[[H], H]:
    def declared(handler: H) -> H:
        handler.access = access  # type: ignore[attr-defined]  # a function takes attributes; its type does not say so
        return handler

    return declared
