"""Campaigns as files: `campaigns/NAME.toml`. What comes from a file is a draft: a launch is a person's own act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.in_toml import InToml, untitled
from hub.desk.configuration.kind import CHANNEL, Content, Reference
from hub.model.campaign import EDITABLE, CampaignState, check_name, read_definition
from hub.model.errors import Refused
from hub.store import campaigns as store


@dataclass(frozen=True, slots=True)
class Campaigns(InToml):
    """Who is written what, when; never a launch."""

    name = "campaign"
    folder = "campaigns"

    def checked(self, key: str, data: Mapping[str, Any]) -> Content:
        check_name(key)
        said = self.titled(key, data)
        return {"title": said["title"], **read_definition(untitled(said)).as_json()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        rows = sorted(store.listed(conn), key=lambda row: str(row["name"]))
        return {
            row["name"]: {"title": row["title"], **_definition(row)}
            for row in rows
            if row["state"] != CampaignState.CANCELLED
        }

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        definition = read_definition(untitled(content))
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
            *(Reference(CHANNEL, one, "best_of") for one in content.get("best_of", ())),
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
