"""Small facts about the installation by name, and the epoch of the settings that are kept here."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from hub.store.question import Question, columns_of
from hub.store.tables import InstallationRow
from hub.store.upsert import insert_new, upsert

_EPOCH = "settings_epoch"
# Asked for with every batch that is sent.
_FACT = Question(columns_of(InstallationRow.value), "installation WHERE installation.name {among}", keys="TEXT")


def fact(conn: Connection, name: str) -> str:
    """Returns a fact, empty where nobody has noted it."""
    return next((value for (value,) in _FACT(conn, [name])), "")


def facts(conn: Connection, begin: str) -> dict[str, str]:
    """Returns every fact whose name begins so."""
    rows = conn.execute(
        select(InstallationRow.name, InstallationRow.value).where(
            InstallationRow.name.startswith(begin, autoescape=True)
        )
    )
    return {row.name: row.value for row in rows}


def note_fact(conn: Connection, name: str, value: str) -> None:
    """Keeps a fact; an empty one is forgotten."""
    if value:
        upsert(conn, InstallationRow, ("name",), [{"name": name, "value": value}])
    else:
        conn.execute(delete(InstallationRow).where(InstallationRow.name == name))


def settings_epoch(conn: Connection) -> int:
    """Returns how often the settings kept in the database were changed; a process with an older one is behind."""
    return int(fact(conn, _EPOCH) or 0)


def begin_epoch(conn: Connection) -> int:
    """Counts one change of the settings, in its transaction; returns the new epoch."""
    insert_new(conn, InstallationRow, [{"name": _EPOCH, "value": "0"}])
    locked = select(InstallationRow.value).where(InstallationRow.name == _EPOCH).with_for_update()
    epoch = int(conn.scalar(locked) or 0) + 1
    conn.execute(update(InstallationRow).where(InstallationRow.name == _EPOCH).values(value=str(epoch)))
    return epoch
