"""Channels: how each is doing, tried now, paused and resumed; and the repeated jobs of the hub."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from channels.base import Channel as Doorway
from hub.insight import health as insight
from hub.model.errors import NotFound
from hub.store import audit, health
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import Given, Items, Moment, Told


class Problem(Told):
    code: str
    severity: str
    where: str
    message: str
    cause: str
    mend: str


class ChannelState(Told):
    """How a channel is doing; `mode` and `sends_with` are empty for one that is no longer configured."""

    name: str
    mode: str
    sends_with: str
    last_ok_at: Moment | None
    last_in_at: Moment | None
    last_out_at: Moment | None
    problem: Problem | None
    problem_since: Moment | None
    paused_at: Moment | None
    paused_why: str
    forged: int
    could_not_be_read: int
    waiting: int


class Job(Told):
    """A repeated job of the hub: when it ran, when it runs next, by how much it is late."""

    name: str
    next_run_at: Moment
    last_run_at: Moment | None
    last_ok_at: Moment | None
    last_error: str
    lag_ms: int


class ByName(Given):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Why(Given):
    why: Annotated[str, Field(max_length=300)] = ""


@operation("GET", "/channels", roles=READERS, summary="How every channel is doing")
async def list_channels(call: Call) -> Items[ChannelState]:
    return Items[ChannelState](items=await _states(call))


async def _states(call: Call) -> list[ChannelState]:
    sections = call.services.settings.channels
    return [
        ChannelState(
            mode=sections[each.name].mode if each.name in sections else "",
            sends_with=sections[each.name].sends_with if each.name in sections else "",
            could_not_be_read=each.unread,
            problem=Problem.model_validate(each.problem) if each.problem else None,
            **{name: getattr(each, name) for name in _SAME},
        )
        for each in await call.read(insight.channels_health, list(sections))
    ]


_SAME = (
    "name", "last_ok_at", "last_in_at", "last_out_at", "problem_since", "paused_at", "paused_why", "forged", "waiting",
)  # fmt: skip


async def _state(call: Call, name: str) -> ChannelState:
    return next(state for state in await _states(call) if state.name == name)


def _known(call: Call, name: str) -> str:
    if name not in call.services.settings.channels:
        raise NotFound(f"There is no channel {name}.")
    return name


@operation("POST", "/channels/{name}/check", roles=WORKERS, summary="Try what a channel needs, now")
async def check_channel(call: Call, path: ByName) -> Items[Problem]:
    channel = call.services.channels.get(_known(call, path.name))
    problems = await channel.check() if isinstance(channel, Doorway) else ()
    return Items[Problem].model_validate({"items": list(problems)})


@operation("POST", "/channels/{name}/pause", roles=WORKERS, summary="Stop a channel from sending")
async def pause_channel(call: Call, path: ByName, body: Why) -> ChannelState:
    await call.write(_pause, _known(call, path.name), body.why or f"paused by {call.by.name}", call.by)
    return await _state(call, path.name)


def _pause(conn: Connection, name: str, why: str, by: Actor) -> None:
    health.pause(conn, name, why, by.at)
    audit.note(conn, by, "channel.paused", f"channel/{name}")


@operation("POST", "/channels/{name}/resume", roles=WORKERS, summary="Let a channel send again")
async def resume_channel(call: Call, path: ByName) -> ChannelState:
    await call.write(_resume, _known(call, path.name), call.by)
    call.services.nudge()
    return await _state(call, path.name)


def _resume(conn: Connection, name: str, by: Actor) -> None:
    health.resume(conn, name)
    audit.note(conn, by, "channel.resumed", f"channel/{name}")


@operation("GET", "/jobs", roles=READERS, summary="The repeated jobs: last run, next run, lag")
async def list_jobs(call: Call) -> Items[Job]:
    return Items[Job].model_validate({"items": await call.read(insight.repeated_jobs)})
