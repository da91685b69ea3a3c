"""Forms as files: `forms/SLUG.toml`, the definition as the API takes it; `open = false` for one that is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk import forms as desk
from hub.desk.configuration.in_toml import InToml
from hub.desk.configuration.kind import CHANNEL, Content, Reference, in_language
from hub.model.errors import Refused
from hub.model.form import Form
from hub.model.form_definition import form_as_json, read_form
from hub.store import forms as store


@dataclass(frozen=True, slots=True)
class Forms(InToml):
    """What visitors read stays in all its languages."""

    name = "form"
    folder = "forms"

    def checked(self, key: str, data: Mapping[str, Any]) -> Content:
        shown = data.get("open", True)
        if not isinstance(shown, bool):
            raise Refused("open is true or false.", field="open")
        said = in_language(data.get("name", ""), self.language, "name")
        form = read_form({**{name: value for name, value in data.items() if name != "open"}, "name": said})
        if form.slug != key:
            raise Refused(f"The file is named {key}, its form {form.slug!r}.", field="slug")
        return _content(form, shown)

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return InToml.write(self, {slug: {"slug": slug, **content} for slug, content in things.items()})

    def stored(self, conn: Connection) -> dict[str, Content]:
        rows = store.newest(conn)
        return {row["slug"]: _content(desk.form_of(row), row["active"]) for row in rows}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        last = store.version(conn, key)
        definition = {name: value for name, value in content.items() if name != "open"}
        form = read_form({"slug": key, **definition})
        desk.save_form(conn, form, by, now, based_on=last["version"] if last else 0)
        desk.set_open(conn, key, content.get("open", True))

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        if store.shown(conn, key) is None:
            return False
        desk.set_open(conn, key, False)
        return True

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        return [Reference(CHANNEL, content["channel"], "channel")]


def _content(form: Form, shown: bool) -> Content:
    return {"name": form.name, **({} if shown else {"open": False}), **form_as_json(form)}
