"""Calls that staff asks for, placed: the page's way and the API's are one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from channels.base import Bridges, Listed, Records, Speaks
from hub.desk import calling as desk
from hub.desk import calls_now
from hub.desk.calling import Asked, Wanted
from hub.desk.calls_now import CallNow
from hub.model.errors import NotFound, Refused, SendError
from hub.store.audit import Actor
from hub.web.services import Services

log = logging.getLogger(__name__)


def lines(services: Services) -> list[str]:
    """Names the channels that can connect two phones."""
    return [name for name, channel in services.channels.items() if isinstance(channel, Bridges)]


def keyless(services: Services) -> list[str]:
    """Names the channels whose reminder calls take no keys: only a webhook could tell of one, and none reaches us."""
    return [
        name
        for name, channel in services.channels.items()
        if isinstance(channel, Speaks) and isinstance(channel, Listed) and channel.only_recalls
    ]


async def place(services: Services, wanted: Wanted, by: Actor) -> Asked:
    """Places a call, once a key: written down first, then asked of the provider, then its answer.

    Raises NotFound, Refused, and the provider's SendError, which is written down before.
    """
    channel = services.channels.get(wanted.channel)
    if not isinstance(channel, Bridges):
        raise NotFound(f"There is no channel {wanted.channel!r} that places calls.")
    asked = await services.database.write(_ask, (wanted, by))
    if not asked.new:
        return asked
    try:
        call = await channel.bridge(wanted.number, asked.to, wanted.key)
    except SendError as error:
        log.warning("A call that staff asked for was not placed: %s", error.message)
        await services.database.write(_note_failure, (wanted.key, error))
        raise
    await services.database.write(_note_placed, (wanted.key, call))
    return asked


async def record(services: Services, interaction: int, by: Actor, *, pause: bool) -> None:
    """Pauses the recording of a call under way, or goes on with it; who did so is kept.

    Raises NotFound, Refused, and the provider's SendError.
    """
    channel, call = await services.database.read(partial(calls_now.recorded_call, pause=pause), interaction)
    recorder = services.channels.get(channel)
    if not isinstance(recorder, Records):
        raise Refused("The channel of this call records nothing.")
    await (recorder.pause_recording(call) if pause else recorder.resume_recording(call))
    note = partial(calls_now.note_recording, channel=channel, by=by, pause=pause)
    await services.database.write(note, interaction)


def under_way(conn: Connection, now: datetime) -> Sequence[CallNow]:
    """Returns the calls under way."""
    return calls_now.under_way(conn, now)


def _ask(conn: Connection, arg: tuple[Wanted, Actor]) -> Asked:
    return desk.ask_for_call(conn, *arg)


def _note_placed(conn: Connection, arg: tuple[str, str]) -> None:
    desk.note_placed(conn, *arg)


def _note_failure(conn: Connection, arg: tuple[str, SendError]) -> None:
    desk.note_not_placed(conn, *arg)
