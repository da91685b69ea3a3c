"""The web room put together: every route module, the middlewares around them, and what runs beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from aiohttp import web

from hub.web import assets, guard, health, hooks, i18n, navigation, needs, pages, preferences, proving, public
from hub.web import public_address as addresses
from hub.web.auth import sign_in
from hub.web.auth.access import check_declared
from hub.web.auth.entrance import entrance
from hub.web.auth.passwords import PASSWORDS, Passwords
from hub.web.body import PATIENCE_SECONDS, limits
from hub.web.errors import boundary
from hub.web.importing import ended_with_the_process
from hub.web.late import LateRoutes
from hub.web.pace import API_CALLS, API_PACE, Pace
from hub.web.services import SERVICES, Services
from hub.web.sighted import Sighted

Routes = Callable[[], Sequence[web.RouteDef]]


def make_app(services: Services, *, patience_seconds: float = 10) -> web.Application:
    """Returns the web room. `patience_seconds`: how long a sender may keep us waiting for a body.

    Raises RuntimeError when a route says nothing about who may call it, and ConfigurationError.
    """
    app = web.Application(
        middlewares=[boundary, guard.through_proxies, limits, entrance, needs.with_needs],
        client_max_size=int(services.settings.limits.upload_mb * 1_000_000),
    )
    i18n.catalogue(services.settings.hub.language)  # the others are read when somebody reads them, each in 0.05 s
    if not isinstance(services.database, Sighted):
        services = replace(services, database=Sighted(services.database))
    app[SERVICES] = services
    app[PASSWORDS] = Passwords(services.settings.password_hash)
    app[API_CALLS] = Pace(*API_PACE)
    app[PATIENCE_SECONDS] = patience_seconds
    app[guard.PROXIES] = guard.networks(services.settings.hub.trusted_proxies)
    for routes in ROUTES:
        app.add_routes(routes())
    check_declared(app.router)
    navigation.prepare(app)
    for below, routes in LATER:
        app.router.register_resource(LateRoutes(below, routes))
    needs.prepare(app)
    app.on_response_prepare.append(guard.add_headers)
    hooks.prepare(app)
    addresses.prepare(app)
    health.prepare(app)
    app.cleanup_ctx.append(ended_with_the_process)
    return app


ROUTES: tuple[Routes, ...] = (
    assets.routes,
    health.routes,
    hooks.routes,
    sign_in.routes,
    preferences.routes,
    proving.routes,
)


def _staff_routes() -> Sequence[web.RouteDef]:
    from hub.web.auth.routes import routes  # a composer, templates, backups: half of the pages' own modules

    return [*routes(), *pages.routes()]


def _api_routes() -> Sequence[web.RouteDef]:
    from hub.web import api  # its types would cost each start 0.3 s

    return api.routes()


LATER: tuple[tuple[str, Routes], ...] = (("/", public.routes), ("/", _staff_routes), ("/api/v1", _api_routes))


async def make_pages(app: web.Application) -> None:
    """Makes the rooms that people will enter, so that the first of them need not wait."""
    for room in app.router.resources():
        if isinstance(room, LateRoutes) and room.canonical == "/":
            await room.ready()
