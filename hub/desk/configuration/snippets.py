"""Snippets as files: `snippets/LANGUAGE/NAME.txt`, the words that templates share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import Connection

from hub.desk.configuration.files import Files, plain_lines
from hub.desk.configuration.kind import Content, Fault, Found, Kind, Reading
from hub.model.errors import HubError
from hub.store import snippets as store
from hub.store import templates

FOLDER = "snippets"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


@dataclass(frozen=True, slots=True)
class Snippets(Kind):
    """`check`: what may stand in one; raises Refused. A key is LANGUAGE/NAME."""

    name = "snippet"

    check: Callable[[str], object]

    def owns(self, path: str) -> bool:
        pure = PurePosixPath(path)
        return len(pure.parts) == 3 and pure.parts[0] == FOLDER and pure.suffix == ".txt"

    def read(self, files: Files, into: Reading) -> None:
        for path in sorted(path for path in files if self.owns(path)):
            language, name = PurePosixPath(path).parts[1], PurePosixPath(path).stem
            if not _NAME.match(name) or not _LANGUAGE.match(language):
                message = "A snippet is named in small letters, digits and _, in a folder of its language, as pt."
                into.faults.append(Fault(file=path, message=message))
                continue
            text = plain_lines(files[path]).rstrip("\n")
            try:
                self.check(text)
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, f"{language}/{name}", Found(path, {"text": text}))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{FOLDER}/{key}.txt": f"{content['text']}\n" for key, content in things.items()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {
            f"{row['language']}/{row['name']}": {"text": plain_lines(row["text"]).rstrip("\n")}
            for row in store.listed(conn)
        }

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        language, _, name = key.partition("/")
        store.save(conn, name=name, language=language, text=content["text"], now=now, by=by)
        templates.follow(conn, name, now, by)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        language, _, name = key.partition("/")
        return not templates.users(conn, name) and store.retire(conn, name, language)

    def known_as(self, key: str) -> str:
        return key.partition("/")[2]
