"""`hub backfill`: older mail of a mailbox, the newest first; beside a running hub or without one, killed or not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import FAILED, USAGE, emit, note, report, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.config import Settings

_LOOK_SECONDS = 0.5
_TELL_SECONDS = 10.0
_OPEN = ("waiting", "running")


def register(app: typer.Typer) -> None:
    """Adds `backfill`."""
    app.command()(backfill)


def backfill(
    channel: Annotated[str, typer.Argument(help="The channel, such as support_mail.")],
    since: Annotated[str, typer.Option(help="From this day on, as 2024-01-31; else all there is.")] = "",
    folder: Annotated[str, typer.Option(help="Only this folder; else every one that the channel reads.")] = "",
    stop: Annotated[bool, typer.Option("--stop", help="Take in no more of it; what came in stays.")] = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Bring in mail from before the hub read this mailbox, as history: it opens nothing and nobody is answered.

    It goes on where it was when it is killed; new mail comes in meanwhile. Beside a running hub, that does the work:
    Ctrl+C then only ends the watching.
    """
    day = ""
    if since:
        try:
            day = datetime.fromisoformat(since).date().isoformat()
        except ValueError:
            report("usage", f"{since} is no day.", "Write it as 2024-01-31.")
            raise typer.Exit(USAGE) from None
    settings = settings_of(config, data=data)
    wanted = {"since": day or None, "folder": folder}
    if asyncio.run(_run(settings, channel, wanted, stop=stop)):
        raise typer.Exit(FAILED)


async def _run(settings: Settings, channel: str, wanted: dict[str, Any], *, stop: bool) -> bool:
    """Returns whether something did not come to its end."""
    from hub.cli.backfill_ways import way

    async with way(settings) as through:
        if stop:
            stopped = await through.stop(channel)
            _tell(stopped, "There was nothing to stop.")
            return False
        asked = {each["id"] for each in await through.ask(channel, wanted)}
        with _progress(channel) as show:
            while True:
                told = [each for each in await through.look(channel) if each["id"] in asked]
                show(told)
                if not any(each["state"] in _OPEN for each in told):
                    break
                await asyncio.sleep(_LOOK_SECONDS)
        _tell(told, "Nothing was asked for.")
        return any(each["state"] != "done" for each in told)


def _tell(told: list[dict[str, Any]], nothing: str) -> None:
    for each in reversed(told):
        if wants_json():
            emit(each)
        else:
            since = f"since {each['since']}" if each["since"] else "all there is"
            say(f"{each['channel']}, {_name(each)}: {each['done']:,} mails brought in ({since}), {each['state']}")
    if not told and not wants_json():
        say(nothing)


def _name(each: dict[str, Any]) -> str:
    return "sent mail" if each["mailbox"] == "\\Sent" else str(each["mailbox"])


@contextmanager
def _progress(channel: str) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
    """Yields what shows how far it is on standard error: a bar a folder, or a line now and then."""
    if wants_json() or not sys.stderr.isatty():
        yield _lines(channel)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(told: list[dict[str, Any]]) -> None:
            for each in told:
                if each["id"] not in tasks:
                    tasks[each["id"]] = progress.add_task("", total=None)
                held_up = f": {each['error']}" if each["error"] else ""
                progress.update(
                    tasks[each["id"]],
                    description=f"{_name(each)}{held_up}",
                    completed=each["done"],
                    total=each["total"] or (None if each["state"] in _OPEN else each["done"]),
                )

        yield show


def _lines(channel: str) -> Callable[[list[dict[str, Any]]], None]:
    said_at, said = 0.0, ""

    def show(told: list[dict[str, Any]]) -> None:
        nonlocal said_at, said
        now = asyncio.get_running_loop().time()
        held_up = next((each["error"] for each in told if each["error"]), "")
        line = f"{channel}: {sum(each['done'] for each in told):,} of {sum(each['total'] for each in told):,} mails"
        line = f"{line}. {held_up}" if held_up else line
        if line != said and (not said_at or now - said_at >= _TELL_SECONDS):
            note(line)
            said_at, said = now, line

    return show
