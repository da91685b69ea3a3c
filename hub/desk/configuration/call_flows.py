"""Call flows as files: `call_flows/NAME.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.call_flows import NAME
from hub.desk.configuration.definitions import Definitions
from hub.desk.configuration.kind import Content
from hub.model.call_flow_definition import call_flow_as_json, read_call_flow
from hub.store import call_flows as store


@dataclass(frozen=True, slots=True)
class CallFlows(Definitions):
    """What callers hear stays in all its languages."""

    name = "call_flow"
    folder = "call_flows"
    named = NAME
    naming = "A call flow is named by letters, digits, - and _."

    def checked(self, data: Mapping[str, Any]) -> Content:
        return call_flow_as_json(read_call_flow(data))

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {row.name: row.told for row in store.all_current(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        store.save(conn, key, content, by, now)

    def take_out(self, conn: Connection, key: str) -> None:
        store.retire(conn, key)
