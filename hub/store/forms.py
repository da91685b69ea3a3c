"""Forms: every version is kept, the newest active one is shown; submissions are found by their arrivals' keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import sensitive, sight
from hub.store.tables import ArrivalRow, CustomerRow, FormRow, IdentityRow, InteractionRow

_COLUMNS = (
    FormRow.id,
    FormRow.slug,
    FormRow.version,
    FormRow.name,
    FormRow.definition,
    FormRow.active,
    FormRow.created_at,
    FormRow.created_by,
)


def submission_key(slug: str, submission: str) -> str:
    """Returns the transport key of a submission: once per form and submission UUID, and ordered by form."""
    return f"{slug}/{submission}"


def shown(conn: Connection, slug: str) -> dict[str, Any] | None:
    """Returns the version of a form that visitors see, or None when there is none or it is closed."""
    row = conn.execute(
        select(*_COLUMNS).where(FormRow.slug == slug).order_by(FormRow.version.desc()).limit(1)
    ).one_or_none()
    return dict(row._mapping) if row and row.active else None


def version(conn: Connection, slug: str, number: int | None = None) -> dict[str, Any] | None:
    """Returns one version of a form, the newest unless named; closed or not."""
    statement = select(*_COLUMNS).where(FormRow.slug == slug)
    if number is not None:
        statement = statement.where(FormRow.version == number)
    row = conn.execute(statement.order_by(FormRow.version.desc()).limit(1)).one_or_none()
    return dict(row._mapping) if row else None


def versions(conn: Connection, slug: str) -> list[dict[str, Any]]:
    """Returns every version of a form, newest first, without its definition."""
    columns = [column for column in _COLUMNS if column is not FormRow.definition]
    rows = conn.execute(select(*columns).where(FormRow.slug == slug).order_by(FormRow.version.desc()))
    return [dict(row._mapping) for row in rows]


def newest(conn: Connection) -> list[dict[str, Any]]:
    """Returns the newest version of every form, by name."""
    last = select(FormRow.slug, func.max(FormRow.version).label("version")).group_by(FormRow.slug).subquery()
    rows = conn.execute(
        select(*_COLUMNS)
        .join(last, (last.c.slug == FormRow.slug) & (last.c.version == FormRow.version))
        .order_by(FormRow.name, FormRow.slug)
    )
    return [dict(row._mapping) for row in rows]


def add_version(
    conn: Connection, slug: str, number: int, name: str, definition: Mapping[str, Any], by: str, now: datetime
) -> bool:
    """Stores one version, open to visitors; returns False when somebody else has just stored that number."""
    row = {
        "slug": slug,
        "version": number,
        "name": name,
        "definition": dict(definition),
        "active": True,
        "created_at": now,
        "created_by": by,
    }
    engine = sqlite if conn.dialect.name == "sqlite" else postgresql
    return conn.scalar(engine.insert(FormRow).values(**row).on_conflict_do_nothing().returning(FormRow.id)) is not None


def set_active(conn: Connection, slug: str, active: bool) -> int:
    """Opens or closes a form, all its versions; returns how many there are."""
    return conn.execute(update(FormRow).where(FormRow.slug == slug).values(active=active)).rowcount


def submitted(conn: Connection, channel: str, key: str) -> bool:
    """Says whether a submission is here already."""
    found = conn.scalar(select(ArrivalRow.id).where(ArrivalRow.channel == channel, ArrivalRow.key == key))
    return found is not None


def submission_counts(conn: Connection, forms: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Returns how many submissions each form has; `forms` are (slug, channel)."""
    return {
        slug: conn.scalar(_of_form(select(func.count()).select_from(ArrivalRow), slug, channel)) or 0
        for slug, channel in forms
    }


def submissions(
    conn: Connection, slug: str, channel: str, *, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Returns submissions of a form, newest first, each with its customer and answers (keyset by `arrival_id`)."""
    statement = _of_form(
        select(
            ArrivalRow.id.label("arrival_id"),
            ArrivalRow.received_at,
            ArrivalRow.state,
            ArrivalRow.reason,
            InteractionRow.id.label("interaction_id"),
            InteractionRow.conversation_id,
            InteractionRow.text,
            InteractionRow.detail,
            CustomerRow.id.label("customer_id"),
            CustomerRow.display_name,
            IdentityRow.scheme,
            IdentityRow.value,
        )
        .join(InteractionRow, InteractionRow.id == ArrivalRow.interaction_id, isouter=True)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id, isouter=True)
        .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id, isouter=True),
        slug,
        channel,
    )
    if before is not None:
        statement = statement.where(ArrivalRow.id < before)
    rows = conn.execute(statement.order_by(ArrivalRow.id.desc()).limit(limit))
    return _veiled(conn, slug, channel, [dict(row._mapping) for row in rows])


def _veiled(conn: Connection, slug: str, channel: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = sensitive.marks(conn)
    talks = {row["conversation_id"] for row in rows if slug in known.forms or channel in known.channels}
    talks |= sensitive.conversations(conn, {row["conversation_id"] for row in rows}, known)
    return [
        {**row, "text": "", "detail": None}
        if row["conversation_id"] in talks
        and not sight.may_show(row["customer_id"] or 0, f"conversation:{row['conversation_id']}")
        else row
        for row in rows
    ]


def _of_form(statement: Select[Any], slug: str, channel: str) -> Select[Any]:
    # A range of keys would be cheaper, but PostgreSQL compares by the database's collation, not by character.
    return statement.where(ArrivalRow.channel == channel, ArrivalRow.key.startswith(f"{slug}/", autoescape=True))
