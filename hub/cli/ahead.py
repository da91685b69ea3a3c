"""`hub sandbox advance`: the days to come, played through on a copy; who would get what, and why or why not."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of it; the items one by one, since they may be many."""

    items: Iterator[dict[str, Any]]
    many: int
    clocks: Sequence[dict[str, Any]]
    waiting: int


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
    from hub.model.sheet_text import sheet_text
    from hub.outreach.ahead import read_days
    from hub.outreach.outlook import COLUMNS

    many = read_days(days)
    settings = settings_of(config, data=data)
    here = running(settings.hub.data)
    found = _of_running(HubApi(here), many) if here else asyncio.run(_alone(settings, many))
    gets, told = 0, [] if file is None else [sheet_text(COLUMNS, ())]
    for item in found.items:
        gets += item["gets"]
        if file is not None:
            told.append(sheet_text(COLUMNS, [item]).partition("\r\n")[2])
        if wants_json():
            emit(item)
        else:
            say(
                f"{item['local']}  {item['name'] or item['customer']}  {item['what']} ({item['channel']}): {_end(item)}"
            )
    if file is not None:
        file.write_text("".join(told), encoding="utf-8", newline="")
    sums = {"days": many, "gets": gets, "not": found.many - gets, "waiting": found.waiting}
    if wants_json():
        emit({**sums, "clocks": found.clocks})
        return
    for change in found.clocks:
        note(f"{change['zone']}: clocks change by {change['minutes']} minutes at {change['at']}")
    note(f"{gets} would go out, {sums['not']} not, within {many} days. Nothing was sent.")


def _end(item: dict[str, Any]) -> str:
    return "gets it" if item["gets"] else str(item["words"])


def _of_running(api: HubApi, days: int) -> _Found:
    """Asks the hub that runs, whose channels are open, and waits until it is back; an interruption calls it back."""
    found = api.ask("POST", _ADDRESS, {"days": f"{days}d"})
    told = ""
    try:
        while found["running"]:
            if (reached := str(found["reached"] or "")[:10]) != told and sys.stderr.isatty():
                note(f"It is {reached} there now.")
                told = reached
            time.sleep(_ASKED_EVERY)
            found = api.ask("GET", _ADDRESS)
    except KeyboardInterrupt:
        api.ask("POST", f"{_ADDRESS}/stop")
        raise
    if found["error"]:
        report("failed", found["error"])
        raise typer.Exit(FAILED)
    return _Found(_pages(api, found), int(found["found"]), found["clocks"], int(found["waiting"]))


def _pages(api: HubApi, page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from page["items"]
    while page["next"]:
        page = api.ask("GET", f"{_ADDRESS}?limit=5000&after={page['next']}")
        yield from page["items"]


async def _alone(settings: Settings, days: int) -> _Found:
    from hub.app.travelling import travel
    from hub.cli.alone import alone
    from hub.outreach.outlook import COLUMNS

    def tell(reached: datetime) -> None:
        if sys.stderr.isatty() and reached.date() != days_told[-1]:
            days_told.append(reached.date())
            note(f"It is {reached.date()} there now.")

    days_told: list[date | None] = [None]
    async with alone(settings, with_channels=True) as hub:
        found = await travel(hub, days, tell)
    items = ({**{name: getattr(item, name) for name in COLUMNS}, "at": item.at.isoformat()} for item in found.items)
    clocks = [{"zone": one.zone, "at": one.at.isoformat(), "minutes": one.minutes} for one in found.clocks]
    return _Found(items, len(found.items), clocks, found.waiting)
