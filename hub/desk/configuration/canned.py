"""Canned texts as files: `canned/LANGUAGE/NAME.txt`, the text itself; those that are one person's own stay at home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.desk.canned import checked_name, checked_text
from hub.desk.configuration.files import plain_lines
from hub.desk.configuration.kind import Content
from hub.desk.configuration.texts import Texts
from hub.store import canned as store


@dataclass(frozen=True, slots=True)
class CannedTexts(Texts):
    """What staff insert into an answer, as everybody has it."""

    name = "canned text"
    folder = "canned"

    def checked(self, language: str, name: str, text: str) -> str:
        checked_name(name, language)
        return checked_text(text)

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
