"""Templates: every change is a new version; one version of each language is active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hub.model.errors import NotFound
from hub.store.tables import TemplateRow

_ALL = TemplateRow.__table__.c


def save(
    conn: Connection,
    *,
    name: str,
    language: str,
    purpose: str,
    faces: Mapping[str, str],
    now: datetime,
    by: str = "",
) -> int:
    """Stores a new version, which is the active one from now on; returns its id. The faces were checked before."""
    newest = conn.scalar(
        select(func.max(TemplateRow.version)).where(TemplateRow.name == name, TemplateRow.language == language)
    )
    conn.execute(
        update(TemplateRow).where(TemplateRow.name == name, TemplateRow.language == language).values(active=False)
    )
    row = {
        "name": name,
        "language": language,
        "version": (newest or 0) + 1,
        "purpose": purpose,
        "faces": dict(faces),
        "active": True,
        "created_at": now,
        "created_by": by,
    }
    made: int = conn.execute(insert(TemplateRow).values(**row).returning(TemplateRow.id)).scalar_one()
    return made


def retire(conn: Connection, name: str, language: str) -> bool:
    """Takes a template out of use in one language, all versions kept; returns False when it was so already."""
    mine = (TemplateRow.name == name, TemplateRow.language == language, TemplateRow.active)
    return conn.execute(update(TemplateRow).where(*mine).values(active=False)).rowcount > 0


def listed(conn: Connection) -> list[dict[str, Any]]:
    """Returns the active version of every template in every language, by name and language."""
    rows = conn.execute(select(*_ALL).where(TemplateRow.active).order_by(TemplateRow.name, TemplateRow.language))
    return [dict(row._mapping) for row in rows]


def versions(conn: Connection, name: str, language: str) -> list[dict[str, Any]]:
    """Returns every version of a template in one language, newest first."""
    rows = conn.execute(
        select(*_ALL)
        .where(TemplateRow.name == name, TemplateRow.language == language)
        .order_by(TemplateRow.version.desc())
    )
    return [dict(row._mapping) for row in rows]


def get(conn: Connection, template_id: int) -> dict[str, Any]:
    """Returns one version. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(TemplateRow.id == template_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no template {template_id}.")
    return dict(row._mapping)


def active(conn: Connection, name: str) -> dict[str, dict[str, Any]]:
    """Returns the active version of a template in each of its languages."""
    rows = conn.execute(
        select(*_ALL).where(TemplateRow.name == name, TemplateRow.active).order_by(TemplateRow.language)
    )
    return {row.language: dict(row._mapping) for row in rows}


def in_language(versions: Mapping[str, dict[str, Any]], *wanted: str) -> dict[str, Any] | None:
    """Returns the version in the first of these languages that there is (pt-BR falls back to pt), or any."""
    for language in wanted:
        for code in (language, language.partition("-")[0].partition("_")[0]):
            if code in versions:
                return versions[code]
    return next(iter(versions.values()), None)
