"""What belongs together: conversations that staff may join into one, or says are apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.desk.subjects import answer_subject
from hub.model.errors import NotFound, Refused
from hub.store import audit, conversations, hints, joins, sensitive
from hub.store.audit import Actor
from hub.store.hints import HintState, Reason
from hub.store.tables import ConversationRow, IdentityRow

_MOST = 10
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A conversation that may be about the same matter. `address`: whose mail refers to both, or to the other one."""

    conversation_id: int
    reason: str
    address: str
    subject: str
    name: str
    last_at: datetime
    state: str


def suggestions(conn: Connection, conversation_id: int) -> list[Suggested]:
    """Returns what may belong to a conversation: what its mails refer to, then what has its customer and subject."""
    talk = _require(conn, conversation_id)
    known = hints.of_conversation(conn, conversation_id)
    decided = {other for other, _, _, state in known if state != HintState.OPEN}
    found = {other: (reason, address) for other, reason, address, state in known if state == HintState.OPEN}
    for other in _of_subject(conn, talk) if len(found) < _MOST else ():
        if other not in decided:
            found.setdefault(other, (Reason.SUBJECT.value, ""))
    rows = _LINES.where(ConversationRow.id.in_(found), ConversationRow.merged_into.is_(None))
    unsaid = sensitive.conversations(conn, found)
    lines = [
        Suggested(
            conversation_id=row.id,
            reason=found[row.id][0],
            address=found[row.id][1].partition(":")[2],
            subject="" if row.id in unsaid else row.subject,
            name=row.value,
            last_at=row.last_at,
            state=row.state,
        )
        for row in conn.execute(rows)
    ]
    return sorted(lines, key=lambda line: (line.reason == Reason.SUBJECT, -line.last_at.timestamp()))[:_MOST]


def join(conn: Connection, conversation_id: int, other_id: int, by: Actor) -> int:
    """Makes one conversation of two; returns which one it is, the older. Raises NotFound and Refused."""
    if conversation_id == other_id:
        raise Refused("This is one conversation already.", field="other")
    one, other = _require(conn, conversation_id), _require(conn, other_id)
    if one.thread_key and other.thread_key:
        raise Refused(
            "Texts and calls with two numbers stay two conversations.",
            next_step="Merge the customers instead, if both numbers are one person's.",
        )
    # The one of a number goes on: the next text looks for it.
    first = min(one, other, key=lambda talk: (not talk.thread_key, talk.opened_at, talk.id))
    kept, gone = (one, other) if first is one else (other, one)
    conversations.join(conn, kept.id, [gone.id], by.at, by.name)
    newest = max(one, other, key=lambda talk: talk.last_at)
    state = next((state for state in ("open", "waiting") if state in (one.state, other.state)), "closed")
    conversations.carry_on(
        conn, kept.id, state=state, unread=one.unread or other.unread, last_at=newest.last_at, preview=newest.preview
    )
    hints.decide(conn, one.id, other.id, HintState.JOINED, by.at)
    audit.note(conn, by, "conversation.joined", f"conversation/{kept.id}", {"with": gone.id})
    return int(kept.id)


def keep_apart(conn: Connection, conversation_id: int, other_id: int, by: Actor) -> None:
    """Notes that two conversations are not about one matter, so that nobody is asked again. Raises NotFound."""
    one, other = _require(conn, conversation_id), _require(conn, other_id)
    hints.decide(conn, one.id, other.id, HintState.APART, by.at)
    audit.note(conn, by, "conversation.kept_apart", f"conversation/{conversation_id}", {"from": other_id})


_LINES = select(
    ConversationRow.id,
    ConversationRow.subject,
    ConversationRow.last_at,
    ConversationRow.state,
    IdentityRow.value,
).join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
_TALK = select(
    ConversationRow.id,
    ConversationRow.identity_id,
    ConversationRow.thread_key,
    ConversationRow.medium,
    ConversationRow.subject,
    ConversationRow.preview,
    ConversationRow.state,
    ConversationRow.unread,
    ConversationRow.opened_at,
    ConversationRow.last_at,
    ConversationRow.merged_into,
)


def _require(conn: Connection, conversation_id: int) -> ConversationRow:
    row = conn.execute(_TALK.where(ConversationRow.id == conversation_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    if row.merged_into is not None:
        raise Refused(
            "This conversation was joined with another.", next_step=f"Go on in conversation {row.merged_into}."
        )
    return row  # type: ignore[return-value]  # a row with these columns


def _of_subject(conn: Connection, talk: ConversationRow) -> list[int]:
    """Returns other mail conversations of the same customer with the same subject, but for Re: and the like."""
    wanted = answer_subject(talk.subject).casefold()
    if not wanted or talk.medium != "email":
        return []
    customer = select(IdentityRow.customer_id).where(IdentityRow.id == talk.identity_id).scalar_subquery()
    rows = conn.execute(
        select(ConversationRow.id, ConversationRow.subject)
        .join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
        .where(
            IdentityRow.customer_id == customer,
            ConversationRow.medium == "email",
            ConversationRow.merged_into.is_(None),
            ConversationRow.id != talk.id,
        )
        .order_by(ConversationRow.id.desc())
        .limit(_LOOKED_AT)
    )
    return [row.id for row in rows if answer_subject(row.subject).casefold() == wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """What parting a conversation again would do: how much goes back to the other one, of which `since` came later."""

    join_id: int
    conversation_id: int
    subject: str
    name: str
    joined_at: datetime
    joined_by: str
    interactions: int
    since: int
    tasks: int
    people: tuple[str, ...]


def partings(conn: Connection, conversation_id: int) -> list[Parting]:
    """Returns the joins that made a conversation, the newest first, each with what parting it would move.

    Raises NotFound, and Refused for one that is part of another.
    """
    _require(conn, conversation_id)
    found = joins.of_conversation(conn, conversation_id)
    rows = conn.execute(_LINES.where(ConversationRow.id.in_([each.gone_id for each in found])))
    lines = {row.id: row for row in rows}
    unsaid = sensitive.conversations(conn, lines)
    return [
        Parting(
            join_id=each.id,
            conversation_id=each.gone_id,
            subject="" if each.gone_id in unsaid else lines[each.gone_id].subject,
            name=lines[each.gone_id].value,
            joined_at=each.joined_at,
            joined_by=each.joined_by,
            interactions=len(each.moved["interactions"]),
            since=len(joins.came_since(conn, each)),
            tasks=len(each.moved["tasks"]),
            people=tuple(address.partition(":")[2] for address in each.moved["new_participants"]),
        )
        for each in found
    ]


def part(conn: Connection, conversation_id: int, join_id: int, by: Actor) -> tuple[int, int]:
    """Parts two joined conversations again: everything goes back where it was, and stays apart.

    What came since goes with the one that it answers. Returns the kept one and the one that is its own again. Raises
    NotFound, and Refused where the kept one was joined to another since.
    """
    join = joins.get(conn, join_id)
    if join.kept_id != conversation_id:
        raise NotFound(f"Nothing was joined with conversation {conversation_id} by this number.")
    since = joins.came_since(conn, join)
    joins.undo(conn, join, since, by.at)
    hints.decide(conn, join.kept_id, join.gone_id, HintState.APART, by.at)
    detail = {"from": join.kept_id, "interactions": len(join.moved["interactions"]), "since": len(since)}
    audit.note(conn, by, "conversation.parted", f"conversation/{join.gone_id}", detail)
    return join.kept_id, join.gone_id
