"""Kinds whose things are plain texts by language: canned texts, snippets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import Content, Found, Kind, Reading
from hub.model.errors import HubError


@dataclass(frozen=True, slots=True)
class Texts(Kind):
    """`FOLDER/LANGUAGE/NAME.txt`, the text itself. A key is LANGUAGE/NAME.

    `check`: what may stand in one; raises Refused.
    """

    folder: ClassVar[str]

    check: Callable[[str], object]

    @abstractmethod
    def checked(self, language: str, name: str, text: str) -> str:
        """Returns a text as it is kept. Raises Refused, for its name as well."""

    def owns(self, path: str) -> bool:
        pure = PurePosixPath(path)
        return len(pure.parts) == 3 and pure.parts[0] == self.folder and pure.suffix == ".txt"

    def read(self, files: Files, into: Reading) -> None:
        for path in sorted(path for path in files if self.owns(path)):
            language, name = PurePosixPath(path).parts[1], PurePosixPath(path).stem
            try:
                text = self.checked(language, name, files[path])
                self.check(text)
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, f"{language}/{name}", Found(path, {"text": text}))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{self.folder}/{key}.txt": f"{content['text']}\n" for key, content in things.items()}
