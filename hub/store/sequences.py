"""Sequences: every change is a new version; whether one is on is a row of its own, with how far it has looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.model.errors import Refused
from hub.model.sequence import Sequence
from hub.model.sequence_definition import read_sequence, sequence_as_json
from hub.store import unpromoted
from hub.store.tables import DomainEventRow, SequenceMemberRow, SequenceRow, SequenceSwitchRow
from hub.store.upsert import insert_new
from hub.store.versions import Definition, NamedVersions

OFF, ON, PAUSED = "off", "on", "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceVersion(Definition):
    """One version of a sequence as it is stored."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Whether a sequence is on; `after`: the last domain event that it has looked at."""

    name: str
    state: str = OFF
    after: int = 0
    looked_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str = ""


_KEPT = NamedVersions(SequenceRow, SequenceVersion, "sequence")
current, by_ids, all_current, versions = _KEPT.current, _KEPT.by_ids, _KEPT.all_current, _KEPT.versions
names = _KEPT.names
_SWITCH = tuple(getattr(SequenceSwitchRow, name) for name in Switch.__slots__)


def save(
    conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, *, based_on: int | None = None
) -> int:
    """Stores a new version, by which customers enter from now on. Raises Refused also for what cannot be read.

    And for promotions to people chosen by what is health-class (hub.store.unpromoted).
    """
    read = read_sequence(definition)
    unpromoted.check_sequence(conn, read)
    definition = sequence_as_json(read)
    before = _KEPT.newest(conn, name)
    saved = _KEPT.save(conn, name, {"definition": definition}, by, now, based_on=based_on)
    if before and saved != before.version and _entered_by(before.definition) != _entered_by(definition):
        conn.execute(delete(SequenceMemberRow).where(SequenceMemberRow.sequence == name))
        conn.execute(update(SequenceSwitchRow).where(SequenceSwitchRow.name == name).values(looked_at=None))
    return saved


def _entered_by(definition: Mapping[str, Any]) -> tuple[Any, Any]:
    entry = definition.get("entry") or {}
    return entry.get("on"), entry.get("segment")


def retire(conn: Connection, name: str) -> None:
    """Takes a sequence off; versions and what it did stay. Raises NotFound, and Refused while it is on."""
    current(conn, name)
    if switch(conn, name).state != OFF:
        raise Refused("This sequence is on.", next_step="Switch it off first.")
    _KEPT.retire(conn, name)


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
