"""Named things that are kept in versions: call flows, sequences, segments; of each name one version counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, insert, select, update

from hub.model.errors import NotFound, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of something named; `active`: it is the one that counts now."""

    id: int
    name: str
    version: int
    active: bool
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Version):
    """One version of something that is described by one value, its title within."""

    definition: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.definition.get("title") or self.name)

    @property
    def told(self) -> Mapping[str, Any]:
        """The definition in its own order, where its kind has one."""
        return self.definition


V = TypeVar("V", bound=Version)


class NamedVersions(Generic[V]):
    """The versions of one kind of thing.

    `table` has a row for each version, with the columns that `version` has as fields; `what` is what people call one:
    There is no {what} 'x'.
    """

    def __init__(self, table: Any, version: type[V], what: str) -> None:
        self._table, self._version, self._what = table, version, what
        self.select = select(*(getattr(table, field.name) for field in fields(version)))

    def save(
        self,
        conn: Connection,
        name: str,
        content: Mapping[str, Any],
        by: str,
        now: datetime,
        *,
        based_on: int | None = None,
    ) -> int:
        """Stores a new version, which counts from now on; returns its number. The same again makes none.

        `content`: the columns that make up what is kept. `based_on`: the version that was edited, 0 for none: raises
        Refused when somebody else saved another meanwhile.
        """
        newest = self.newest(conn, name)
        known = newest.version if newest else 0
        if based_on is not None and based_on != known:
            raise self._moved_on(name, known, based_on)
        if newest and newest.active and all(getattr(newest, key) == value for key, value in content.items()):
            return known
        self._close(conn, name)
        row = {"name": name, "version": known + 1, "active": True, "created_at": now, "created_by": by}
        conn.execute(insert(self._table).values(**row, **content))
        return known + 1

    def names(self, conn: Connection) -> set[str]:
        """Returns every name in use, those taken off too."""
        return set(conn.scalars(select(self._table.name).distinct()))

    def newest(self, conn: Connection, name: str) -> V | None:
        """Returns the last version that was saved, taken off or not; None where there is none."""
        of_name = self.select.where(self._table.name == name)
        return self.first(conn, of_name.order_by(self._table.version.desc()))

    def current(self, conn: Connection, name: str) -> V:
        """Returns the version that counts. Raises NotFound."""
        found = self.first(conn, self.select.where(self._table.name == name, self._table.active))
        if found is None:
            raise self._missing(name)
        return found

    def by_id(self, conn: Connection, number: int) -> V:
        """Returns a version by its row. Raises NotFound."""
        found = self.first(conn, self.select.where(self._table.id == number))
        if found is None:
            raise NotFound(f"There is no {self._what} {number}.")
        return found

    def by_ids(self, conn: Connection, ids: set[int]) -> dict[int, V]:
        """Returns versions by their rows."""
        rows = conn.execute(self.select.where(self._table.id.in_(sorted(ids)))) if ids else ()
        return {row.id: self._read(row) for row in rows}

    def all_current(self, conn: Connection) -> list[V]:
        """Returns the version that counts of each, by name."""
        rows = conn.execute(self.select.where(self._table.active).order_by(self._table.name))
        return [self._read(row) for row in rows]

    def versions(self, conn: Connection, name: str) -> list[V]:
        """Returns every version, newest first. Raises NotFound."""
        of_name = self.select.where(self._table.name == name)
        rows = conn.execute(of_name.order_by(self._table.version.desc())).all()
        if not rows:
            raise self._missing(name)
        return [self._read(row) for row in rows]

    def retire(self, conn: Connection, name: str) -> None:
        """Takes one off; its versions stay, and saving it again brings it back. Raises NotFound."""
        if not self._close(conn, name):
            raise self._missing(name)

    def first(self, conn: Connection, statement: Any) -> V | None:
        """Returns the first version that a statement made of `select` finds."""
        row = conn.execute(statement.limit(1)).one_or_none()
        return self._read(row) if row else None

    def _read(self, row: Row[Any]) -> V:
        return self._version(**row._mapping)

    def _close(self, conn: Connection, name: str) -> bool:
        counts = self._table.name == name, self._table.active
        return bool(conn.execute(update(self._table).where(*counts).values(active=False)).rowcount)

    def _missing(self, name: str) -> NotFound:
        return NotFound(f"There is no {self._what} {name!r}.")

    def _moved_on(self, name: str, known: int, based_on: int) -> Refused:
        if based_on:
            return Refused(
                f"Somebody else saved version {known} meanwhile.",
                field="based_on",
                next_step="Open it anew and make your change once more.",
            )
        return Refused(f"The {self._what} {name!r} exists already.", field="name", next_step="Choose another name.")
