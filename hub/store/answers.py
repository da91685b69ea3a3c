"""Answers kept for calls that may be repeated: the same Idempotency-Key gets the same answer, and one effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.model.errors import Refused
from hub.store.tables import AnswerRow

KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a call: who calls, under which key, and the digest of what is asked."""

    owner: str
    key: str
    request: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered; `repeated`: earlier, and nothing was done this time."""

    status: int
    body: bytes
    repeated: bool = False


def once(conn: Connection, attempt: Attempt, act: Callable[[Connection], tuple[int, bytes]]) -> Answer:
    """Acts and keeps the answer in the same transaction, or returns what an earlier attempt was answered.

    Of two attempts at once the second waits for the first. An act that fails keeps nothing, so it can be tried again
    under its key. Raises Refused when the key was used for another call.
    """
    conn.execute(delete(AnswerRow).where(AnswerRow.at < attempt.at - KEPT))
    known = (AnswerRow.owner == attempt.owner, AnswerRow.key == attempt.key)
    if not _claimed(conn, attempt):
        row = conn.execute(select(AnswerRow.request, AnswerRow.status, AnswerRow.body).where(*known)).one()
        if row.request != attempt.request:
            raise Refused(
                "This Idempotency-Key was used for another call.",
                field="Idempotency-Key",
                next_step="Make a new key for each new call; repeat one only with the very same call.",
            )
        return Answer(row.status, row.body, repeated=True)
    status, body = act(conn)
    conn.execute(update(AnswerRow).where(*known).values(status=status, body=body))
    return Answer(status, body)


def _claimed(conn: Connection, attempt: Attempt) -> bool:
    insert: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    row = {"owner": attempt.owner, "key": attempt.key, "request": attempt.request, "at": attempt.at}
    claim = insert(AnswerRow).values(**row, status=0, body=b"").on_conflict_do_nothing().returning(AnswerRow.key)
    return conn.execute(claim).first() is not None
