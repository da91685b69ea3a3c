"""Kinds whose things are TOML files of one folder, one each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import Content, Found, Kind, Reading, in_language, is_in, toml_files
from hub.desk.configuration.toml_text import write_toml
from hub.model.errors import HubError


@dataclass(frozen=True, slots=True)
class InToml(Kind):
    """`FOLDER/KEY.toml`. `language`: in which a title that comes in several is kept."""

    folder: ClassVar[str]

    language: str = "en"

    @abstractmethod
    def checked(self, key: str, data: Mapping[str, Any]) -> Content:
        """Returns a thing with its defaults. Raises Refused, for its key as well."""

    def titled(self, key: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the data with a title in our language, the key where it has none. Raises Refused."""
        return {**data, "title": in_language(data.get("title", key), self.language, "title")}

    def owns(self, path: str) -> bool:
        return is_in(path, self.folder)

    def read(self, files: Files, into: Reading) -> None:
        for path, key, data in toml_files(files, self.folder, into):
            try:
                content = self.checked(key, data)
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, key, Found(path, content))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{self.folder}/{key}.toml": write_toml(content) for key, content in things.items()}


def untitled(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a thing says besides its title."""
    return {name: value for name, value in content.items() if name != "title"}
