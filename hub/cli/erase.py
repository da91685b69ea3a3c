"""`hub erase`: what erasing a customer would do, a copy of everything first where wanted, and the erasure itself."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import USAGE, emit, report, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.config import Settings


def register(app: typer.Typer) -> None:
    """Adds `erase`."""
    app.command()(erase)


def erase(
    customer: Annotated[str, typer.Argument(help="A customer's number, address or identity.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would go, and do nothing.")] = False,
    name: Annotated[
        str, typer.Option(help="The customer's name as it stands on their page; else it is asked for.")
    ] = "",
    reason: Annotated[str, typer.Option(help="asked, no_longer_needed, deceased or by_mistake.")] = "asked",
    although_open: Annotated[
        bool, typer.Option("--although-open", help="Also where something is under way with them.")
    ] = False,
    copy: Annotated[
        Path | None, typer.Option(help="First write everything that is kept of them to this file.", show_default=False)
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Erase a customer for ever: what names them leaves every table; figures and the proof of consents stay."""
    settings = settings_of(config, data=data)
    foretold = asyncio.run(_act(settings, customer, "look", {}))
    if copy is not None:
        _write(copy, asyncio.run(_act(settings, customer, "copy", {})))
    if dry_run:
        _tell(foretold, "would go or lose what names them")
        return
    if not name and not sys.stdin.isatty():
        report("usage", "Nothing was erased: nobody was named.", "Give the name with --name, or look with --dry-run.")
        raise typer.Exit(USAGE)
    typed = name or typer.prompt(f"Type {foretold['name']} to erase this customer", err=True)
    given = {"name": typed, "reason": reason, "although_open": although_open}
    _tell(asyncio.run(_act(settings, customer, "erase", given)), "erased")


async def _act(settings: Settings, customer: str, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Lets the running hub do it, or does it here where none runs. Raises NotFound and Refused."""
    from hub.app.data import running
    from hub.cli.hub_api import HubApi

    there = running(settings.hub.data)
    if there is not None:
        return await asyncio.to_thread(_through_hub, HubApi(there), customer, what, given)
    return await _alone(settings, customer, what, given)


def _through_hub(api: Any, customer: str, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    from urllib.parse import quote

    from hub.model.errors import NotFound

    number = customer
    if not customer.isdecimal():
        found = api.ask("GET", f"/customers?identity={quote(customer, safe='')}")["items"]
        if not found:
            raise NotFound(f"Nobody holds {customer}.")
        number = found[0]["id"]
    path = f"/customers/{number}/{'copy' if what == 'copy' else 'erasure'}"
    told: dict[str, Any] = api.ask("GET" if what == "look" else "POST", path, dict(given) or None)
    return told


async def _alone(settings: Settings, customer: str, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    from hub.cli.alone import alone
    from hub.desk import erasing
    from hub.outreach.why import find_customer
    from hub.store.audit import Actor
    from hub.store.erasing import outside

    async with alone(settings) as hub:
        by = Actor(name="the command line", at=hub.clock(), key=hub.keys.audit)
        number = await hub.database.read(lambda conn, _: find_customer(conn, customer, settings.hub.region), None)
        match what:
            case "look":
                return asdict(await hub.database.read(lambda conn, _: erasing.look(conn, number, by.at), None))
            case "copy":
                return await hub.database.write(lambda conn, _: erasing.copy(conn, number, by), None)
        done = await hub.database.write(
            lambda conn, _: erasing.erase_customer(
                conn, number, given["reason"], given["name"], by, hub.keys, although_open=given["although_open"]
            ),
            None,
        )
        await asyncio.to_thread(outside.append, settings.hub.data, [done.line])
        return {name: value for name, value in asdict(done).items() if name != "line"}


def _write(file: Path, made: Mapping[str, Any]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(made, stream, ensure_ascii=False, indent=1, default=str)


def _tell(told: Mapping[str, Any], done: str) -> None:
    if wants_json():
        emit(told)
        return
    say(f"Customer {told['customer_id']}{', ' + told['name'] if 'name' in told else ''}:")
    for table, many in told["counts"].items():
        say(f"  {many:,} rows of {table.replace('_', ' ')} {done}")
    for what, many in told.get("open", {}).items():
        say(f"  Under way: {many:,} {what}")
    if told.get("oldest_backup"):
        say(f"  Backups since {told['oldest_backup']} hold them until newer ones take their place.")
