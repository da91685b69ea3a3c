"""The hub that runs on a data folder, for commands that act through it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.setting import settings_of

if TYPE_CHECKING:
    from hub.cli.hub_api import HubApi


def running_hub(config: Path | None, data: Path | None) -> HubApi:
    """Returns the running hub. Raises Unavailable."""
    from hub.app.data import running
    from hub.cli.hub_api import HubApi
    from hub.model.errors import Unavailable

    settings = settings_of(config, data=data)
    found = running(settings.hub.data)
    if found is None:
        raise Unavailable(f"No hub runs on {settings.hub.data}.", next_step="Start one with: hub serve")
    return HubApi(found)
