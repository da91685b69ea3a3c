"""`hub do-not-call`: the do-not-call lists of a running hub: shown, loaded from a file, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.frame import emit, say, wants_json
from hub.cli.running_hub import running_hub
from hub.cli.setting import Config, Data


def register(app: typer.Typer) -> None:
    """Adds `do-not-call`."""
    app.command("do-not-call")(do_not_call)


def do_not_call(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, readable=True, help="A number a line, text or CSV.")
    ] = None,
    name: Annotated[str, typer.Option(help="The list's name; one of the same name is replaced.")] = "",
    as_of: Annotated[str, typer.Option(help="From which day the list is, as 2026-03-02; else today.")] = "",
    region: Annotated[str, typer.Option(help="The country of numbers without one (ISO 3166); else the hub's.")] = "",
    forget: Annotated[int, typer.Option(help="Take the list of this number back.")] = 0,
    config: Config = None,
    data: Data = None,
) -> None:
    """Show the do-not-call lists; load one from a file. A list holds for some weeks, then it must be loaded anew."""
    api = running_hub(config, data)
    if forget:
        api.ask("DELETE", f"/do-not-call/{forget}")
    if file is not None:
        fields = {"name": name or file.stem, "as_of": as_of, "region": region}
        _tell([api.send_file("/do-not-call", file, file.name, fields)])
        return
    _tell(api.ask("GET", "/do-not-call")["items"])


def _tell(lists: list[dict[str, Any]]) -> None:
    if wants_json():
        emit({"items": lists})
        return
    for one in lists:
        unread = f" (lines without one: {one['unread']})" if one["unread"] else ""
        say(f"{one['id']}  {one['name']}: {one['numbers']} numbers{unread}; good until {one['good_until'][:10]}")
    if not lists:
        say("No list is loaded: nobody is asked about one.")
