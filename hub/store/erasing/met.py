"""Addresses of erased customers met again: known by their keyed digests alone, and still not written to."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import Connection, exists, select

from hub.store.keys import Keys
from hub.store.tables import SuppressionRow

# What stands where an address stood. No identity has such a scheme.
PREFIX = "erased:"
_AFTER_ALL = "erased;"  # the next character after the colon: every digest sorts before it
ERASED = "erased"


def digest_of(keys: Keys, address: str) -> str:
    """Returns how an erased address is known: without the key nobody can try addresses against it."""
    return PREFIX + hmac.new(keys.erasure, address.encode(), hashlib.sha256).hexdigest()


def digests(conn: Connection, keys: Keys | None, addresses: Iterable[str]) -> dict[str, str]:
    """Returns the address of each digest that has to be asked for; nothing where nobody was ever erased here."""
    if keys is None or not conn.scalar(_ANY):
        return {}
    return {digest_of(keys, address): address for address in addresses}


_ANY = select(
    exists().where(
        SuppressionRow.address >= PREFIX, SuppressionRow.address < _AFTER_ALL, SuppressionRow.lifted_at.is_(None)
    )
)
