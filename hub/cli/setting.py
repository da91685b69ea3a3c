"""The settings as a command sees them: flags, then the environment, then the file; secrets resolved and hidden."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hub.config import Settings

Config = Annotated[Path | None, typer.Option("--config", help="The settings file.", show_default=False)]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder.", show_default=False)]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.", show_default=False)]
Port = Annotated[int | None, typer.Option("--port", help="The port to listen on.", show_default=False)]


def settings_of(config: Path | None, **flags: Any) -> Settings:
    """Returns the resolved settings and starts the log by them. Raises ConfigurationError."""
    # Imported here: pydantic costs half a second, which `hub --help` need not pay.
    from hub import log
    from hub.config import load
    from hub.secrets import resolve, secret_lookup, secret_values

    settings = load(flags, file=config)
    lookup = secret_lookup(settings.hub.data)
    log.hide(secret_values(settings, lookup))
    log.configure(settings.log.level, json=settings.log.format == "json")
    return resolve(settings, lookup)
