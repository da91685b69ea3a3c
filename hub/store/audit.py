"""The audit log: who did what, when, from where. Append-only; each row's keyed digest covers the row before it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select, update

from hub.store.tables import AuditRow, InstallationRow
from hub.store.tables.base import milliseconds
from hub.store.upsert import insert_new

_HEAD = "audit_head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, from where and when; `key` is `Keys.audit`. `staff_id` is None for the hub itself."""

    name: str
    at: datetime
    key: bytes = field(repr=False)
    staff_id: int | None = None
    ip: str = ""


def note(conn: Connection, by: Actor, action: str, subject: str = "", detail: Mapping[str, Any] | None = None) -> None:
    """Appends one act, in the transaction of the act itself.

    `action` is a word for machines (`staff.invited`), `subject` what it was done to (`staff/7`). Never put secrets or
    the content of messages into `detail`: it stays for ever.
    """
    insert_new(conn, InstallationRow, [{"name": _HEAD, "value": ""}])
    # The head is locked until the commit: two processes cannot append after the same row.
    head = conn.scalar(select(InstallationRow.value).where(InstallationRow.name == _HEAD).with_for_update()) or ""
    row: dict[str, Any] = {
        "at": by.at,
        "staff_id": by.staff_id,
        "actor": by.name,
        "action": action,
        "subject": subject,
        "detail": dict(detail or {}),
        "ip": by.ip,
    }
    row["digest"] = _digest(by.key, head, row)
    conn.execute(AuditRow.__table__.insert(), row)
    conn.execute(update(InstallationRow).where(InstallationRow.name == _HEAD).values(value=row["digest"]))


def page(conn: Connection, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Returns acts, newest first, those with a smaller id than `before`."""
    rows = select(AuditRow.__table__).order_by(AuditRow.id.desc()).limit(limit)
    if before is not None:
        rows = rows.where(AuditRow.id < before)
    return [dict(row) for row in conn.execute(rows).mappings()]


def broken_at(conn: Connection, key: bytes) -> int | None:
    """Returns the first row that was changed, or that follows a removed one; 0 when the newest were cut off."""
    last = ""
    for row in conn.execute(select(AuditRow.__table__).order_by(AuditRow.id)).mappings():
        if not hmac.compare_digest(row["digest"], _digest(key, last, dict(row))):
            return int(row["id"])
        last = row["digest"]
    head = conn.scalar(select(InstallationRow.value).where(InstallationRow.name == _HEAD)) or ""
    return None if head == last else 0


def _digest(key: bytes, before: str, row: Mapping[str, Any]) -> str:
    said = [before, milliseconds(row["at"]), *(row[name] for name in ("staff_id", "actor", "action", "subject"))]
    content = orjson.dumps([*said, row["detail"], row["ip"]], option=orjson.OPT_SORT_KEYS)
    return hmac.new(key, content, hashlib.sha256).hexdigest()
