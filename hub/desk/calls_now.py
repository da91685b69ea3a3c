"""Calls under way: who waits and since when, who talks, and what is recorded meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.desk.calling import staff_phones
from hub.model.contact import Medium
from hub.model.errors import NotFound, Refused
from hub.store import audit, interactions, queues, recordings
from hub.store.audit import Actor
from hub.store.calls import call_key
from hub.store.ids import interaction_id
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow

_LONGEST_CALL = timedelta(hours=4)
_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNow:
    """A call under way. `step`: where it waits, empty while somebody talks; `recording`: on, paused, failed (it
    was to be recorded and is not), empty for none."""

    interaction: int
    channel: str
    call: str
    name: str
    number: str
    customer_id: int | None
    since: datetime
    step: str = ""
    taken_by: str = ""
    recording: str = ""


def under_way(conn: Connection, now: datetime) -> Sequence[CallNow]:
    """Returns the calls in which somebody waits for staff or talks with them, the longest first."""
    since = interaction_id(now - _LONGEST_CALL) >> 20 << 20
    rows = conn.execute(
        select(InteractionRow.id, InteractionRow.channel, InteractionRow.external_id, IdentityRow.value,
               IdentityRow.customer_id, CustomerRow.display_name)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .outerjoin(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(InteractionRow.id >= since, InteractionRow.medium == Medium.CALL.value)
        .order_by(InteractionRow.id.desc())
        .limit(_MOST)
    ).all()  # fmt: skip
    steps = interactions.events_of(conn, [row.id for row in rows])
    waiting = {(each.channel, each.call): each for each in queues.waiting(conn, now)}
    phones = {each.number: each.name for each in staff_phones(conn)}
    found: list[CallNow] = []
    for row in reversed(rows):
        learnt = {step["kind"]: step for step in steps.get(row.id, ())}
        if "call.ended" in learnt:
            continue
        who = {
            "interaction": row.id,
            "channel": row.channel,
            "call": row.external_id,
            "name": row.display_name or "",
            "number": row.value,
            "customer_id": row.customer_id,
        }
        if (place := waiting.get((row.channel, row.external_id))) is not None:
            found.append(CallNow(**who, since=place.entered_at, step=place.step))
        elif (talk := learnt.get("call.connected")) is not None:
            by = str(talk["data"].get("answered_by", ""))
            on = recordings.state(steps[row.id])
            found.append(CallNow(**who, since=talk["at"], taken_by=phones.get(by, by), recording=on))
    return found


def recorded_call(conn: Connection, interaction: int, *, pause: bool) -> tuple[str, str]:
    """Returns the channel and the call whose recording is to be paused, or gone on with. Raises NotFound, Refused."""
    row = conn.execute(
        select(InteractionRow.channel, InteractionRow.external_id, InteractionRow.content_key).where(
            InteractionRow.id == interaction, InteractionRow.medium == Medium.CALL.value
        )
    ).one_or_none()
    if row is None or row.content_key != call_key(row.external_id):
        raise NotFound("There is no such call.")
    steps = interactions.events_of(conn, [interaction]).get(interaction, [])
    if any(step["kind"] == "call.ended" for step in steps):
        raise Refused("This call is over.")
    if recordings.state(steps) != ("on" if pause else "paused"):
        raise Refused("This call is not being recorded." if pause else "The recording of this call is not paused.")
    return row.channel, row.external_id


def note_recording(conn: Connection, interaction: int, channel: str, by: Actor, *, pause: bool) -> None:
    """Keeps as evidence who paused a recording, or went on with it, and when."""
    kind = recordings.PAUSED if pause else recordings.RESUMED
    learnt: dict[str, Any] = {
        "interaction_id": interaction,
        "channel": channel,
        "key": f"{kind}:{interaction}:{by.at.isoformat()}",
        "kind": kind,
        "data": {"by": by.name},
        "at": by.at,
    }
    interactions.learn(conn, [learnt])
    audit.note(conn, by, kind, f"interaction/{interaction}")
