"""Kinds whose things are one definition a name, kept as their files say it: call flows, rosters, forms' mails."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import Content, Found, Kind, Reading, in_language, is_in, toml_files
from hub.desk.configuration.toml_text import write_toml
from hub.model.errors import HubError, NotFound, Refused
from hub.store.versions import Definition


@dataclass(frozen=True, slots=True)
class Definitions(Kind):
    """`FOLDER/NAME.toml`, the definition as the API takes it. `language`: in which a title in several is kept.

    `named`: what a name may be, and `naming` says it to people.
    """

    folder: ClassVar[str]
    named: ClassVar[re.Pattern[str]]
    naming: ClassVar[str]

    language: str = "en"

    @abstractmethod
    def checked(self, data: Mapping[str, Any]) -> Content:
        """Returns a definition with its defaults. Raises Refused."""

    @abstractmethod
    def take_out(self, conn: Connection, key: str) -> None:
        """Takes a thing out of use. Raises NotFound where none is in use."""

    def owns(self, path: str) -> bool:
        return is_in(path, self.folder)

    def read(self, files: Files, into: Reading) -> None:
        for path, name, data in toml_files(files, self.folder, into):
            try:
                if not self.named.match(name):
                    raise Refused(self.naming, field="the file's name")
                said = in_language(data.get("title", name), self.language, "title")
                content = self.checked({**data, "title": said})
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, name, Found(path, content))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{self.folder}/{name}.toml": write_toml(content) for name, content in things.items()}

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
