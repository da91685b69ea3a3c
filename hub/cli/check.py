"""`hub check`: is the configuration right and can every server be reached; exit 6 when something needs mending."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from hub.cli.frame import PROBLEMS_FOUND, emit, note, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.app import Hub
    from hub.config import Settings
    from hub.model.problem import Problem

_SECONDS = 30


def register(app: typer.Typer) -> None:
    """Adds `check`."""
    app.command()(check)


def check(config: Config = None, data: Data = None) -> None:
    """Try the settings, the database and every channel, and say what is wrong and how to mend it."""
    settings = settings_of(config, data=data)
    problems = asyncio.run(_check(settings))
    for problem in problems:
        if wants_json():
            emit(asdict(problem))
        else:
            say(" ".join(part for part in (f"{problem.where}: {problem.message}", problem.cause, problem.mend) if part))
    if not problems and not wants_json():
        say("All is well.")
    raise typer.Exit(PROBLEMS_FOUND if problems else 0)


async def _check(settings: Settings) -> list[Problem]:
    from hub.app import opened
    from hub.app.data import database_url, prepare
    from hub.model.errors import HubError
    from hub.model.problem import Problem, Severity
    from hub.store.migrate import migrate

    def told(error: HubError, where: str) -> Problem:
        return Problem(
            code=error.code, severity=Severity.ERROR, where=where, message=error.message, mend=error.next_step
        )

    with contextlib.ExitStack():
        prepare(settings.hub.data)
        try:
            if not settings.hub.database_url and not (settings.hub.data / "hub.sqlite3").exists():
                return [
                    Problem(
                        code="not_set_up",
                        severity=Severity.ERROR,
                        where="the database",
                        message=f"There is no database in {settings.hub.data}",
                        mend="Run: hub init",
                    )
                ]
            await migrate(database_url(settings))
            async with opened(settings) as hub:
                return await _channels(hub)
        except HubError as error:
            return [told(error, "the hub")]


async def _channels(hub: Hub) -> list[Problem]:
    """Checks every channel at the same time; one that does not answer in time is a problem too."""
    from hub.model.problem import Problem, Severity

    async def one(name: str) -> list[Problem]:
        note(f"Checking {name}")
        try:
            async with asyncio.timeout(_SECONDS):
                return list(await hub.channels[name].check())
        except TimeoutError:
            message = f"It did not answer within {_SECONDS} s"
            return [Problem(code="timeout", severity=Severity.ERROR, where=name, message=message)]

    found = await asyncio.gather(*[one(name) for name in hub.channels])
    return [problem for problems in found for problem in problems]
