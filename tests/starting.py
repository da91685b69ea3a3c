"""What a new hub starts with, or a part of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.config import shipped
from hub.desk import configuration
from hub.web.configuration import kinds


def start_with(conn: Connection, now: datetime, *places: str) -> int:
    """Stores the starter's files that stand in one of these places, as `forms/`; all, if none is named."""
    files = configuration.starter_files(shipped)
    return configuration.furnish(
        conn,
        kinds("en", shipped=True),
        {path: files[path] for path in files if not places or path.startswith(places)},
        now,
    )
