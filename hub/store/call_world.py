"""What a call's next step needs to know: the flow in force, who is on call, what everybody is told first, who calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.call_flow import Ring
from hub.store import call_flows, interactions, rosters
from hub.store.installation import fact, note_fact
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow, PlacedCallRow

_ANNOUNCEMENT = "call_announcement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which channel asks, when, in which home zone, for which of the provider's calls; `placed`: of staff's."""

    channel: str
    at: datetime
    home: str
    call: str
    placed: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Words that every caller hears first while it is on, by language."""

    on: bool
    words: Mapping[str, str]


def lend(conn: Connection, asked: Asked) -> Mapping[str, Any]:
    """Returns a channel's flow, at the business's own time where it names none, and under `hub` what goes with it.

    `on_call`: numbers by roster; `announcement`: words by language; `caller`: `name` and `how` it is known. Without a
    flow there is only `hub`.
    """
    row = call_flows.followed(conn, asked.channel)
    definition: dict[str, Any] = dict(row.definition) if row else {}
    lent: dict[str, Any] = {}
    if row is not None:
        definition["time_zone"] = definition.get("time_zone") or asked.home
        steps = definition.get("steps", {}).values()
        rung = {str(step.get("roster", "")) for step in steps if step.get("kind") == Ring.kind}
        if rung:
            lent["on_call"] = rosters.numbers_on_call(conn, rung, asked.at, asked.home)
    lent["caller"] = customer_of(conn, asked.placed) if asked.placed else caller_of(conn, asked.call)
    told = announcement(conn)
    if told.on:
        lent["announcement"] = dict(told.words)
    return {**definition, "hub": lent}


def caller_of(conn: Connection, call: str) -> Mapping[str, str]:
    """Returns who calls: `known` by name, `likely` as their network names them, else `unknown` and nameless."""
    row = conn.execute(
        select(InteractionRow.id, CustomerRow.display_name)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .outerjoin(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(InteractionRow.content_key == f"call:{call}")
    ).one_or_none()
    if row is None:
        return {"how": "unknown", "name": ""}
    if row.display_name:
        return {"how": "known", "name": row.display_name}
    told = (step["data"].get("CallerName", "") for step in interactions.events_of(conn, [row.id]).get(row.id, ()))
    name = next((each for each in told if each), "")
    return {"how": "likely" if name else "unknown", "name": name}


def customer_of(conn: Connection, placed: str) -> Mapping[str, str]:
    """Returns with whom a call is that staff asked for."""
    name = conn.scalar(
        select(CustomerRow.display_name)
        .join(PlacedCallRow, PlacedCallRow.customer_id == CustomerRow.id)
        .where(PlacedCallRow.key == placed)
    )
    return {"how": "known" if name else "unknown", "name": name or ""}


def announcement(conn: Connection) -> Announcement:
    """Returns what callers are told first, on or off."""
    kept = json.loads(fact(conn, _ANNOUNCEMENT) or "{}")
    return Announcement(bool(kept.get("on")), kept.get("words", {}))


def announce(conn: Connection, told: Announcement) -> None:
    """Keeps what callers are told first; it counts from the next call on."""
    said = json.dumps({"on": told.on, "words": dict(told.words)}, ensure_ascii=False, sort_keys=True)
    note_fact(conn, _ANNOUNCEMENT, said)
