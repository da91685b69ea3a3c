"""Privacy notices: each version in each language, kept for ever, so that anybody can see what they were told."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from hub.model.clean import clean_text
from hub.model.errors import Refused
from hub.store import audit
from hub.store.audit import Actor
from hub.store.tables import PrivacyNoticeRow

_ALL = tuple(PrivacyNoticeRow.__table__.c)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?\Z")
_LONGEST = 100_000


def keep(conn: Connection, language: str, text: str, by: Actor) -> dict[str, Any]:
    """Keeps a new version and returns it; the same words again are no other. Raises Refused."""
    text = clean_text(text).strip()[:_LONGEST]
    if not _LANGUAGE.match(language):
        raise Refused(f"{language[:20]!r} is no language.", field="language", next_step="Write it as en or pt-BR.")
    if not text:
        raise Refused("A privacy notice needs its words.", field="text")
    newest = of_time(conn, language, by.at)
    if newest is not None and newest["text"] == text:
        return newest
    last = conn.scalar(select(func.max(PrivacyNoticeRow.version)).where(PrivacyNoticeRow.language == language)) or 0
    row = {"language": language, "version": last + 1, "text": text, "since": by.at, "by": by.name}
    made = conn.execute(insert(PrivacyNoticeRow).values(row).returning(*_ALL)).one()
    audit.note(conn, by, "privacy_notice.kept", f"privacy_notice/{language}/{last + 1}")
    return dict(made._mapping)


def of_time(conn: Connection, language: str, at: datetime) -> dict[str, Any] | None:
    """Returns the version that held at a time, None where there was none."""
    row = conn.execute(
        select(*_ALL)
        .where(PrivacyNoticeRow.language == language, PrivacyNoticeRow.since <= at)
        .order_by(PrivacyNoticeRow.version.desc())
        .limit(1)
    ).one_or_none()
    return dict(row._mapping) if row else None


def listed(conn: Connection) -> list[dict[str, Any]]:
    """Returns every version, the newest first."""
    rows = conn.execute(select(*_ALL).order_by(PrivacyNoticeRow.id.desc()))
    return [dict(row._mapping) for row in rows]
