"""SQL that one engine has compiled serves the next: every test opens engines of its own, and asks them the same."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

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


def share() -> None:
    """Lets all engines of this process share what they compile (SQLAlchemy: the option `compiled_cache`)."""
    compiled = _OfEveryEngine(_STATEMENTS)

    def lend(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)

    event.listen(Engine, "engine_connect", lend)
