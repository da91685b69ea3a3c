"""What is kept and how safe it is: what could not be read, the public address, backups, the key."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select

from hub.insight.finders.asked import House, found
from hub.store import public_address
from hub.store.backups import last_backup
from hub.store.installation import fact
from hub.store.interactions import NOT_CAPTURED
from hub.store.problems import Found
from hub.store.tables import ArrivalRow

# A backup every night, and one that may fail.
_BACKUP_OLD = timedelta(days=2)
KEY_PRINT = "key_print"


def unread(conn: Connection, _house: House) -> list[Found]:
    """Returns how much could not be read, by channel."""
    rows = conn.execute(
        select(ArrivalRow.channel, func.count().label("n"), func.min(ArrivalRow.received_at).label("first"))
        .where(NOT_CAPTURED, ArrivalRow.state == "quarantined")
        .group_by(ArrivalRow.channel)
    )
    return [found("could_not_be_read", row.channel, since=row.first, count=row.n) for row in rows]


def address(conn: Connection, house: House) -> list[Found]:
    """Returns whether providers can call the hub, where live channels need them to."""
    called = ", ".join(sorted(house.called))
    if not called:
        return []
    if _is_of_this_machine(house.public_url):
        return [found("public_address_missing", called)]
    if public_address.proven_at(conn, house.public_url) is None:
        return [found("public_address_unproven", called, address=house.public_url)]
    return []


def backups(conn: Connection, house: House) -> list[Found]:
    """Returns whether there is a good backup of late; one that failed after it, too. A hub that only tries things out
    needs none.
    """
    if not house.live:
        return []
    last = last_backup(conn)
    problems = []
    if last.failed_at is not None:
        problems.append(found("backup_failed", "hub", since=last.failed_at, said=last.error))
    if last.missing:
        problems.append(found("backup_missing", "hub", since=last.made_at, count=last.missing))
    if last.made_at is None and last.failed_at is None:
        problems.append(found("backup_none", "hub"))
    elif last.made_at is not None and house.now - last.made_at > max(_BACKUP_OLD, 2 * house.backup_every):
        problems.append(found("backup_old", "hub", since=last.made_at, when=f"{last.made_at:%Y-%m-%d %H:%M} UTC"))
    return problems


def key(conn: Connection, house: House) -> list[Found]:
    """Returns whether this database was made with another key than the one in use."""
    noted = fact(conn, KEY_PRINT)
    other = bool(noted and house.key_print) and noted.partition(":")[2] != house.key_print
    return [found("key_mismatch", "hub")] if other else []


def _is_of_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or "localhost"
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host
