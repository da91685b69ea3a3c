"""`hub sandbox advance`: the days to come, played through on a copy; who would get what, and why or why not."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import FAILED, emit, note, report, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.cli.hub_api import HubApi
    from hub.config import Settings

_ADDRESS = "/sandbox/ahead"
_ASKED_EVERY = 0.3
_COLUMNS = ("at", "local", "customer", "name", "to", "channel", "kind", "what", "gets", "words")


def advance(
    days: Annotated[str, typer.Argument(help="How far: 30d, 4w, or a number of days.")] = "30d",
    file: Annotated[
        Path | None, typer.Option("--csv", help="Also write one row for each message to this file.", show_default=False)
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Look ahead: all reminders, campaigns and sequences run on a copy of the database. Nothing is sent.

    With --json: one line for each message that would go out or not, then one with the sums and the changes of clocks.
    """
    from hub.app.data import running
    from hub.cli.hub_api import HubApi
    from hub.outreach.ahead import read_days

    many = read_days(days)
    settings = settings_of(config, data=data)
    here = running(settings.hub.data)
    found = _of_running(HubApi(here), many) if here else asyncio.run(_alone(settings, many))
    if file is not None:
        _write(file, found["items"])
    for item in found["items"]:
        if wants_json():
            emit(item)
        else:
            say(
                f"{item['local']}  {item['name'] or item['customer']}  {item['what']} ({item['channel']}): {_end(item)}"
            )
    gets = sum(1 for item in found["items"] if item["gets"])
    sums = {"days": many, "gets": gets, "not": len(found["items"]) - gets, "waiting": found["waiting"]}
    if wants_json():
        emit({**sums, "clocks": found["clocks"]})
        return
    for change in found["clocks"]:
        note(f"{change['zone']}: clocks change by {change['minutes']} minutes at {change['at']}")
    note(f"{gets} would go out, {sums['not']} not, within {many} days. Nothing was sent.")


def _end(item: dict[str, Any]) -> str:
    return "gets it" if item["gets"] else str(item["words"])


def _of_running(api: HubApi, days: int) -> dict[str, Any]:
    """Asks the hub that runs, whose channels are open, and waits until it is back."""
    found = api.ask("POST", _ADDRESS, {"days": f"{days}d"})
    told = ""
    while found["running"]:
        if (reached := str(found["reached"] or "")[:10]) != told and sys.stderr.isatty():
            note(f"It is {reached} there now.")
            told = reached
        time.sleep(_ASKED_EVERY)
        found = api.ask("GET", _ADDRESS)
    if found["error"]:
        report("failed", found["error"])
        raise typer.Exit(FAILED)
    return dict(found)


async def _alone(settings: Settings, days: int) -> dict[str, Any]:
    from hub.app.travelling import travel
    from hub.cli.alone import alone

    async with alone(settings, with_channels=True) as hub:
        found = await travel(hub, days, lambda _reached: None)
    items = [{name: getattr(item, name) for name in _COLUMNS} for item in found.items]
    return {
        "items": [{**item, "at": item["at"].isoformat()} for item in items],
        "clocks": [{"zone": one.zone, "at": one.at.isoformat(), "minutes": one.minutes} for one in found.clocks],
        "waiting": found.waiting,
    }


def _write(file: Path, items: list[dict[str, Any]]) -> None:
    from hub.model.sheet_text import sheet_text

    file.write_text(sheet_text(_COLUMNS, items), encoding="utf-8", newline="")
