"""Switching a channel between the sandbox and live, for the page and the API alike: first tried, then done, audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.model.problem import Problem, Severity
from hub.store import audit, connections, switching
from hub.store.audit import Actor
from hub.store.switching import LIVE, SANDBOX, Left, Waiting
from hub.web.i18n import _
from hub.web.services import Services

# What is safest when nobody says otherwise: nothing made up reaches a real customer, nothing real is swallowed.
DEFAULT = {LIVE: Waiting.REMINDERS, SANDBOX: Waiting.HOLD}
CHOICES = {LIVE: tuple(Waiting), SANDBOX: (Waiting.HOLD, Waiting.CANCEL)}
# Without these nobody could open the channel at all: no "all the same".
_WALLS = frozenset({"secret_missing", "cannot_open"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants: a channel in a mode; `anyway` although its provider objects."""

    channel: str
    mode: str
    waiting: Waiting
    anyway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: switched with so many messages cancelled, or what is in the way."""

    switched: bool
    problems: Sequence[Problem] = ()
    cancelled: int = 0

    @property
    def wall(self) -> bool:
        """Whether it cannot be switched at all before something is mended."""
        return any(problem.code in _WALLS for problem in self.problems)


def other_mode(services: Services, channel: str) -> str:
    """Returns the mode that a channel can be switched to. Raises NotFound."""
    section = services.settings.channels.get(channel)
    if section is None:
        raise NotFound(_("There is no channel of this name."))
    return SANDBOX if section.mode == LIVE else LIVE


async def left(services: Services, channel: str) -> Left:
    """Returns what waits to be sent by a channel."""
    now = services.clock()
    return await services.database.read(lambda conn, name: switching.left(conn, name, now), channel)


async def behind(services: Services) -> bool:
    """Whether this process still works by settings that were changed."""
    return await services.database.read(_is_behind, services)


def _is_behind(conn: Connection, services: Services) -> bool:
    written, kept = services.settings.written.channels, switching.modes(conn)
    added = {each.name for each in connections.kept(conn)}
    if added - set(written) or any(each.kept and name not in added for name, each in written.items()):
        return True
    return any(
        section.mode != kept.get(name, written[name].mode)
        for name, section in services.settings.channels.items()
        if name in written
    )


async def switch(services: Services, by: Actor, wish: Wish) -> Outcome:
    """Tries the channel where it is to go live, then switches it. Raises NotFound and Refused."""
    was = services.settings.channels.get(wish.channel)
    if was is None:
        raise NotFound(_("There is no channel of this name."))
    if was.mode == wish.mode or await behind(services):
        raise Refused(_("The channel is switched already, or just now."), next_step=_("Look again in a moment."))
    if wish.waiting not in CHOICES[wish.mode]:
        raise Refused(_("What waits can only be held or cancelled then."), field="waiting")
    problems = await services.try_channel(wish.channel) if wish.mode == LIVE else ()
    outcome = Outcome(switched=False, problems=problems)
    if outcome.wall or (any(each.severity is Severity.ERROR for each in problems) and not wish.anyway):
        return outcome
    written = services.settings.written.channels[wish.channel].mode
    act = switching.Switch(
        channel=wish.channel, mode=wish.mode, was=was.mode, written=written, waiting=wish.waiting, at=by.at
    )

    def run(conn: Connection, given: Actor) -> int:
        cancelled = switching.switch(conn, act)
        detail = {"mode": act.mode, "waiting": act.waiting.value, "cancelled": cancelled}
        audit.note(conn, given, "channel.switched", f"channel/{act.channel}", detail)
        return cancelled

    cancelled = await services.database.write(run, by)
    services.take_up_settings()
    return Outcome(switched=True, problems=problems, cancelled=cancelled)
