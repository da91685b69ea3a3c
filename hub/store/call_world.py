"""What a call's next step needs to know: the flow in force, who is on call, what everybody is told first, who calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.call_flow import Queue, Ring
from hub.store import appointments, call_flows, call_sounds, interactions, queues, recordings, rosters
from hub.store.calls import call_key, spoken
from hub.store.installation import fact, note_fact
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow, PlacedCallRow

_ANNOUNCEMENT = "call_announcement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which channel asks, when, in which home zone, for which of the provider's calls; `placed`: of staff's.

    `message`: the message of ours that the call says; `queue`: the step for whose callers staff's phone rings.
    """

    channel: str
    at: datetime
    home: str
    call: str
    placed: str = ""
    message: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Words that every caller hears first while it is on, by language."""

    on: bool
    words: Mapping[str, str]


def lend(conn: Connection, asked: Asked) -> Mapping[str, Any]:
    """Returns a channel's flow, at the business's own time where it names none, and under `hub` what goes with it.

    `on_call`: numbers by roster; `announcement`: words by language; `caller`: `name` and `how` it is known. Without a
    flow there is only `hub`. `sounds`: the SHA-256 of each recording that it plays; `pressed`: keys by step;
    `recorded`: in which language the caller was told of a recording and did not mind, by step.
    Of a call that says a message there is only `spoken`: its `text`, its `language`, and
    whether a key `confirms` what it says.
    """
    if asked.message:
        return {"hub": {"spoken": _said(conn, asked)}}
    row = call_flows.followed(conn, asked.channel)
    definition: dict[str, Any] = dict(row.definition) if row else {}
    lent: dict[str, Any] = {}
    if row is not None:
        definition["time_zone"] = definition.get("time_zone") or asked.home
        steps = definition.get("steps", {}).values()
        rung = {str(step.get("roster", "")) for step in steps if step.get("kind") in (Ring.kind, Queue.kind)}
        if rung:
            lent["on_call"] = rosters.numbers_on_call(conn, rung, asked.at, asked.home)
        lent["sounds"] = call_sounds.named_in(conn, definition)
        if any(step.get("kind") == Queue.kind for step in steps):
            told = _told(conn, asked.call)
            lent["pressed"], lent["recorded"] = _pressed(told), recordings.agreed(told)
    lent["caller"] = customer_of(conn, asked.placed) if asked.placed else caller_of(conn, _first(conn, asked))
    first = announcement(conn)
    if first.on:
        lent["announcement"] = dict(first.words)
    return {**definition, "hub": lent}


def _said(conn: Connection, asked: Asked) -> Mapping[str, Any]:
    message = spoken(conn, asked.channel, [asked.message]).get(asked.message)
    if message is None:
        return {}
    return {"text": message.text, "language": message.language, "confirms": message.about == appointments.ABOUT}


def _first(conn: Connection, asked: Asked) -> str:
    """Returns the call that is asked about: of a phone that rings for a queue, that of who waits there first."""
    if not asked.queue:
        return asked.call
    waiting = queues.waiting(conn, asked.at)
    return next((each.call for each in waiting if (each.channel, each.step) == (asked.channel, asked.queue)), "")


def _told(conn: Connection, call: str) -> Sequence[Mapping[str, Any]]:
    """Returns what was learnt of a call so far."""
    number = interactions.find_by_content(conn, [call_key(call)]).get(call_key(call))
    return interactions.events_of(conn, [number]).get(number, ()) if number is not None else ()


def _pressed(steps: Sequence[Mapping[str, Any]]) -> Mapping[str, list[str]]:
    """Returns the keys that were pressed at each step of a call, in order."""
    found: dict[str, list[str]] = {}
    for step in steps:
        if step["kind"] == "call.chosen":
            found.setdefault(str(step["data"].get("step", "")), []).append(str(step["data"].get("status", "")))
    return found


def caller_of(conn: Connection, call: str) -> Mapping[str, str]:
    """Returns who calls: `known` by name, `likely` as their network names them, else `unknown` and nameless."""
    row = conn.execute(
        select(InteractionRow.id, CustomerRow.display_name)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .outerjoin(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(InteractionRow.content_key == call_key(call))
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
