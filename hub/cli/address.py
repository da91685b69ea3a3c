"""`hub address`: the public address of a running hub: shown, named and proven, or forgotten."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.frame import PROBLEMS_FOUND, emit, say, wants_json
from hub.cli.running_hub import running_hub
from hub.cli.setting import Config, Data

_SOURCES = {
    "file": "from the settings file",
    "kept": "named in the hub",
    "default": "nobody has named one: it reaches this machine only",
}


def register(app: typer.Typer) -> None:
    """Adds `address`."""
    app.command()(address)


def address(
    url: Annotated[str, typer.Argument(help="The address to use, as https://hub.example.com.")] = "",
    prove: Annotated[bool, typer.Option("--prove", help="Let the hub reach itself by the address in use.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Use it although it could not be proven.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the address that the hub keeps.")] = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Show the public address; name one, which the hub proves by fetching a secret word of its own through it."""
    api = running_hub(config, data)
    if forget:
        told = api.ask("DELETE", "/address")
    elif url:
        told = api.ask("PUT", "/address", {"url": url, "anyway": anyway})
    else:
        told = api.ask("POST", "/address/proof") if prove else api.ask("GET", "/address")
    _tell(told)
    raise typer.Exit(PROBLEMS_FOUND if told["not_proven"] else 0)


def _tell(told: dict[str, Any]) -> None:
    if wants_json():
        emit(told)
        return
    proven = f"proven {told['proven_at']}" if told["proven_at"] else "not proven"
    say(f"{told['url']}  ({_SOURCES[told['source']]}; {proven})")
    if told["not_proven"]:
        say(f"Not proven: {told['not_proven']}")
    if told["proposed"]:
        say(f"Proposed: {told['proposed']}")
