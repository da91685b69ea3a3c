"""Trying channels: each by its own check, all at the same time; one that does not answer in time is a problem too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from channels.base import Channel
from hub.insight.finders import found, of_channel
from hub.model.errors import HubError
from hub.store import health
from hub.store.dispatching import PROVIDER
from hub.store.problems import Found

log = logging.getLogger(__name__)

SECONDS = 30
# What no check can disprove: a fault of ours, and a channel that was never opened.
_UNTESTED = frozenset({"failed", "not_opened", "no_stand_in"})


async def check_all(channels: Mapping[str, Channel]) -> dict[str, list[Found]]:
    """Returns what is wrong with each channel."""
    problems = await asyncio.gather(*[_check(name, channel) for name, channel in channels.items()])
    return dict(zip(channels, problems, strict=True))


async def _check(name: str, channel: Channel) -> list[Found]:
    try:
        async with asyncio.timeout(SECONDS):
            return [of_channel(problem) for problem in await channel.check()]
    except TimeoutError:
        return [found("check_timeout", name, said=f"It took longer than {SECONDS} s.")]
    except HubError as error:
        return [found("check_failed", name, said=error.message)]
    except Exception as error:
        log.exception("the check of %s failed", name)
        return [found("check_failed", name, said=f"{type(error).__name__}: {error}")]


def note_mended(conn: Connection, well: Sequence[str], now: datetime) -> None:
    """Ends what was noted of channels whose check went well: somebody mended them and does not want to wait."""
    states = health.channel_states(conn, counted=False)
    for name in well:
        state = states.get(name, {})
        if (state.get("problem") or {}).get("code", "failed") not in _UNTESTED:
            health.note_well(conn, name, now)
        if state.get("paused_at") and state["paused_why"].startswith(PROVIDER):
            health.resume(conn, name)
