"""On-call rosters as they are kept, and who is rung at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from hub.model.errors import NotFound, Refused
from hub.model.roster import Roster
from hub.model.roster_definition import read_roster, roster_as_json
from hub.store.tables import RosterRow
from hub.store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRoster:
    """A roster as it is stored."""

    name: str
    definition: Mapping[str, Any]
    changed_at: datetime
    changed_by: str

    @property
    def roster(self) -> Roster:
        """The definition, read. Raises Refused where this hub cannot read it (any more)."""
        return read_roster(self.definition)

    @property
    def title(self) -> str:
        return str(self.definition.get("title") or self.name)


_ALL = tuple(getattr(RosterRow, name) for name in KeptRoster.__slots__)


def save(conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, region: str = "") -> None:
    """Keeps a roster in place of the one of this name. Raises Refused naming the field."""
    told = roster_as_json(read_roster(definition, region))
    upsert(conn, RosterRow, ("name",), [{"name": name, "definition": told, "changed_at": now, "changed_by": by}])


def get(conn: Connection, name: str) -> KeptRoster:
    """Returns a roster. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(RosterRow.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"There is no roster {name!r}.")
    return KeptRoster(**row._mapping)


def every(conn: Connection) -> list[KeptRoster]:
    """Returns every roster, by name."""
    return [KeptRoster(**row._mapping) for row in conn.execute(select(*_ALL).order_by(RosterRow.name))]


def remove(conn: Connection, name: str) -> None:
    """Removes a roster. Raises NotFound."""
    if conn.execute(delete(RosterRow).where(RosterRow.name == name)).rowcount == 0:
        raise NotFound(f"There is no roster {name!r}.")


def numbers_on_call(conn: Connection, names: set[str], at: datetime, home: str) -> dict[str, list[str]]:
    """Returns whom each of these rosters rings at a moment, in order; nobody for one that is gone or unreadable."""
    if not names:
        return {}
    rows = conn.execute(select(*_ALL).where(RosterRow.name.in_(sorted(names))))
    found: dict[str, list[str]] = {}
    for kept in (KeptRoster(**row._mapping) for row in rows):
        try:
            found[kept.name] = [each.number for each in kept.roster.on_call(at, home)]
        except Refused:
            continue  # its page says why; the call goes on as if nobody was on call
    return found


def staff_numbers(conn: Connection) -> set[str]:
    """Returns every number of every roster: the phones of staff, which are no customer's."""
    found = conn.execute(select(RosterRow.definition)).scalars()
    return {str(each.get("number", "")) for definition in found for each in definition.get("people", ())}
