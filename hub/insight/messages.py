"""Messages that have not become history: what is planned, what waits, what was withheld and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hub.model.errors import NotFound
from hub.model.outbound import WAITING, Origin, State
from hub.store import sensitive, veil
from hub.store.tables import IdentityRow, MessageRow, MessageStepRow, StaffRow

_ON_ITS_WAY = sorted({*(state.value for state in WAITING), "claimed", "submitting", "unknown"})
_WITHHELD = sorted(
    state.value for state in (State.SUPPRESSED, State.CANCELLED, State.EXPIRED, State.FAILED, State.ABANDONED)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An outbox row that is not (yet) on the timeline; `state` and `reason` as hub.model.outbound has them.

    `seen`: the values by which its last step was decided.
    """

    id: int
    origin: str
    purpose: str
    channel: str
    customer_id: int
    conversation_id: int | None
    scheme: str
    address: str
    staff_name: str
    template: str
    about: str
    about_id: int | None
    subject: str
    text: str
    state: str
    reason: str
    due_at: datetime
    planned_at: datetime
    files: tuple[str, ...] = ()
    seen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scheduled(self) -> bool:
        """Whether it was written for later, not only held so that it can be taken back."""
        return self.origin == "reply" and self.due_at - self.planned_at > _HELD_AT_MOST

    @property
    def can_be_taken_back(self) -> bool:
        """Whether nothing of it has left yet, nor is about to."""
        return self.state in _TAKEN_BACK_IN


# The longest that [hub] undo_seconds may be is a minute.
_HELD_AT_MOST = timedelta(minutes=2)
_TAKEN_BACK_IN = frozenset(state.value for state in WAITING)
_ROWS = (
    select(
        MessageRow.id,
        MessageRow.origin,
        MessageRow.purpose,
        MessageRow.channel,
        MessageRow.customer_id,
        MessageRow.conversation_id,
        IdentityRow.scheme,
        IdentityRow.value.label("address"),
        StaffRow.display_name.label("staff_name"),
        MessageRow.template,
        MessageRow.about,
        MessageRow.about_id,
        MessageRow.content,
        MessageRow.state,
        MessageRow.reason,
        MessageRow.due_at,
        MessageRow.planned_at,
    )
    .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
    .outerjoin(StaffRow, StaffRow.id == MessageRow.staff_id)
)
_THEIRS = MessageRow.identity_id.in_(bindparam("identities", expanding=True))
_PLANNED = (
    _ROWS.where(_THEIRS, MessageRow.state.in_(_ON_ITS_WAY))
    .order_by(MessageRow.due_at, MessageRow.id)
    .limit(bindparam("most"))
)
_NOT_SENT = (
    _ROWS.where(_THEIRS, MessageRow.state.in_(_WITHHELD), MessageRow.planned_at >= bindparam("since"))
    .order_by(MessageRow.id.desc())
    .limit(bindparam("most"))
)


def planned(conn: Connection, identities: Sequence[int], *, limit: int = 20) -> list[Planned]:
    """Returns what is still to be sent to these identities, the next one first."""
    return _read(conn, _PLANNED, {"identities": identities, "most": limit})


def withheld(conn: Connection, identities: Sequence[int], since: datetime, *, limit: int = 20) -> list[Planned]:
    """Returns what was planned since then and did not go out, newest first."""
    return _read(conn, _NOT_SENT, {"identities": identities, "since": since, "most": limit})


def queued_in(conn: Connection, conversation_id: int, identities: Sequence[int]) -> list[Planned]:
    """Returns answers of a conversation that are not on its timeline yet, the oldest first; failed ones too."""
    states = [*_ON_ITS_WAY, State.FAILED.value, State.SUPPRESSED.value, State.ABANDONED.value, State.EXPIRED.value]
    statement = _ROWS.where(
        MessageRow.identity_id.in_(identities),
        MessageRow.conversation_id == conversation_id,
        MessageRow.interaction_id.is_(None),
        MessageRow.state.in_(states),
    )
    return _read(conn, statement.order_by(MessageRow.id.desc()).limit(10))[::-1]


def scheduled_by(conn: Connection, staff_id: int | None, now: datetime, *, limit: int = 100) -> list[Planned]:
    """Returns what a staff member wrote for later and has not left yet, the next one first."""
    statement = _ROWS.where(
        MessageRow.state == State.READY.value,
        MessageRow.due_at > now,
        MessageRow.origin == Origin.REPLY.value,
        MessageRow.staff_id == staff_id,
    )
    found = _read(conn, statement.order_by(MessageRow.due_at, MessageRow.id).limit(limit))
    return [each for each in found if each.scheduled]


def about(conn: Connection, kind: str, about_id: int, *, limit: int = 50) -> list[Planned]:
    """Returns every message about a thing (an appointment), sent or not, newest first."""
    statement = _ROWS.where(MessageRow.about == kind, MessageRow.about_id == about_id)
    return _read(conn, statement.order_by(MessageRow.id.desc()).limit(limit))


def message(conn: Connection, message_id: int) -> Planned:
    """Returns one message of the outbox. Raises NotFound."""
    found = _read(conn, _ROWS.where(MessageRow.id == message_id))
    if not found:
        raise NotFound(f"There is no message {message_id}.")
    return found[0]


_NOTHING: Mapping[str, Any] = {}
_STEPS = (
    select(MessageStepRow.message_id, MessageStepRow.seen)
    .where(MessageStepRow.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(MessageStepRow.id)
)


def _read(conn: Connection, statement: Any, values: Mapping[str, Any] = _NOTHING) -> list[Planned]:
    rows = conn.execute(statement, values).mappings().all()
    steps = conn.execute(_STEPS, {"ids": [row["id"] for row in rows]}).all() if rows else []
    seen = {step.message_id: step.seen or {} for step in steps}
    lines = [_line(dict(row), seen.get(row["id"], {})) for row in rows]
    talks = {line.conversation_id for line in lines}
    unseen = {talk for talk in sensitive.conversations(conn, talks) if not veil.may_read_talk(conn, talk)}
    return [replace(line, subject="", text="", files=()) if line.conversation_id in unseen else line for line in lines]


def _line(row: Mapping[str, Any], seen: Mapping[str, Any]) -> Planned:
    values = {name: value for name, value in row.items() if name != "content"}
    said = row["content"].get("rendered") or row["content"]
    return Planned(
        **{**values, "staff_name": values["staff_name"] or ""},
        subject=str(said.get("subject", "")),
        # What stands below the new words of an answer is the older mail.
        text=str(said.get("text", ""))[: row["content"].get("new_length")],
        files=tuple(str(file.get("filename", "")) for file in row["content"].get("attachments") or ()),
        seen=seen,
    )
