"""Kinds whose things are one definition a name, kept as their files say it: call flows, rosters, forms' mails."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection

from hub.desk.configuration.in_toml import InToml
from hub.desk.configuration.kind import Content
from hub.model.errors import NotFound, Refused
from hub.store.versions import Definition


@dataclass(frozen=True, slots=True)
class Definitions(InToml):
    """The definition as the API takes it. `named`: what a name may be, and `naming` says it to people."""

    named: ClassVar[re.Pattern[str]]
    naming: ClassVar[str]

    @abstractmethod
    def defined(self, data: Mapping[str, Any]) -> Content:
        """Returns a definition, its title among it, with its defaults. Raises Refused."""

    @abstractmethod
    def take_out(self, conn: Connection, key: str) -> None:
        """Takes a thing out of use. Raises NotFound where none is in use."""

    def checked(self, key: str, data: Mapping[str, Any]) -> Content:
        if not self.named.match(key):
            raise Refused(self.naming, field="the file's name")
        return self.defined(self.titled(key, data))

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        try:
            self.take_out(conn, key)
        except NotFound:
            return False
        return True


class Versions(Protocol):
    """What keeps the versions of one kind."""

    def all_current(self, conn: Connection, /) -> Sequence[Definition]: ...

    def save(self, conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, /) -> int: ...

    def retire(self, conn: Connection, name: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class InVersions(Definitions):
    """Definitions of which every change is a new version."""

    versions: ClassVar[Versions]

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {row.name: row.told for row in self.versions.all_current(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        self.versions.save(conn, key, content, by, now)

    def take_out(self, conn: Connection, key: str) -> None:
        self.versions.retire(conn, key)
