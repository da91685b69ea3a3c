"""Campaigns as files: `campaigns/NAME.toml`. What comes from a file is a draft: a launch is a person's own act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

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
from hub.model.campaign import EDITABLE, CampaignState, check_name, read_definition
from hub.model.errors import HubError, Refused
from hub.store import campaigns as store

FOLDER = "campaigns"


@dataclass(frozen=True, slots=True)
class Campaigns(Kind):
    """`language`: in which a title that comes in several is kept."""

    name = "campaign"

    language: str = "en"

    def owns(self, path: str) -> bool:
        return is_in(path, FOLDER)

    def read(self, files: Files, into: Reading) -> None:
        for path, name, data in toml_files(files, FOLDER, into):
            title = data.pop("title", name)
            try:
                check_name(name)
                said = in_language(title, self.language, "title")
                content = {"title": said, **read_definition(data).as_json()}
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, name, Found(path, content))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{FOLDER}/{name}.toml": write_toml(content) for name, content in things.items()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        rows = sorted(store.listed(conn), key=lambda row: str(row["name"]))
        return {
            row["name"]: {"title": row["title"], **_definition(row)}
            for row in rows
            if row["state"] != CampaignState.CANCELLED
        }

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        definition = read_definition({name: value for name, value in content.items() if name != "title"})
        known = store.by_name(conn, key)
        if known is None:
            store.add(conn, name=key, title=content["title"], definition=definition, now=now, by=by)
        else:
            known = store.by_id(conn, known["id"], lock=True)
            if why := _why_fixed(known):
                raise Refused(why)
            store.rewrite(conn, known, title=content["title"], definition=definition, now=now, by=by)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        known = store.by_name(conn, key)
        if known is None or known["state"] != CampaignState.DRAFT:
            return False
        store.change(conn, known["id"], state=CampaignState.CANCELLED.value, changed_at=now)
        return True

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        return [
            Reference("segment", content["segment"], "segment"),
            Reference("template", content["template"], "template"),
            Reference(CHANNEL, content["channel"], "channel"),
        ]

    def why_fixed(self, conn: Connection, key: str) -> str:
        known = store.by_name(conn, key)
        return _why_fixed(known) if known else ""


def _why_fixed(campaign: Mapping[str, Any]) -> str:
    if campaign["state"] in EDITABLE:
        return ""
    return (
        f"It is {campaign['state']}, and goes out as it was looked at; cancel it first, or name the new one otherwise."
    )


def _definition(row: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return store.definition_of(row).as_json()
    except Refused:  # what a later version of the hub has written travels as it is
        return {name: value for name, value in row["definition"].items() if name != store.PINNED}
