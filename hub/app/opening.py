"""Opening the channels: each with its settings or its stand-in's; what must stay closed says so on its page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from sqlalchemy import Connection, select

from channels.base import AccessToken, Channel
from hub.app import channels as adapters
from hub.app.overrides import Disconnected
from hub.app.stand_ins import StandIns
from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.model.problem import Problem, Severity
from hub.store import health
from hub.store.public_address import proven_at
from hub.store.session import Database
from hub.store.tables import StaffRow

_NOT_OPENED, _NO_STAND_IN, _DISCONNECTED = "not_opened", "no_stand_in", "disconnected"


@asynccontextmanager
async def open_channels(
    database: Database,
    settings: Settings,
    stand_ins: StandIns,
    closed: Mapping[str, ConfigurationError],
    public_url: str,
    now: datetime,
    *,
    lends: Callable[[str], AccessToken],
) -> AsyncIterator[Mapping[str, Channel]]:
    """Yields the open channels by name; closes them on leaving.

    `closed`: what cannot be opened as it was switched. Those, and what would leave the sandbox, stay out with a problem
    on their page: what is to be sent by them waits. `lends`: how a channel gets the tokens of the consent it names.
    Raises ConfigurationError for what the settings file says wrong.
    """
    local_url = f"http://127.0.0.1:{settings.hub.port}"
    staff = await database.read(_staff_addresses, None)
    proven = await database.read(proven_at, public_url) is not None
    opened: dict[str, Channel] = {}
    problems = [_not_opened(name, error) for name, error in closed.items()]
    async with AsyncExitStack() as stack:
        for name, section in settings.channels.items():
            if name in closed:
                continue
            sandbox = section.mode == "sandbox"
            adapter, own = stand_ins.settings(section)
            base_url = local_url if sandbox else public_url
            consent = str(section.settings.get(adapters.CONSENT, ""))
            token = lends(consent) if consent and not sandbox else None
            lent = adapters.context(
                settings, base_url, sandbox=sandbox, staff=staff, access_token=token, proven=sandbox or proven
            )
            try:
                channel = adapters.load(section, adapter, own, lent)
            except ConfigurationError as error:
                if not section.kept and section.mode == settings.written.channels[name].mode:
                    raise
                problems.append(_not_opened(name, error))
                continue
            if sandbox and not stand_ins.keeps_in(section, channel):
                problems.append(_no_stand_in(name))
                continue
            opened[name] = channel
        for channel in opened.values():
            await channel.open()
            stack.push_async_callback(channel.close)
        await database.write(_note, (problems, sorted(opened), now))
        yield opened


def _not_opened(name: str, error: ConfigurationError) -> Problem:
    if isinstance(error, Disconnected):
        return Problem(
            code=_DISCONNECTED, severity=Severity.NOTICE, where=name, message=error.message, mend=error.next_step
        )
    return Problem(
        code=_NOT_OPENED,
        severity=Severity.ERROR,
        where=name,
        message=f"The channel stays closed: {error.message}",
        cause="It is to be live, and its settings do not allow that now.",
        mend=f"{error.next_step} Then start the hub again, or switch the channel back to the sandbox.".strip(),
    )


def _no_stand_in(name: str) -> Problem:
    return Problem(
        code=_NO_STAND_IN,
        severity=Severity.NOTICE,
        where=name,
        message="The channel stays closed as long as it is in the sandbox.",
        cause="The sandbox has no stand-in for its adapter, which would reach the real provider.",
        mend="Switch it live to use it.",
    )


def _note(conn: Connection, given: tuple[list[Problem], list[str], datetime]) -> None:
    problems, opened, now = given
    states = health.channel_states(conn)
    for name in opened:
        problem = states.get(name, {}).get("problem") or {}
        if problem.get("code") in (_NOT_OPENED, _NO_STAND_IN, _DISCONNECTED):
            health.note_well(conn, name, now)
    for problem in problems:
        health.note_problem(conn, problem, now)


def _staff_addresses(conn: Connection, _: None) -> list[str]:
    return list(conn.scalars(select(StaffRow.email).where(StaffRow.disabled_at.is_(None))))
