"""What a new hub starts with, or a part of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from hub.config import shipped
from hub.desk import configuration
from hub.web.configuration import kinds


def start_with(conn: Connection, now: datetime, *places: str) -> int:
    """Stores the starter's files that stand in one of these places, as `forms/`; all, if none is named."""
    files = _starter_files()
    return configuration.furnish(
        conn,
        kinds("en", shipped=True),
        {path: files[path] for path in files if not places or path.startswith(places)},
        now,
    )


@functools.cache
def _starter_files() -> Mapping[str, str]:
    return configuration.starter_files(shipped)
