"""Snippets as files: `snippets/LANGUAGE/NAME.txt`, the words that templates share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.desk.configuration.files import plain_lines
from hub.desk.configuration.kind import Content
from hub.desk.configuration.texts import Texts
from hub.model.errors import Refused
from hub.store import snippets as store
from hub.store import templates

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


@dataclass(frozen=True, slots=True)
class Snippets(Texts):
    """A change of one reaches every template that holds it."""

    name = "snippet"
    folder = "snippets"

    def checked(self, language: str, name: str, text: str) -> str:
        if not _NAME.match(name) or not _LANGUAGE.match(language):
            raise Refused("A snippet is named in small letters, digits and _, in a folder of its language, as pt.")
        return plain_lines(text).rstrip("\n")

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
