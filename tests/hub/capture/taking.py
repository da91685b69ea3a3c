"""Incoming events through the one way in, and what is stored of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from channels.base import Captured
from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.store.session import Database
from hub.store.tables import (
    InteractionRow,
)

KEY = b"k" * 32


async def take(database: Database, *batch: Incoming) -> list[Captured]:
    return await database.write(Capture(KEY), list(batch))


async def count(database: Database, table: Any) -> int:
    return await database.read(lambda conn, _: conn.scalar(select(func.count()).select_from(table)) or 0, None)


async def row(database: Database, interaction: int | None) -> Any:
    def one(conn: Connection, _: None) -> Any:
        return conn.execute(select(InteractionRow.__table__).where(InteractionRow.id == interaction)).one()

    return await database.read(one, None)
