"""What is erased is overwritten in SQLite's file, and leaves the old segments of its index of words too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from hub.store.installation import fact, note_fact

_TO_FORGET = "search.to_forget"
_BEGIN, _GO_ON = "begin", "go on"
# Pages of the index a step: at a million interactions a step holds the database for some 20 ms.
_PAGES = 64
_MERGE = text("INSERT INTO interaction_search (interaction_search, rank) VALUES ('merge', :pages)")


@contextmanager
def overwriting(conn: Connection) -> Iterator[None]:
    """What is deleted meanwhile stays in no free page of the file (sqlite.org/pragma.html#pragma_secure_delete)."""
    if conn.dialect.name != "sqlite":
        yield
        return
    before = conn.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    conn.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        conn.exec_driver_sql(f"PRAGMA secure_delete={int(before)}")


def forget_words_later(conn: Connection) -> None:
    """Asks for the index to be rewritten without what was taken out of it: a deletion there is only one more entry."""
    if conn.dialect.name == "sqlite":
        note_fact(conn, _TO_FORGET, _BEGIN)


def forget_some_words(conn: Connection, _: None = None) -> bool:
    """Rewrites a part of the index if that was asked for; returns whether something is left.

    All segments become one in steps (sqlite.org/fts5.html, 6.8): the first says so by a negative number of pages, and
    a step that changed fewer than two rows was the last.
    """
    state = fact(conn, _TO_FORGET)
    if not state:
        return False
    driver: Any = conn.connection.dbapi_connection
    with overwriting(conn):
        before = driver.total_changes
        pages = -_PAGES if state == _BEGIN else _PAGES
        conn.execute(_MERGE, {"pages": pages})
        done = driver.total_changes - before < 2
    note_fact(conn, _TO_FORGET, "" if done else _GO_ON)
    return not done
