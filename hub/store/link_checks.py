"""What became of the links in a template's version when they were tried; the newest report counts.

Each link is a job of its own: it asks somebody outside, who may take his time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.store import jobs
from hub.store.tables import LinkCheckRow

KIND = "link_trial"


def begin(conn: Connection, template_id: int, urls: Sequence[str], by: str, now: datetime) -> int:
    """Begins a report in which each of these links is still to be tried; returns its number."""
    waiting = [{"url": url, "good": None, "said": "", "at": ""} for url in urls]
    row = {"template_id": template_id, "found": waiting, "by": by, "at": now}
    made: int = conn.execute(insert(LinkCheckRow).values(**row).returning(LinkCheckRow.id)).scalar_one()
    tasks = [(f"{made}:{place}", {"check": made, "url": url}) for place, url in enumerate(urls)]
    jobs.enqueue(conn, KIND, tasks, now)
    return made


def settle(conn: Connection, check: int, found: Mapping[str, Any], now: datetime) -> None:
    """Notes what became of one link: its url, whether it is `good`, and what was `said`."""
    asked = select(LinkCheckRow.found).where(LinkCheckRow.id == check).with_for_update()
    known = conn.scalar(asked)
    if known is None:
        return  # its template was removed meanwhile
    told = {**found, "at": now.isoformat()}
    links = [told if each["url"] == found["url"] else each for each in known]
    conn.execute(update(LinkCheckRow).where(LinkCheckRow.id == check).values(found=links))


def newest(conn: Connection, template_id: int) -> dict[str, Any] | None:
    """Returns the newest report of a version, None where nobody had its links tried.

    Of each link url, `good` (None: it is still being tried), what was `said`, and when (`at`, None before that);
    `waits`: whether one is still being tried.
    """
    row = conn.execute(
        select(*LinkCheckRow.__table__.c)
        .where(LinkCheckRow.template_id == template_id)
        .order_by(LinkCheckRow.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    found = [{**each, "at": datetime.fromisoformat(each["at"]) if each.get("at") else None} for each in row.found]
    return {**row._mapping, "found": found, "waits": any(each["good"] is None for each in found)}
