"""What became of the links in a template's version when they were tried; the newest report counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from hub.store.tables import LinkCheckRow


def keep(conn: Connection, template_id: int, found: Sequence[Mapping[str, Any]], by: str, now: datetime) -> None:
    """Keeps a report: of each link its url, whether it is `good`, and what was `said`."""
    row = {"template_id": template_id, "found": [dict(each) for each in found], "by": by, "at": now}
    conn.execute(insert(LinkCheckRow).values(**row))


def newest(conn: Connection, template_id: int) -> dict[str, Any] | None:
    """Returns the newest report of a version, None where nobody had its links tried."""
    row = conn.execute(
        select(*LinkCheckRow.__table__.c)
        .where(LinkCheckRow.template_id == template_id)
        .order_by(LinkCheckRow.id.desc())
        .limit(1)
    ).one_or_none()
    return dict(row._mapping) if row else None
