"""What a visitor of a hosted form types and sends, and what is stored of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from tests.web_room import Answer, Browser, WebRoom

TYPED = {"name": "Ada Lovelace", "email": "Ada@example.com", "message": "Please send me\nyour price list."}


def hidden(answer: Answer | str) -> dict[str, str]:
    page = answer if isinstance(answer, str) else answer.text
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))


async def count(room: WebRoom, table: Any) -> int:
    return await room.services.database.read(
        lambda conn, _: conn.scalar(select(func.count()).select_from(table)) or 0, None
    )


async def row(room: WebRoom, table: Any) -> Any:
    def one(conn: Connection, _: None) -> Any:
        return conn.execute(select(table.__table__).order_by(table.__table__.c[0])).first()

    return await room.services.database.read(one, None)


async def fill_in(browser: Browser, typed: Mapping[str, Any] = TYPED, *, path: str = "/f/contact") -> Answer:
    """Fills in the form as a person does: reads for a while, then sends."""
    page = await browser.get(path)
    assert page.status == 200
    browser.room.clock.advance(seconds=20)
    return await browser.ask("POST", "/f/contact", data={**hidden(page), **typed})
