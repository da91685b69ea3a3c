"""`hub serve`: the hub in the foreground. `hub init`: its folder, key and database without starting it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Annotated

import typer

from hub.cli.frame import emit, note, say, wants_json
from hub.cli.setting import Config, Data, Host, Port, settings_of

Roles = Annotated[
    str, typer.Option("--role", help="What this process does: web, poll, send (several with commas), all.")
]


def register(app: typer.Typer) -> None:
    """Adds `serve` and `init`."""
    app.command()(serve)
    app.command()(init)


def serve(config: Config = None, data: Data = None, host: Host = None, port: Port = None, role: Roles = "all") -> None:
    """Run the hub in the foreground until Ctrl+C."""
    settings = settings_of(config, data=data, host=host, port=port)
    from hub.app.roles import Role

    if asyncio.run(_serve(settings, Role.read(role))):
        note("Starting again with the restored backup")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # what was started, once more


def init(config: Config = None, data: Data = None) -> None:
    """Make the data folder, the key and the database; print the first administrator's sign-in link."""
    settings = settings_of(config, data=data)
    asyncio.run(_init(settings))


async def _serve(settings, roles) -> bool:  # type: ignore[no-untyped-def]  # types would import the whole hub here
    """Serves; returns whether it is to start again, by other settings and another key: those of a backup."""
    from hub.app import Hub, Role
    from hub.app.data import Running, announce, locked, withdraw
    from hub.app.first_restore import is_wanted, restore_wanted
    from hub.app.running import run
    from hub.app.setting_up import furnish, set_up
    from hub.app.supervisor import READY, tell, watched
    from hub.store.recovery import free_the_dead

    token: str | None = None
    told = False

    async def prepare(hub: Hub) -> None:
        nonlocal token
        if hub.database.engine == "sqlite":
            await hub.database.write(free_the_dead, hub.clock())
        token = await furnish(hub.database, hub.keys, hub.clock(), hub.settings.hub.language)
        note("Opening the channels")

    def began(hub: Hub) -> None:
        nonlocal told
        if Role.WEB in roles:
            doors = hub.stand_ins.doors
            reached = Running(pid=os.getpid(), url=hub.local_url, token=hub.local_token, twilio=doors.twilio)
            announce(settings.hub.data, reached)
            held.callback(withdraw, settings.hub.data)
        if told:
            note("The hub goes on by the changed settings")
        else:
            _tell(hub.public_url, token)
            tell(READY, f"STATUS=Runs at {hub.public_url}")
        told = True

    with contextlib.ExitStack() as held:
        if not settings.hub.database_url:
            settings.hub.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            held.enter_context(locked(settings.hub.data))
        if is_wanted(settings):
            await restore_wanted(settings, note)
            return True
        await set_up(settings, note)
        async with watched():
            await run(settings, roles, _stop_signal(), prepare, began)
        return is_wanted(settings)


def _tell(public_url: str, token: str | None) -> None:
    link = f"{public_url}/link/{token}" if token else ""
    if wants_json():
        emit({"url": public_url, "sign_in": link or None})
        return
    say(f"The hub runs at {public_url}  (Ctrl+C stops it)")
    if link:
        say(f"Sign in the first time, once, with {link}")


def _stop_signal() -> asyncio.Event:
    """Returns what is set when somebody tells this process to stop."""
    from hub.app.supervisor import STOPPING, tell

    stop = asyncio.Event()

    def set_it() -> None:
        note("Stopping")
        tell(STOPPING)
        stop.set()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, set_it)
    return stop


async def _init(settings) -> None:  # type: ignore[no-untyped-def]  # as above
    from hub.app import opened
    from hub.app.data import locked, running
    from hub.app.setting_up import furnish, set_up

    with contextlib.ExitStack() as held:
        settings.hub.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not settings.hub.database_url and running(settings.hub.data) is None:
            held.enter_context(locked(settings.hub.data))
        changed = await set_up(settings, note)
        async with opened(settings, with_channels=False) as hub:
            token = await furnish(hub.database, hub.keys, hub.clock(), hub.settings.hub.language)
            link = f"{hub.public_url}/link/{token}" if token else ""
    if wants_json():
        emit({"data": str(settings.hub.data), "schema_changed": changed, "sign_in": link or None})
        return
    say(f"The hub's data is in {settings.hub.data.absolute()}; start it with: hub serve")
    if link:
        say(f"Sign in the first time, once, with {link}")
