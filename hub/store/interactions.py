"""Interactions and their arrivals: appending to the history, and reading it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, insert, select, text, tuple_, update

from hub.store.batch import insert_batch
from hub.store.ids import interaction_id, occurred_at
from hub.store.question import Question, columns_of
from hub.store.search import index_interactions
from hub.store.tables import ArrivalRow, AttachmentRow, InteractionEventRow, InteractionRow
from hub.store.upsert import insert_new

_BY_CONTENT = Question(
    columns_of(InteractionRow.content_key, InteractionRow.id),
    "interaction WHERE interaction.content_key {among}",
    keys="TEXT",
)
_ARRIVED = select(ArrivalRow.channel, ArrivalRow.key, ArrivalRow.interaction_id).where(
    tuple_(ArrivalRow.channel, ArrivalRow.key).in_(bindparam("keys", expanding=True))
)
_LINK_ARRIVAL = (
    update(ArrivalRow)
    .where(ArrivalRow.channel == bindparam("b_channel"), ArrivalRow.key == bindparam("b_key"))
    .values(interaction_id=bindparam("b_interaction"), state="captured", reason="")
)
_APPEND = insert_batch(InteractionRow, [column.name for column in InteractionRow.__table__.c], returning="id")
_PLAIN_FILE = {"size": None, "sha256": None, "content_id": "", "inline": False, "url": "", "state": "stored"}
_ATTACH = insert_batch(AttachmentRow, ("interaction_id", "position", "filename", "content_type", *_PLAIN_FILE))
_CLAIM = insert_batch(
    ArrivalRow,
    ("channel", "key", "state", "reason", "interaction_id", "raw", "raw_blob", "content_type", "note", "received_at"),
    returning="channel, key",
)


# SQLite takes the index of what is not captured only for these very words (sqlite.org/partialindex.html, section 2).
NOT_CAPTURED = text("arrival.state <> 'captured'")


def sent_key(message_id: str) -> str:
    """Returns the content key of a mail of ours by its Message-ID: all copies of it are one interaction."""
    return f"sent:{message_id}"


def arrived(conn: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int | None]:
    """Returns the interaction of each (channel, transport key) that has been here already."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    return {(row.channel, row.key): row.interaction_id for row in conn.execute(_ARRIVED, {"keys": wanted})}


