"""The ledger: every message that was planned, with where it stands; newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from hub.insight.paging import Page, one_of, page_of
from hub.model.errors import NotFound
from hub.model.outbound import State
from hub.store import sensitive, veil
from hub.store.tables import IdentityRow, MessageRow

STATES = tuple(state.value for state in State)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One message; `due_at` is when it may go out, `reason` why it stands where it does."""

    id: int
    origin: str
    purpose: str
    channel: str
    customer_id: int
    identity_id: int
    scheme: str
    address: str
    conversation_id: int | None
    interaction_id: int | None
    staff_id: int | None
    template: str
    about: str
    about_id: int | None
    subject: str
    text: str
    state: str
    reason: str
    delivery: str
    code: str
    attempt: int
    parts: int
    planned_at: datetime
    due_at: datetime
    expires_at: datetime
    sent_at: datetime | None


_SHOWN = [name for name in LedgerLine.__slots__ if name not in ("scheme", "address", "subject", "text")]
_LINES = select(
    *[MessageRow.__table__.c[name] for name in _SHOWN],
    MessageRow.content,
    IdentityRow.scheme,
    IdentityRow.value.label("address"),
).join(IdentityRow, IdentityRow.id == MessageRow.identity_id)


def messages(
    conn: Connection,
    *,
    customer_id: int | None = None,
    state: str = "",
    before: int | None = None,
    limit: int = 50,
) -> Page[LedgerLine]:
    """Returns messages, newest first. Raises Refused for a state that is none."""
    statement = _LINES
    if customer_id is not None:
        held = select(IdentityRow.id).where(IdentityRow.customer_id == customer_id)
        statement = statement.where(MessageRow.identity_id.in_(held))
    if state:
        statement = statement.where(MessageRow.state == one_of(state, STATES, "state"))
    if before is not None:
        statement = statement.where(MessageRow.id < before)
    rows = _read(conn, statement.order_by(MessageRow.id.desc()).limit(limit + 1))
    return page_of(rows, limit, lambda line: str(line.id))


def message(conn: Connection, message_id: int) -> LedgerLine:
    """Returns one message. Raises NotFound."""
    found = _read(conn, _LINES.where(MessageRow.id == message_id))
    if not found:
        raise NotFound(f"There is no message {message_id}.")
    return found[0]


def _read(conn: Connection, statement: Select[tuple[object, ...]]) -> list[LedgerLine]:
    lines = []
    rows = conn.execute(statement).mappings().all()
    talks = sensitive.conversations(conn, {row["conversation_id"] for row in rows})
    unseen = {talk for talk in talks if not veil.may_read_talk(conn, talk)}
    for row in rows:
        values = dict(row)
        content = values.pop("content")
        said = {} if values["conversation_id"] in unseen else content
        values |= {name: str(said.get(name, "")) for name in ("subject", "text")}
        lines.append(LedgerLine(**values))
    return lines
