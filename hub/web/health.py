"""For machines that watch: is the hub well, and its figures for Prometheus. And the housekeeping of the web room."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy import Connection, text

from hub.model.errors import HubError, NotFound
from hub.store import health, sessions, staff, tokens
from hub.web.auth.access import public
from hub.web.auth.cookies import session_limits
from hub.web.i18n import _
from hub.web.keys import BEGAN
from hub.web.services import SERVICES

log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 2.0
_SWEEP_SECONDS = 600.0
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Figures:
    """What this process counts about its requests."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "hub_request_seconds", "Time to answer", ["route"], registry=self.registry, buckets=_BUCKETS
        )
        self.answers = Counter("hub_requests", "Requests answered", ["route", "status"], registry=self.registry)


FIGURES = web.AppKey("figures", Figures)


@public
async def healthz(request: web.Request) -> web.Response:
    """Says ok when the database answers."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await request.app[SERVICES].database.read(_ping, None)
    except (HubError, TimeoutError):
        return web.Response(status=503, text="the database does not answer\n")
    return web.Response(text="ok\n")


@public
async def metrics(request: web.Request) -> web.Response:
    """Gives the figures to this machine itself, and to an administrator's or auditor's token."""
    if not _is_this_machine(request) and not await _has_token(request):
        raise NotFound(_("There is nothing at this address."))
    figures, now = request.app[FIGURES], request.app[SERVICES].clock()
    states, jobs = await request.app[SERVICES].database.read(
        lambda conn, _arg: (health.channel_states(conn), health.job_counts(conn)), None
    )
    registry = CollectorRegistry()
    ages = Gauge("hub_channel_last_ok_age_seconds", "Since it was last well", ["channel"], registry=registry)
    unread = Gauge("hub_channel_could_not_be_read", "Kept, not understood", ["channel"], registry=registry)
    waiting = Gauge("hub_channel_waiting", "To be sent", ["channel"], registry=registry)
    forged = Gauge("hub_channel_forged", "Requests not authentic", ["channel"], registry=registry)
    problems = Gauge("hub_channel_problem", "1 = something is wrong", ["channel"], registry=registry)
    work = Gauge("hub_jobs", "Jobs not done", ["kind", "state"], registry=registry)
    for channel, state in states.items():
        if ok := state.get("last_ok_at"):
            ages.labels(channel).set((now - ok).total_seconds())
        unread.labels(channel).set(state.get("could_not_be_read", 0))
        waiting.labels(channel).set(state.get("waiting", 0))
        forged.labels(channel).set(state.get("forged") or 0)
        problems.labels(channel).set(1 if state.get("problem") else 0)
    for (kind, condition), count in jobs.items():
        work.labels(kind, condition).set(count)
    body = generate_latest(figures.registry) + generate_latest(registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def count(request: web.Request, response: web.StreamResponse) -> None:
    """Counts an answer under its route's pattern: an address could be anything."""
    figures, resource = request.app[FIGURES], request.match_info.route.resource
    route = resource.canonical if resource else "none"
    figures.answers.labels(route, str(response.status)).inc()
    began = request.get(BEGAN)
    if began is not None:
        figures.seconds.labels(route).observe(time.perf_counter() - began)


def prepare(app: web.Application) -> None:
    """Counts requests, and sweeps what is over: sessions, links, throttle windows."""
    app[FIGURES] = Figures()
    app.on_response_prepare.append(count)
    app.cleanup_ctx.append(_sweeping)


async def _sweeping(app: web.Application) -> AsyncIterator[None]:
    services = app[SERVICES]

    async def repeat() -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                await services.database.write(
                    lambda conn, now: sessions.sweep(conn, session_limits(services), now), services.clock()
                )
            except HubError as error:
                log.warning("Old sessions are forgotten later: %s", error.message)

    task = asyncio.create_task(repeat(), name="sweep")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _ping(conn: Connection, _arg: None) -> None:
    conn.execute(text("SELECT 1"))


def _is_this_machine(request: web.Request) -> bool:
    """Tells whether the call comes from here; through a proxy that nobody named as trusted, it does not."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


async def _has_token(request: web.Request) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    found = await request.app[SERVICES].database.read(tokens.lookup, token.strip())
    return (
        found is not None
        and found["token_role"] in ("admin", "auditor")
        and staff.covers(found["role"], found["token_role"])
    )


def routes() -> list[web.RouteDef]:
    return [web.get("/healthz", healthz), web.get("/metrics", metrics)]
