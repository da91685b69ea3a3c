"""Canned texts as files: `canned/LANGUAGE/NAME.txt`, the text itself; those that are one person's own stay at home."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import Connection

from hub.desk.canned import checked_name, checked_text
from hub.desk.configuration.files import Files, plain_lines
from hub.desk.configuration.kind import Content, Found, Kind, Reading
from hub.model.errors import HubError
from hub.store import canned as store

FOLDER = "canned"


@dataclass(frozen=True, slots=True)
class CannedTexts(Kind):
    """`check`: what may stand in one; raises Refused. A key is LANGUAGE/NAME."""

    name = "canned text"

    check: Callable[[str], object]

    def owns(self, path: str) -> bool:
        pure = PurePosixPath(path)
        return len(pure.parts) == 3 and pure.parts[0] == FOLDER and pure.suffix == ".txt"

    def read(self, files: Files, into: Reading) -> None:
        for path in sorted(path for path in files if self.owns(path)):
            language, name = PurePosixPath(path).parts[1], PurePosixPath(path).stem
            try:
                checked_name(name, language)
                text = checked_text(files[path])
                self.check(text)
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, f"{language}/{name}", Found(path, {"text": text}))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{FOLDER}/{key}.txt": f"{content['text']}\n" for key, content in things.items()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {f"{text.language}/{text.name}": {"text": plain_lines(text.text)} for text in store.shared(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        language, _, name = key.partition("/")
        store.put(conn, name, language, store.SHARED, content["text"], by, now)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        language, _, name = key.partition("/")
        number = store.find(conn, name, language, store.SHARED)
        if number is not None:
            store.remove(conn, number)
        return number is not None
