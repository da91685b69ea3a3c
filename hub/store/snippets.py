"""Snippets: pieces that templates share, by name and language; every change is a version, and one of each is active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hub.store.tables import SnippetRow

_ALL = SnippetRow.__table__.c


def save(conn: Connection, *, name: str, language: str, text: str, now: datetime, by: str = "") -> int:
    """Stores the next version, which is the active one from now on; returns its number. The text was checked before.

    What templates say of it changes with `hub.store.templates.follow`.
    """
    mine = (SnippetRow.name == name, SnippetRow.language == language)
    newest: int = conn.scalar(select(func.max(SnippetRow.version)).where(*mine)) or 0
    conn.execute(update(SnippetRow).where(*mine).values(active=False))
    row = {
        "name": name,
        "language": language,
        "version": newest + 1,
        "text": text,
        "active": True,
        "created_at": now,
        "created_by": by,
    }
    conn.execute(insert(SnippetRow).values(**row))
    return newest + 1


def retire(conn: Connection, name: str, language: str) -> bool:
    """Takes a snippet out of use in one language, all versions kept; returns False when it was so already."""
    mine = (SnippetRow.name == name, SnippetRow.language == language, SnippetRow.active)
    return conn.execute(update(SnippetRow).where(*mine).values(active=False)).rowcount > 0


def listed(conn: Connection) -> list[dict[str, Any]]:
    """Returns the active version of every snippet in every language, by name and language."""
    rows = conn.execute(select(*_ALL).where(SnippetRow.active).order_by(SnippetRow.name, SnippetRow.language))
    return [dict(row._mapping) for row in rows]


def versions(conn: Connection, name: str, language: str) -> list[dict[str, Any]]:
    """Returns every version of a snippet in one language, newest first."""
    rows = conn.execute(
        select(*_ALL)
        .where(SnippetRow.name == name, SnippetRow.language == language)
        .order_by(SnippetRow.version.desc())
    )
    return [dict(row._mapping) for row in rows]


def for_language(conn: Connection, names: Sequence[str], language: str) -> dict[str, dict[str, Any]]:
    """Returns snippets by name as a template in this language shows them: in it, in its first part, or in any."""
    if not names:
        return {}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in conn.execute(
        select(*_ALL).where(SnippetRow.active, SnippetRow.name.in_(names)).order_by(SnippetRow.language)
    ):
        found.setdefault(row.name, {})[row.language] = dict(row._mapping)
    return {name: _in(spoken, language) for name, spoken in found.items()}


def _in(spoken: Mapping[str, dict[str, Any]], language: str) -> dict[str, Any]:
    for code in (language, language.partition("-")[0]):
        if code in spoken:
            return spoken[code]
    return next(iter(spoken.values()))
