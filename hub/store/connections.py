"""Connections: channels that are kept here and not in the settings file, with their secrets sealed apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hub.model.errors import ConfigurationError, NotFound, Refused
from hub.store.installation import begin_epoch, fact, note_fact
from hub.store.keys import Keys, store_secret, unseal
from hub.store.tables import ArrivalRow, ChannelStateRow, ConnectionRow, MessageRow, SecretRow

_SECRETS = "connection/"
# Whose a removed channel was: its name may be given to the same account again, never to another.
_REMOVED = "removed_channel."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConnection:
    """One channel as the settings file would say it, without its secrets, of which `secrets` are the names.

    `mode` is the one it was added with; a switch comes before it.
    """

    name: str
    adapter: str
    mode: str = "sandbox"
    sends_with: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    account: str = ""
    owner: str = ""
    created_at: datetime
    changed_at: datetime
    disconnected_at: datetime | None = None
    disconnected_why: str = ""


def secret_name(connection: str, setting: str) -> str:
    """Returns the name under which a connection's secret is sealed."""
    return f"{_SECRETS}{connection}/{setting}"


def kept(conn: Connection) -> list[KeptConnection]:
    """Returns every connection, by name."""
    return [_read(row) for row in conn.execute(select(ConnectionRow.__table__).order_by(ConnectionRow.name)).mappings()]


def find(conn: Connection, name: str) -> KeptConnection:
    """Returns a connection. Raises NotFound."""
    row = conn.execute(select(ConnectionRow.__table__).where(ConnectionRow.name == name)).mappings().first()
    if row is None:
        raise NotFound(f"There is no connection {name}.")
    return _read(row)


def secrets(conn: Connection, keys: Keys) -> dict[str, str]:
    """Returns the secrets of all connections; those that were sealed under another key are left out."""
    rows = conn.execute(
        select(SecretRow.name, SecretRow.sealed).where(SecretRow.name.startswith(_SECRETS, autoescape=True))
    )
    opened: dict[str, str] = {}
    for row in rows:
        try:
            opened[row.name] = unseal(keys, row.sealed)
        except ConfigurationError:
            continue  # the channel that lacks it stays closed and says so
    return opened


def is_free(conn: Connection, name: str, account: str) -> bool:
    """Whether a new channel may have this name: nobody has it, and nobody else had it, whose history would mix."""
    if conn.scalar(select(ConnectionRow.name).where(ConnectionRow.name == name)):
        return False
    was = fact(conn, _REMOVED + name)
    if was:
        return was == account
    traces = (
        select(ChannelStateRow.channel).where(ChannelStateRow.channel == name),
        select(ArrivalRow.id).where(ArrivalRow.channel == name).limit(1),
        select(MessageRow.id).where(MessageRow.channel == name).limit(1),
    )
    return not any(conn.execute(each).first() for each in traces)


def add(conn: Connection, keys: Keys, new: Sequence[KeptConnection], secret: Mapping[str, Mapping[str, str]]) -> None:
    """Keeps new channels, with their secrets by channel and setting; taken up at once. Raises Refused."""
    for each in new:
        add_without_secrets(conn, each)
        for setting, value in secret.get(each.name, {}).items():
            store_secret(conn, keys, secret_name(each.name, setting), value, each.created_at)


def add_without_secrets(conn: Connection, new: KeptConnection) -> None:
    """Keeps a channel whose secrets are still to be written: it stays closed and says so. Raises Refused."""
    if not is_free(conn, new.name, new.account):
        raise Refused(
            f"There is or was another channel named {new.name}.", field="name", next_step="Choose another name."
        )
    conn.execute(insert(ConnectionRow), asdict(new) | {"secrets": list(new.secrets)})
    note_fact(conn, _REMOVED + new.name, "")
    begin_epoch(conn)


def change(
    conn: Connection,
    keys: Keys,
    name: str,
    settings: Mapping[str, Any],
    secret: Mapping[str, str],
    now: datetime,
    *,
    sends_with: str | None = None,
) -> None:
    """Changes what a connection says, and those of its secrets that are given; it is connected again.

    Raises NotFound.
    """
    old = find(conn, name)
    values: dict[str, Any] = {"settings": dict(settings), "changed_at": now, "disconnected_at": None}
    values["secrets"] = sorted({*old.secrets, *secret})
    if sends_with is not None:
        values["sends_with"] = sends_with
    conn.execute(update(ConnectionRow).where(ConnectionRow.name == name).values(**values, disconnected_why=""))
    for setting, value in secret.items():
        store_secret(conn, keys, secret_name(name, setting), value, now)
    begin_epoch(conn)


def disconnect(conn: Connection, name: str, why: str, now: datetime) -> None:
    """Closes a channel until it is connected again: nothing is read, what is to be sent waits. Raises NotFound."""
    find(conn, name)
    conn.execute(
        update(ConnectionRow).where(ConnectionRow.name == name).values(disconnected_at=now, disconnected_why=why)
    )
    begin_epoch(conn)


def connect(conn: Connection, names: Sequence[str]) -> None:
    """Opens channels again that were disconnected."""
    again = update(ConnectionRow).where(ConnectionRow.name.in_(names))
    conn.execute(again.values(disconnected_at=None, disconnected_why=""))
    begin_epoch(conn)


def remove(conn: Connection, name: str) -> KeptConnection:
    """Forgets a channel and its secrets, and returns what it was; its history stays. Raises NotFound."""
    gone = find(conn, name)
    conn.execute(delete(ConnectionRow).where(ConnectionRow.name == name))
    conn.execute(delete(SecretRow).where(SecretRow.name.startswith(f"{_SECRETS}{name}/", autoescape=True)))
    conn.execute(update(ConnectionRow).where(ConnectionRow.sends_with == name).values(sends_with=""))
    conn.execute(
        update(ChannelStateRow).where(ChannelStateRow.channel == name).values(problem=None, problem_since=None)
    )
    for left in ("mode", "switched_at"):
        note_fact(conn, f"channel.{name}.{left}", "")
    note_fact(conn, _REMOVED + name, gone.account or gone.adapter)
    begin_epoch(conn)
    return gone


def _read(row: Any) -> KeptConnection:
    return KeptConnection(**{name: row[name] for name in KeptConnection.__slots__})
