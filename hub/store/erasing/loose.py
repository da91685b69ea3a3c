"""Loose ends: words that name a person in tables that refer to nobody, such as a job or a problem that was noted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, delete, or_, select, update

from hub.store import blobs
from hub.store.erasing.person import Person
from hub.store.interactions import NOT_CAPTURED
from hub.store.tables import (
    AnswerRow,
    ArrivalRow,
    Base,
    ChannelStateRow,
    DeliveryEventRow,
    FileImportRow,
    FlightRow,
    InteractionRow,
    JobRow,
    LinkRow,
    MessageRow,
    ProblemRow,
    SuggestionRow,
    ThrottleRow,
    UploadOutcomeRow,
    UploadRow,
)

ELSEWHERE = "(erased)"
# Rows of these go where they name the person; the columns in which they may. None of them grows without end.
_GOES: tuple[tuple[type[Base], tuple[str, ...]], ...] = (
    (JobRow, ("key", "payload", "last_error")),
    (LinkRow, ("data",)),
    (AnswerRow, ("key", "body")),
    (ThrottleRow, ("key",)),
    (ProblemRow, ("place", "message", "cause", "mend", "seen", "action")),
    (FlightRow, ("plan",)),
    (FileImportRow, ("report", "error")),
)
_A_TIME = 500


def forget(conn: Connection, person: Person) -> None:
    """Removes what names a person outside their own rows, before those are erased."""
    for table, columns in _GOES:
        _remove(conn, table, columns, person.words)
    _forget_channel_problems(conn, person.words)
    _forget_unread(conn, person.words)
    _forget_uploads(conn, person)
    _forget_news(conn, person.words)
    _forget_elsewhere(conn, person)
    claims = [address.partition(":") for address in person.addresses]
    for scheme, _colon, value in claims:
        conn.execute(delete(SuggestionRow).where(SuggestionRow.scheme == scheme, SuggestionRow.value == value))


def _remove(conn: Connection, table: type[Base], columns: Sequence[str], words: Sequence[str]) -> None:
    keys = [column for column in table.__table__.c if column.primary_key]
    asked = select(*keys, *(table.__table__.c[name] for name in columns))
    found = [tuple(row[: len(keys)]) for row in conn.execute(asked) if _names(row[len(keys) :], words)]
    for row in found:
        conn.execute(delete(table).where(*(key == value for key, value in zip(keys, row, strict=True))))


def _names(values: Sequence[Any], words: Sequence[str]) -> bool:
    """Says whether one of these values names the person."""
    return any(word.casefold() in _text(value) for value in values if value for word in words)


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace").casefold()
    if isinstance(value, str):
        return value.casefold()
    return orjson.dumps(value).decode().casefold()


def _forget_channel_problems(conn: Connection, words: Sequence[str]) -> None:
    for row in conn.execute(select(ChannelStateRow.channel, ChannelStateRow.problem, ChannelStateRow.paused_why)):
        if _names((row.problem, row.paused_why), words):
            state = update(ChannelStateRow).where(ChannelStateRow.channel == row.channel)
            conn.execute(state.values(problem=None, paused_why=ELSEWHERE if row.paused_why else ""))


def _forget_unread(conn: Connection, words: Sequence[str]) -> None:
    """What could not be read is read never again where it names them: its key stays, so it does not come again."""
    rows = conn.execute(
        select(ArrivalRow.id, ArrivalRow.raw, ArrivalRow.note, ArrivalRow.reason, ArrivalRow.raw_blob).where(
            NOT_CAPTURED
        )
    ).all()
    for row in rows:
        if _names((row.raw, row.note, row.reason), words):
            blobs.release(conn, [row.raw_blob] if row.raw_blob else [])
            emptied = {"raw": None, "raw_blob": None, "note": None, "reason": "", "state": "captured"}
            conn.execute(update(ArrivalRow).where(ArrivalRow.id == row.id).values(**emptied))


def _forget_uploads(conn: Connection, person: Person) -> None:
    """A file of answers in which a row is theirs goes whole; the answers of others were taken in long ago."""
    theirs = select(UploadOutcomeRow.upload_id).where(UploadOutcomeRow.interaction_id.in_(person.interactions))
    rows = conn.execute(
        select(UploadRow.id, UploadRow.sha256, UploadRow.shape).where(UploadRow.id.in_(theirs), UploadRow.sha256 != "")
    ).all()
    for row in rows:
        blobs.release(conn, [row.sha256])
        shape = _without(row.shape, person.words)
        conn.execute(update(UploadRow).where(UploadRow.id == row.id).values(sha256="", shape=shape))


def _forget_news(conn: Connection, words: Sequence[str]) -> None:
    """News of messages that were never found here."""
    asked = select(DeliveryEventRow.id, DeliveryEventRow.detail, DeliveryEventRow.reason, DeliveryEventRow.reference)
    rows = conn.execute(asked.where(DeliveryEventRow.message_id.is_(None))).all()
    gone = [row.id for row in rows if _names(tuple(row)[1:], words)]
    conn.execute(delete(DeliveryEventRow).where(DeliveryEventRow.id.in_(gone)))


def _forget_elsewhere(conn: Connection, person: Person) -> None:
    """Mails to several people name all of them: their address leaves the entries and messages of the others."""
    for table, column in ((InteractionRow, "detail"), (MessageRow, "content")):
        for some in _pages(conn, table, column, person):
            for key, value in some:
                if _names((value,), person.words):
                    changed = {column: _without(value, person.words)}
                    conn.execute(update(table).where(table.id == key).values(changed))


def _pages(conn: Connection, table: Any, column: str, person: Person) -> Iterator[list[tuple[int, Any]]]:
    after = 0
    value = getattr(table, column)
    others = or_(table.identity_id.is_(None), table.identity_id.not_in(person.identities))
    shared = table.conversation_id.in_(person.talks)
    while True:
        rows = conn.execute(
            select(table.id, value).where(shared, others, table.id > after).order_by(table.id).limit(_A_TIME)
        ).all()
        if not rows:
            return
        yield [(row[0], row[1]) for row in rows]
        after = rows[-1][0]


def _is_them(value: Any, words: Sequence[str]) -> bool:
    """Says whether something stands for the person among others to whom a mail went."""
    return isinstance(value, dict) and "identity" in value and _names((value["identity"],), words)


def _without(value: Any, words: Sequence[str]) -> Any:
    """Returns a document whose texts name the person no more."""
    if isinstance(value, str):
        return ELSEWHERE if _names((value,), words) else value
    if isinstance(value, dict):
        return {name: _without(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, words) for one in value if not _is_them(one, words)]
    return value