def claim_arrivals(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Inserts arrivals; returns the keys that were new, so of two processes with one payload only one goes on."""
    return {(channel, key) for channel, key in _CLAIM(conn, rows)}


def link_arrivals(conn: Connection, links: Sequence[tuple[str, str, int]]) -> None:
    """Says which interaction each (channel, key) became."""
    if links:
        conn.execute(
            _LINK_ARRIVAL,
            [{"b_channel": channel, "b_key": key, "b_interaction": target} for channel, key, target in links],
        )


def find_by_content(conn: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Returns the interaction that already holds each content key."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    return {row[0]: row[1] for row in _BY_CONTENT(conn, wanted)}


def append(conn: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Appends interactions and indexes their words; returns their ids in order.

    Each row has the columns of InteractionRow, of which `id` may be 0, and `occurred_at`. An id that is taken is no
    error: the row gets another. A content key that another process has just stored gives that interaction's id.
    """
    pending = {
        position: row if row["id"] else {**row, "id": interaction_id(row["occurred_at"])}
        for position, row in enumerate(rows)
    }
    ids: list[int] = [0] * len(rows)
    while pending:
        values = list(pending.values())
        stored = {key for (key,) in _APPEND(conn, values)}
        taken: dict[int, dict[str, Any]] = {}
        for position, row in pending.items():
            if row["id"] in stored:
                ids[position] = row["id"]
            else:
                taken[position] = row
        here = find_by_content(conn, (row["content_key"] for row in taken.values()))
        pending = {}
        for position, row in taken.items():
            if row["content_key"] in here:
                ids[position] = here[row["content_key"]]
            else:
                pending[position] = {**row, "id": interaction_id(row["occurred_at"])}
        index_interactions(
            conn,
            [(row["id"], row["identity_id"], row["subject"], row["text"]) for row in values if row["id"] in stored],
        )
    return ids


def attach(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds files to interactions; one already there (same interaction and position) is left alone."""
    _ATTACH(conn, [{**_PLAIN_FILE, **row} for row in rows])


def learn(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Adds what was learnt later; the same (channel, key) counts once. Returns how many were new."""
    return insert_new(conn, InteractionEventRow, rows)


_TIMELINE = select(
    InteractionRow.id,
    InteractionRow.identity_id,
    InteractionRow.conversation_id,
    InteractionRow.channel,
    InteractionRow.medium,
    InteractionRow.direction,
    InteractionRow.kind,
    InteractionRow.trust,
    InteractionRow.external_id,
    InteractionRow.subject,
    InteractionRow.text,
    InteractionRow.detail,
    InteractionRow.customer_why,
    InteractionRow.conversation_why,
    InteractionRow.received_at,
).order_by(InteractionRow.id.desc())
# Made once: building a statement with fifty ids takes longer than SQLite needs to answer it.
NEWEST = _TIMELINE.where(InteractionRow.id < bindparam("before")).limit(bindparam("limit"))
_OF_CONVERSATION = NEWEST.where(InteractionRow.conversation_id == bindparam("of"))
_WITH_IDS = _TIMELINE.where(InteractionRow.id.in_(bindparam("ids", expanding=True)))


_FILE_COLUMNS = tuple(column.name for column in AttachmentRow.__table__.c)
_FILES = Question(
    {f"attachment.{name}": AttachmentRow.__table__.c[name].type for name in _FILE_COLUMNS},
    "attachment WHERE attachment.interaction_id {among} ORDER BY attachment.interaction_id, attachment.position",
)
_LEARNT_COLUMNS = tuple(column.name for column in InteractionEventRow.__table__.c)
_LEARNT = Question(
    {f"interaction_event.{name}": InteractionEventRow.__table__.c[name].type for name in _LEARNT_COLUMNS},
    "interaction_event WHERE interaction_event.interaction_id {among} ORDER BY interaction_event.id",
)
_LAST = (1 << 63) - 1


def of_conversation(
    conn: Connection, conversation: int, *, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Returns the newest interactions of a conversation, newest first."""
    return read_rows(conn, _OF_CONVERSATION, {"of": conversation, "before": before_key(before), "limit": limit})


def by_ids(conn: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Returns interactions by their ids, newest first."""
    return read_rows(conn, _WITH_IDS, {"ids": ids}) if ids else []


def before_key(key: int | None) -> int:
    """Returns the id before which a page ends; without one, beyond all."""
    return _LAST if key is None else key


def of_message_ids(conn: Connection, conversations: Sequence[int], message_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the interactions of conversations that have one of these Message-IDs."""
    if not message_ids:
        return []
    ours = InteractionRow.conversation_id.in_(conversations) & InteractionRow.external_id.in_(message_ids)
    statement = select(
        InteractionRow.id,
        InteractionRow.external_id,
        InteractionRow.subject,
        InteractionRow.text,
        InteractionRow.detail,
    ).where(ours)
    return [dict(row._mapping) for row in conn.execute(statement.order_by(InteractionRow.id))]


def read_rows(conn: Connection, statement: Executable, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows of a statement over NEWEST by column name, each with `occurred_at`."""
    found = conn.execute(statement, asked)
    names = tuple(found.keys())
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return [{**row, "occurred_at": occurred_at(row["id"])} for row in rows]


def attachments_of(conn: Connection, interactions: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Returns the files of each interaction, in order."""
    return _by_interaction(_FILE_COLUMNS, _FILES(conn, interactions))


def events_of(conn: Connection, interactions: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Returns what was learnt later of each interaction, in the order it was learnt."""
    return _by_interaction(_LEARNT_COLUMNS, _LEARNT(conn, interactions))


def _by_interaction(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        named = dict(zip(names, row, strict=True))
        found.setdefault(named["interaction_id"], []).append(named)
    return found


def quarantine(conn: Connection, channel: str, key: str, reason: str) -> None:
    """Marks an arrival as one that could not be read, and why."""
    conn.execute(
        update(ArrivalRow)
        .where(ArrivalRow.channel == channel, ArrivalRow.key == key)
        .values(state="quarantined", reason=reason)
    )


def quarantined(conn: Connection, *, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Returns what could not be read, newest first, without the raw bytes."""
    statement = select(
        ArrivalRow.id, ArrivalRow.channel, ArrivalRow.key, ArrivalRow.reason, ArrivalRow.content_type,
        ArrivalRow.note, ArrivalRow.received_at, ArrivalRow.raw_blob,
    ).where(NOT_CAPTURED, ArrivalRow.state == "quarantined")  # fmt: skip
    if before is not None:
        statement = statement.where(ArrivalRow.id < before)
    return [dict(row._mapping) for row in conn.execute(statement.order_by(ArrivalRow.id.desc()).limit(limit))]


def arrival(conn: Connection, arrival_id: int) -> dict[str, Any] | None:
    """Returns one arrival, raw included."""
    row = conn.execute(select(ArrivalRow.__table__).where(ArrivalRow.id == arrival_id)).one_or_none()
    return dict(row._mapping) if row else None


def new_interaction(
    *, occurred_at: datetime, received_at: datetime, identity_id: int, channel: str, medium: str, **more: Any
) -> dict[str, Any]:
    """Returns a row for `append`, with the usual values where `more` says nothing."""
    return {
        "id": 0,
        "occurred_at": occurred_at,
        "received_at": received_at,
        "identity_id": identity_id,
        "channel": channel,
        "medium": medium,
        "conversation_id": None,
        "direction": "in",
        "kind": "message",
        "trust": "unverified",
        "external_id": "",
        "content_key": None,
        "subject": "",
        "text": "",
        "detail": None,
        "customer_why": "",
        "conversation_why": "",
        **more,
    }


def insert_arrival(conn: Connection, row: Mapping[str, Any]) -> int:
    """Stores one arrival known to be new; returns its id."""
    arrival_id: int = conn.execute(insert(ArrivalRow).values(**row).returning(ArrivalRow.id)).scalar_one()
    return arrival_id
