"""For machines that watch: is the hub well, and its figures for Prometheus. And the housekeeping of the web room.

The figures: hub_problems{severity,code}, hub_looked_for_problems_age_seconds; hub_job_late_seconds{job},
hub_job_last_ok_age_seconds{job}, hub_jobs{kind,state}; by channel hub_channel_last_ok_age_seconds,
hub_channel_last_in_age_seconds, hub_channel_last_out_age_seconds, hub_channel_waiting, hub_channel_could_not_be_read,
hub_channel_forged, hub_channel_problem; of this process hub_requests_total{route,status}, hub_request_seconds{route}.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy import Connection, text

from hub.insight.needs import Needs, needs
from hub.model.errors import HubError, NotFound
from hub.store import health, sessions, staff, tokens
from hub.web.auth.access import public
from hub.web.auth.cookies import session_limits
from hub.web.i18n import _
from hub.web.keys import BEGAN
from hub.web.request_figures import RequestFigures
from hub.web.services import SERVICES

log = logging.getLogger(__name__)
_SWEEP_SECONDS = 600.0

FIGURES = web.AppKey("figures", RequestFigures)


@public
async def healthz(request: web.Request) -> web.Response:
    """Says ok when the database answers."""
    services = request.app[SERVICES]
    try:
        async with asyncio.timeout(services.settings.limits.patience_seconds):
            await services.database.read(_ping, None)
    except (HubError, TimeoutError):
        return web.Response(status=503, text="the database does not answer\n")
    return web.Response(text="ok\n")


@public
async def metrics(request: web.Request) -> web.Response:
    """Gives the figures to this machine itself, and to an administrator's or auditor's token."""
    if not _is_this_machine(request) and not await _has_token(request):
        raise NotFound(_("There is nothing at this address."))
    now = request.app[SERVICES].clock()
    sections = request.app[SERVICES].settings.channels
    states, jobs, found = await request.app[SERVICES].database.read(
        lambda conn, _arg: (health.channel_states(conn), health.job_counts(conn), needs(conn, now, sections)), None
    )
    registry = CollectorRegistry()
    registry.register(request.app[FIGURES])
    _tell_of_problems(registry, found, now)
    ages = Gauge("hub_channel_last_ok_age_seconds", "Since it was last well", ["channel"], registry=registry)
    ages_in = Gauge("hub_channel_last_in_age_seconds", "Since something came in", ["channel"], registry=registry)
    ages_out = Gauge("hub_channel_last_out_age_seconds", "Since something was sent", ["channel"], registry=registry)
    unread = Gauge("hub_channel_could_not_be_read", "Kept, not understood", ["channel"], registry=registry)
    waiting = Gauge("hub_channel_waiting", "To be sent", ["channel"], registry=registry)
    forged = Gauge("hub_channel_forged", "Requests not authentic", ["channel"], registry=registry)
    problems = Gauge("hub_channel_problem", "1 = something is wrong", ["channel"], registry=registry)
    work = Gauge("hub_jobs", "Jobs not done", ["kind", "state"], registry=registry)
    for channel, state in states.items():
        if ok := state.get("last_ok_at"):
            ages.labels(channel).set((now - ok).total_seconds())
        if came := state.get("last_in_at"):
            ages_in.labels(channel).set((now - came).total_seconds())
        if sent := state.get("last_out_at"):
            ages_out.labels(channel).set((now - sent).total_seconds())
        unread.labels(channel).set(state.get("could_not_be_read", 0))
        waiting.labels(channel).set(state.get("waiting", 0))
        forged.labels(channel).set(state.get("forged") or 0)
        problems.labels(channel).set(1 if state.get("problem") else 0)
    for (kind, condition), count in jobs.items():
        work.labels(kind, condition).set(count)
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _tell_of_problems(registry: CollectorRegistry, found: Needs, now: datetime) -> None:
    """Problems that were put off do not count: somebody knows of them."""
    problems = Gauge("hub_problems", "Open problems, not put off", ["severity", "code"], registry=registry)
    looked = Gauge("hub_looked_for_problems_age_seconds", "Since somebody looked for problems", registry=registry)
    late = Gauge("hub_job_late_seconds", "By how much a job is overdue now", ["job"], registry=registry)
    well = Gauge("hub_job_last_ok_age_seconds", "Since a job last ended well", ["job"], registry=registry)
    for problem in found.problems:
        problems.labels(problem.severity.value, problem.code).inc()
    looked.set((now - found.looked_at).total_seconds() if found.looked_at else float("inf"))
    for job in found.jobs:
        late.labels(job.name).set(max(0.0, (now - job.next_run_at).total_seconds()))
        if job.last_ok_at:
            well.labels(job.name).set((now - job.last_ok_at).total_seconds())


async def count(request: web.Request, response: web.StreamResponse) -> None:
    """Counts an answer under its route's pattern: an address could be anything."""
    resource, began = request.match_info.route.resource, request.get(BEGAN)
    seconds = time.perf_counter() - began if began is not None else None
    request.app[FIGURES].note(resource.canonical if resource else "none", response.status, seconds)


def prepare(app: web.Application) -> None:
    """Counts requests, and sweeps what is over: sessions, links, throttle windows."""
    app[FIGURES] = RequestFigures()
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
