"""`hub serve`: the hub in the foreground. `hub init`: its folder, key and database without starting it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
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

    asyncio.run(_serve(settings, Role.read(role)))


def init(config: Config = None, data: Data = None) -> None:
    """Make the data folder, the key and the database; print the first administrator's sign-in link."""
    settings = settings_of(config, data=data)
    asyncio.run(_init(settings))


async def _serve(settings, roles) -> None:  # type: ignore[no-untyped-def]  # types would import the whole hub here
    from hub.app import Role, opened
    from hub.app.data import Running, announce, locked, withdraw
    from hub.app.serving import serving
    from hub.app.setting_up import furnish, set_up
    from hub.store.recovery import free_the_dead

    with contextlib.ExitStack() as held:
        if not settings.hub.database_url:
            settings.hub.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            held.enter_context(locked(settings.hub.data))
        await set_up(settings, note)
        note("Opening the channels")
        async with opened(settings) as hub:
            if hub.database.engine == "sqlite":
                await hub.database.write(free_the_dead, hub.clock())
            token = await furnish(hub.database, hub.keys, hub.clock())
            async with serving(hub, roles) as running:
                if Role.WEB in roles:
                    doors = hub.stand_ins.doors
                    reached = Running(pid=os.getpid(), url=hub.local_url, token=hub.local_token, twilio=doors.twilio)
                    announce(settings.hub.data, reached)
                    held.callback(withdraw, settings.hub.data)
                _tell(hub.public_url, token)
                await _until_told_to_stop(running)
                note("Stopping")


def _tell(public_url: str, token: str | None) -> None:
    link = f"{public_url}/link/{token}" if token else ""
    if wants_json():
        emit({"url": public_url, "sign_in": link or None})
        return
    say(f"The hub runs at {public_url}  (Ctrl+C stops it)")
    if link:
        say(f"Sign in the first time, once, with {link}")


async def _until_told_to_stop(running: asyncio.Task[None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.cancel()
    if running in done:
        await running


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
            token = await furnish(hub.database, hub.keys, hub.clock())
            link = f"{hub.public_url}/link/{token}" if token else ""
    if wants_json():
        emit({"data": str(settings.hub.data), "schema_changed": changed, "sign_in": link or None})
        return
    say(f"The hub's data is in {settings.hub.data.absolute()}; start it with: hub serve")
    if link:
        say(f"Sign in the first time, once, with {link}")
