"""The register of breaches of persons' data: what happened, whom it was told and until when; with a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.model.clean import clean_header, clean_text
from hub.model.errors import NotFound, Refused
from hub.store import audit
from hub.store.audit import Actor
from hub.store.tables import BreachRow, TaskRow

_ALL = tuple(BreachRow.__table__.c)
_LONGEST, _LONGEST_TITLE = 10_000, 300
_MOST_PEOPLE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a breach (GDPR article 33(3) and (5)); `people`: how many it concerns, about."""

    title: str
    what: str
    effects: str = ""
    measures: str = ""
    people: int = 0


def note(conn: Connection, facts: Facts, noticed_at: datetime, due_at: datetime, by: Actor) -> int:
    """Notes a breach with a task to tell the authority; returns it. Raises Refused."""
    if noticed_at > by.at:
        raise Refused("Nobody has noticed it yet at that time.", field="noticed_at")
    values = _checked(facts)
    task = {
        "kind": "breach",
        "title": f"Tell the authority of a breach, or note why not: {values['title']}"[:_LONGEST_TITLE],
        "due_at": due_at,
        "created_at": by.at,
    }
    task_id = conn.execute(insert(TaskRow).values(task).returning(TaskRow.id)).scalar_one()
    row = {**values, "noticed_at": noticed_at, "due_at": due_at, "task_id": task_id, "created_by": by.name}
    made = int(conn.execute(insert(BreachRow).values(row).returning(BreachRow.id)).scalar_one())
    audit.note(conn, by, "breach.noted", f"breach/{made}")
    return made


def change(conn: Connection, breach_id: int, facts: Facts, by: Actor) -> None:
    """Writes down what is known by now. Raises NotFound and Refused."""
    get(conn, breach_id)
    conn.execute(update(BreachRow).where(BreachRow.id == breach_id).values(_checked(facts)))
    audit.note(conn, by, "breach.changed", f"breach/{breach_id}")


def told(
    conn: Connection,
    breach_id: int,
    by: Actor,
    *,
    authority_at: datetime | None = None,
    people_at: datetime | None = None,
    why_not: str = "",
) -> None:
    """Notes that the authority or the people were told, or why they need not be. Raises NotFound and Refused."""
    row = get(conn, breach_id)
    values: dict[str, Any] = {}
    for name, moment in (("authority_told_at", authority_at), ("people_told_at", people_at)):
        if moment is None:
            continue
        if not row["noticed_at"] <= moment <= by.at:
            raise Refused("It was told after it was noticed, and not later than now.", field=name)
        values[name] = moment
    if why := clean_text(why_not).strip()[:_LONGEST]:
        values["why_not_told"] = why
    if not values:
        raise Refused("Say when somebody was told, or why nobody need be.", field="why_not")
    conn.execute(update(BreachRow).where(BreachRow.id == breach_id).values(values))
    if "authority_told_at" in values or "why_not_told" in values:
        conn.execute(update(TaskRow).where(TaskRow.id == row["task_id"]).values(state="done", done_at=by.at))
    audit.note(conn, by, "breach.told", f"breach/{breach_id}", {"noted": ", ".join(sorted(values))})


def close(conn: Connection, breach_id: int, by: Actor) -> None:
    """Closes a breach that was told, or need not be. Raises NotFound and Refused."""
    row = get(conn, breach_id)
    if row["authority_told_at"] is None and not row["why_not_told"]:
        raise Refused("First note when the authority was told, or why it need not be.")
    conn.execute(update(BreachRow).where(BreachRow.id == breach_id).values(closed_at=by.at, closed_by=by.name))
    audit.note(conn, by, "breach.closed", f"breach/{breach_id}")


def get(conn: Connection, breach_id: int) -> dict[str, Any]:
    """Returns a breach. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(BreachRow.id == breach_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"There is no breach {breach_id}.")
    return dict(row._mapping)


def listed(conn: Connection, *, before: int | None = None, limit: int = 50) -> Sequence[dict[str, Any]]:
    """Returns breaches, the newest first; `before`: the last number seen."""
    statement = select(*_ALL).order_by(BreachRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(BreachRow.id < before)
    return [dict(row._mapping) for row in conn.execute(statement)]


def _checked(facts: Facts) -> dict[str, Any]:
    title = clean_header(facts.title).strip()[:_LONGEST_TITLE]
    what = clean_text(facts.what).strip()[:_LONGEST]
    for name, words in (("title", title), ("what", what)):
        if not words:
            raise Refused("A breach needs a title and what happened.", field=name)
    if not 0 <= facts.people <= _MOST_PEOPLE:
        raise Refused("About how many people does it concern?", field="people")
    return {
        "title": title,
        "what": what,
        "effects": clean_text(facts.effects).strip()[:_LONGEST],
        "measures": clean_text(facts.measures).strip()[:_LONGEST],
        "people": facts.people,
    }
