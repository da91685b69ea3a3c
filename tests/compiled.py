"""What one engine has compiled or asked of its server serves the next: every test opens engines of its own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import asyncpg
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

_STATEMENTS = 5_000


class _OfEveryEngine(LRUCache[Any, Any]):
    """A cache whose keys name the kind of a dialect where SQLAlchemy's name the one dialect of an engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_shared(key), value)


def _shared(key: tuple[Dialect, ...]) -> Hashable:
    dialect, *rest = key
    return type(dialect), dialect.server_version_info, *rest


# Types below are PostgreSQL's own, the same in every database (its source: FirstGenbkiObjectId).
_FIRST_OF_OTHERS = 10_000


def _share_types() -> None:
    """Asks what PostgreSQL's own types are once, and not for each connection: its server takes 25 ms to say."""
    ask = asyncpg.Connection._introspect_types
    known: dict[frozenset[int], Any] = {}

    async def told(connection: asyncpg.Connection, types: set[int], *how_long: float) -> Any:
        key = frozenset(types)
        if key not in known:
            found = await ask(connection, types, *how_long)
            if max(types) >= _FIRST_OF_OTHERS:
                return found
            known[key] = found
        return known[key]

    asyncpg.Connection._introspect_types = told


def share() -> None:
    """Lets all engines of this process share what they compile (SQLAlchemy: the option `compiled_cache`)."""
    _share_types()
    compiled = _OfEveryEngine(_STATEMENTS)

    def lend(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)

    event.listen(Engine, "engine_connect", lend)
