"""Forms as files: `forms/SLUG.toml`, the definition as the API takes it; `open = false` for one that is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.desk import forms as desk
from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import (
    CHANNEL,
    Content,
    Found,
    Kind,
    Reading,
    Reference,
    in_language,
    is_in,
    toml_files,
)
from hub.desk.configuration.toml_text import write_toml
from hub.model.errors import HubError, Refused
from hub.model.form import Form
from hub.model.form_definition import form_as_json, read_form
from hub.store import forms as store

FOLDER = "forms"


@dataclass(frozen=True, slots=True)
class Forms(Kind):
    """`language`: in which a name that comes in several is kept; what visitors read stays in all of them."""

    name = "form"

    language: str = "en"

    def owns(self, path: str) -> bool:
        return is_in(path, FOLDER)

    def read(self, files: Files, into: Reading) -> None:
        for path, stem, data in toml_files(files, FOLDER, into):
            shown = data.pop("open", True)
            try:
                if not isinstance(shown, bool):
                    raise Refused("open is true or false.", field="open")
                form = read_form({**data, "name": in_language(data.get("name", ""), self.language, "name")})
                if form.slug != stem:
                    raise Refused(f"The file is named {stem}, its form {form.slug!r}.", field="slug")
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, form.slug, Found(path, _content(form, shown)))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{FOLDER}/{slug}.toml": write_toml({"slug": slug, **content}) for slug, content in things.items()}

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
