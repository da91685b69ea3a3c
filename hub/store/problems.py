"""Problems as rows: opened when found, refreshed when found again, ended when their finder finds them gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, or_, select, update

from hub.model.errors import NotFound
from hub.model.problem import Severity
from hub.store.tables import ProblemRow
from hub.store.upsert import insert_new

KEPT = timedelta(weeks=8)
_RANK = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
_OPEN = ProblemRow.ended_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a finder saw: `code` and `place` name it, `seen` are the values of its sentences, JSON all of them.

    `since`: when it began, where the finder knows that better than by having looked. `action`: what mends it
    (`path`, `command`, `posts`), where anything here does.
    """

    code: str
    place: str
    severity: Severity
    message: str
    cause: str = ""
    mend: str = ""
    action: Mapping[str, Any] | None = None
    seen: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Found):
    """A problem as it is kept; hidden until somebody's "later" is over, open until `ended_at`."""

    id: int
    finder: str
    since: datetime
    seen_at: datetime
    hidden_until: datetime | None = None
    ended_at: datetime | None = None


def note(conn: Connection, finder: str, found: Sequence[Found], now: datetime) -> None:
    """Opens what is new, refreshes what is still there, and ends what this finder found before and does not find now.

    Who saw a problem last is its finder. One that got worse is shown again though somebody put it off.
    """
    open_now = {(row.code, row.place): row for row in conn.execute(select(ProblemRow.__table__).where(_OPEN))}
    now_found = {(each.code, each.place): each for each in found}
    new = [_new_row(finder, each, now) for key, each in now_found.items() if key not in open_now]
    insert_new(conn, ProblemRow, new)
    for key, each in now_found.items():
        if row := open_now.get(key):
            worse = _RANK[each.severity] > _RANK.get(row.severity, 0)
            values = {**_told(each), "finder": finder, "seen_at": now, **({"hidden_until": None} if worse else {})}
            conn.execute(update(ProblemRow).where(ProblemRow.id == row.id).values(**values))
    gone = [row.id for key, row in open_now.items() if row.finder == finder and key not in now_found]
    _end(conn, gone, now)


def end_of_others(conn: Connection, finders: Collection[str], now: datetime) -> None:
    """Ends what was found by finders that are no more (a channel that was removed)."""
    rows = conn.execute(select(ProblemRow.id, ProblemRow.finder).where(_OPEN))
    _end(conn, [row.id for row in rows if row.finder not in finders], now)


def open_problems(conn: Connection, now: datetime, *, hidden: bool | None = False) -> list[Noted]:
    """Returns what is open, the worst and oldest first; `hidden`: only those put off, None: both."""
    statement: Select[Any] = select(ProblemRow.__table__).where(_OPEN)
    if hidden is not None:
        put_off = ProblemRow.hidden_until > now
        statement = statement.where(put_off if hidden else or_(ProblemRow.hidden_until.is_(None), ~put_off))
    found = [_noted(row) for row in conn.execute(statement)]
    return sorted(found, key=lambda each: (-_RANK[each.severity], each.since, each.id))


def ended_problems(conn: Connection, limit: int) -> list[Noted]:
    """Returns what was mended or went away, the latest first."""
    over = select(ProblemRow.__table__).where(ProblemRow.ended_at.is_not(None))
    return [_noted(row) for row in conn.execute(over.order_by(ProblemRow.ended_at.desc()).limit(limit))]


def counts(conn: Connection, now: datetime) -> dict[Severity, int]:
    """Returns how many problems of each severity are open and not put off."""
    shown = or_(ProblemRow.hidden_until.is_(None), ProblemRow.hidden_until <= now)
    rows = conn.execute(
        select(ProblemRow.severity, func.count().label("n")).where(_OPEN, shown).group_by(ProblemRow.severity)
    )
    return {Severity(row.severity): row.n for row in rows}


def put_off(conn: Connection, problem_id: int, until: datetime | None) -> Noted:
    """Hides an open problem until then; None shows it again. Raises NotFound."""
    changed = conn.execute(update(ProblemRow).where(ProblemRow.id == problem_id, _OPEN).values(hidden_until=until))
    if not changed.rowcount:
        raise NotFound(f"No open problem has the number {problem_id}; it may be mended by now.")
    return _noted(conn.execute(select(ProblemRow.__table__).where(ProblemRow.id == problem_id)).one())


def forget_old(conn: Connection, now: datetime) -> None:
    """Removes what ended long ago."""
    conn.execute(delete(ProblemRow).where(ProblemRow.ended_at < now - KEPT))


def _end(conn: Connection, ids: Collection[int], now: datetime) -> None:
    if ids:
        conn.execute(update(ProblemRow).where(ProblemRow.id.in_(ids), _OPEN).values(ended_at=now))


def _told(found: Found) -> dict[str, Any]:
    return {
        "severity": found.severity.value,
        "message": found.message,
        "cause": found.cause,
        "mend": found.mend,
        "action": dict(found.action) if found.action else None,
        "seen": dict(found.seen),
    }


def _new_row(finder: str, found: Found, now: datetime) -> dict[str, Any]:
    since = min(found.since or now, now)
    return {
        **_told(found),
        "code": found.code,
        "place": found.place,
        "finder": finder,
        "since": since,
        "seen_at": now,
    }


def _noted(row: Any) -> Noted:
    return Noted(**{**row._mapping, "severity": Severity(row.severity)})
