"""Channels: how each way in or out is doing, what is wrong with it and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from channels.base import Channel, Sends, Vouches
from hub.insight.health import channels_health, repeated_jobs
from hub.model.errors import HubError, NotFound
from hub.model.problem import Problem, Severity
from hub.store import acknowledging, health
from hub.store import audit as acts
from hub.store.dispatching import kill_switch
from hub.web import audit, mail_standing, switching
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.mailboxes import answering
from hub.web.pages.fields import EVERYBODY, read, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_CHECK_SECONDS = 30


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows every channel and every repeated job."""
    return await _page(request, {})


async def _page(request: web.Request, checked: Mapping[str, Sequence[Problem]]) -> web.StreamResponse:
    sections = request.app[SERVICES].settings.channels

    def ask(conn: Connection, names: list[str]) -> dict[str, Any]:
        counts = [(kind, state, count) for (kind, state), count in sorted(health.job_counts(conn).items())]
        return {
            "channels": channels_health(conn, names),
            "repeated": repeated_jobs(conn),
            "jobs": counts,
            "stopped": kill_switch(conn),
            "acknowledging": acknowledging.settings(conn),
        }

    found = await read(request, ask, list(sections))
    behind = await switching.behind(request.app[SERVICES])
    vouching = {name for name, channel in request.app[SERVICES].channels.items() if isinstance(channel, Vouches)}
    return render(
        request,
        "channels.html",
        sections=sections,
        checked=checked,
        behind=behind,
        vouching=vouching,
        answering=answering(request.app[SERVICES]),
        signing=mail_standing.senders(request.app[SERVICES]),
        texting={
            name
            for name, channel in request.app[SERVICES].channels.items()
            if isinstance(channel, Sends) and "tel" in channel.schemes
        },
        **found,
    )


@allow("admin")
async def check(request: web.Request) -> web.StreamResponse:
    """Tries what a channel needs, now, and shows what came of it."""
    services, name = request.app[SERVICES], request.match_info["name"]
    channel = services.channels.get(name)
    if not isinstance(channel, Channel):
        raise NotFound(_("There is no channel of this name."))
    problems: Sequence[Problem]
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            problems = await channel.check()
    except TimeoutError:
        problems = [_failed(name, _("The check took longer than %s seconds.") % _CHECK_SECONDS, "")]
    except HubError as error:
        problems = [_failed(name, error.message, error.next_step)]
    now = services.clock()

    def keep(conn: Connection, found: Sequence[Problem]) -> None:
        if found:
            health.note_problem(conn, found[0], now)
        else:
            health.note_well(conn, name, now)

    await write(request, keep, problems)
    return await _page(request, {name: problems})


def _failed(name: str, message: str, mend: str) -> Problem:
    return Problem(code="check_failed", severity=Severity.ERROR, where=name, message=message, mend=mend)


@allow("admin")
async def resume(request: web.Request) -> web.StreamResponse:
    """Lets a paused channel send again."""
    services, name, by = request.app[SERVICES], request.match_info["name"], audit.by(request)
    if name not in services.settings.channels:
        raise NotFound(_("There is no channel of this name."))

    def go_on(conn: Connection, channel: str) -> None:
        health.resume(conn, channel)
        acts.note(conn, by, "channel.resumed", f"channel/{channel}")

    await write(request, go_on, name)
    services.nudge()
    return redirect(request, f"/channels#{name}", say=_("The channel sends again."))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/channels", show),
        web.post(r"/channels/{name:\w+}/check", check),
        web.post(r"/channels/{name:\w+}/resume", resume),
    ]
