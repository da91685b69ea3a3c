"""Sequences: every change is a new version; whether one is on is a row of its own, with how far it has looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.model.sequence import Sequence
from hub.model.sequence_definition import read_sequence, sequence_as_json
from hub.store.tables import DomainEventRow, SequenceMemberRow, SequenceRow, SequenceSwitchRow
from hub.store.upsert import insert_new

OFF, ON, PAUSED = "off", "on", "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceVersion:
    """One version of a sequence as it is stored; `active`: it is the one that counts now."""

    id: int
    name: str
    version: int
    definition: Mapping[str, Any]
    active: bool
    created_at: datetime
    created_by: str

    @property
    def sequence(self) -> Sequence:
        """The definition, read. Raises Refused where this hub does not know one of its steps (any more)."""
        return read_sequence(self.definition)

    @property
    def told(self) -> Mapping[str, Any]:
        """The definition in its own order; as it is stored where a later version of the hub has written it."""
        try:
            return sequence_as_json(self.sequence)
        except Refused:
            return self.definition

    @property
    def title(self) -> str:
        return str(self.definition.get("title") or self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Whether a sequence is on; `after`: the last domain event that it has looked at."""

    name: str
    state: str = OFF
    after: int = 0
    looked_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str = ""


_ALL = tuple(getattr(SequenceRow, name) for name in SequenceVersion.__slots__)
_SWITCH = tuple(getattr(SequenceSwitchRow, name) for name in Switch.__slots__)


def save(
    conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, *, based_on: int | None = None
) -> int:
    """Stores a new version, by which customers enter from now on; returns its number. The same again makes none.

    `based_on`: the version that was edited, 0 for none: raises Refused when somebody else saved another meanwhile, and
    for a definition that cannot be read.
    """
    definition = sequence_as_json(read_sequence(definition))
    newest = conn.execute(
        select(*_ALL).where(SequenceRow.name == name).order_by(SequenceRow.version.desc()).limit(1)
    ).one_or_none()
    known = newest.version if newest else 0
    if based_on is not None and based_on != known:
        raise Refused(
            f"There is a sequence {name!r} already." if not based_on else f"Somebody saved version {known} meanwhile.",
            field="name" if not based_on else "based_on",
            next_step="Choose another name." if not based_on else "Open it anew and make your change once more.",
        )
    if newest and newest.active and newest.definition == definition:
        return known
    if newest and _entered_by(newest.definition) != _entered_by(definition):
        conn.execute(delete(SequenceMemberRow).where(SequenceMemberRow.sequence == name))
        conn.execute(update(SequenceSwitchRow).where(SequenceSwitchRow.name == name).values(looked_at=None))
    conn.execute(update(SequenceRow).where(SequenceRow.name == name, SequenceRow.active).values(active=False))
    row = {"name": name, "version": known + 1, "definition": definition, "created_at": now, "created_by": by}
    conn.execute(insert(SequenceRow).values(**row, active=True))
    return known + 1


def _entered_by(definition: Mapping[str, Any]) -> tuple[Any, Any]:
    entry = definition.get("entry") or {}
    return entry.get("on"), entry.get("segment")


def current(conn: Connection, name: str) -> SequenceVersion:
    """Returns the active version. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(SequenceRow.name == name, SequenceRow.active)).one_or_none()
    if row is None:
        raise NotFound(f"There is no sequence {name!r}.")
    return SequenceVersion(**row._mapping)


def by_ids(conn: Connection, ids: set[int]) -> dict[int, SequenceVersion]:
    """Returns versions by their rows."""
    rows = conn.execute(select(*_ALL).where(SequenceRow.id.in_(sorted(ids)))) if ids else ()
    return {row.id: SequenceVersion(**row._mapping) for row in rows}


def all_current(conn: Connection) -> list[SequenceVersion]:
    """Returns the active version of each, by name."""
    rows = conn.execute(select(*_ALL).where(SequenceRow.active).order_by(SequenceRow.name))
    return [SequenceVersion(**row._mapping) for row in rows]


def versions(conn: Connection, name: str) -> list[SequenceVersion]:
    """Returns every version, newest first. Raises NotFound."""
    rows = conn.execute(select(*_ALL).where(SequenceRow.name == name).order_by(SequenceRow.version.desc())).all()
    if not rows:
        raise NotFound(f"There is no sequence {name!r}.")
    return [SequenceVersion(**row._mapping) for row in rows]


def retire(conn: Connection, name: str) -> None:
    """Takes a sequence off; versions and what it did stay. Raises NotFound, and Refused while it is on."""
    current(conn, name)
    if switch(conn, name).state != OFF:
        raise Refused("This sequence is on.", next_step="Switch it off first.")
    conn.execute(update(SequenceRow).where(SequenceRow.name == name, SequenceRow.active).values(active=False))


def switch(conn: Connection, name: str) -> Switch:
    """Returns whether a sequence is on; one that never was is off."""
    return switches(conn).get(name) or Switch(name=name)


def switches(conn: Connection) -> dict[str, Switch]:
    """Returns every sequence that was ever switched, by name."""
    return {row.name: Switch(**row._mapping) for row in conn.execute(select(*_SWITCH))}


def put_switch(conn: Connection, name: str, state: str, by: str, now: datetime) -> None:
    """Switches a sequence. One that comes on looks at what happens from then on; after a pause, at what happened since.

    Who enters late is left out by the rules of entering, so that a long pause does not end in a burst.
    """
    row: dict[str, Any] = {"name": name, "state": state, "changed_at": now, "changed_by": by}
    known = switches(conn).get(name)
    if state == ON and (known is None or known.state == OFF):
        row["after"] = conn.scalar(select(func.max(DomainEventRow.id))) or 0
    if state == OFF:
        # Who belongs when it comes on again has not entered by that.
        conn.execute(delete(SequenceMemberRow).where(SequenceMemberRow.sequence == name))
        row["looked_at"] = None
    if known is None:
        insert_new(conn, SequenceSwitchRow, [{"after": 0, "looked_at": None, **row}])
    else:
        conn.execute(update(SequenceSwitchRow).where(SequenceSwitchRow.name == name).values(**row))


def looked(conn: Connection, seen: Switch, *, after: int, looked_at: datetime | None) -> bool:
    """Notes how far a sequence has looked, by compare-and-set; returns whether this process is the one."""
    at = SequenceSwitchRow.looked_at
    ours = (
        (SequenceSwitchRow.name == seen.name)
        & (SequenceSwitchRow.after == seen.after)
        & (SequenceSwitchRow.state == ON)
        & (at.is_(None) if seen.looked_at is None else at == seen.looked_at)
    )
    return conn.execute(update(SequenceSwitchRow).where(ours).values(after=after, looked_at=looked_at)).rowcount == 1
