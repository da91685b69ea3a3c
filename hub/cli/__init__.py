"""The `hub` command. Each module of COMMANDS adds its commands with `register(app)`.

Modules import what they need inside their commands, so that no command pays for another.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from hub.cli.frame import HubGroup, say

COMMANDS = (
    "hub.cli.serve",
    "hub.cli.check",
    "hub.cli.inspect",
    "hub.cli.import_",
    "hub.cli.simulate",
    "hub.cli.sandbox",
    "hub.cli.why",
    "hub.cli.address",
    "hub.cli.channel",
    "hub.cli.configuration",
    "hub.cli.backfill",
    "hub.cli.backup",
    "hub.cli.restore",
    "hub.cli.upgrade",
    "hub.cli.erase",
    "hub.cli.do_not_call",
)


def build_app(wanted: str = "") -> typer.Typer:
    """Returns the command line: whole, or with the one module that `wanted` names, where it names one."""
    app = typer.Typer(
        name="hub",
        cls=HubGroup,
        help="One history of every contact with a customer, and one way out to them.",
        epilog="--json anywhere: answers as JSON, errors as {code, message, next} on standard error.",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    named = [module for module in COMMANDS if module.rpartition(".")[2] == wanted]
    for module in named or COMMANDS:
        import_module(module).register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from hub import __version__

        say(f"hub {__version__}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version and leave.")
    ] = False,
) -> None:
    pass
