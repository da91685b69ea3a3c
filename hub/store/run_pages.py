"""Pages of a run's audience: who is written to and who is not, stored with how far it came, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, update

from hub.model.campaign import RunState
from hub.model.outbound import Origin, Purpose, State
from hub.store.batch import Batch, typed
from hub.store.offers import ABOUT as OFFER
from hub.store.question import Question, columns_of
from hub.store.tables import MessageRow, RunRow, RunSkipRow, milliseconds
from hub.store.upsert import insert_new

# Asked only where a key was taken: a row that is returned for each message costs as much as writing it, since Python's
# driver gives the interpreter to the thread that reads the next page with each.
_HOLDERS = Question(
    columns_of(MessageRow.dedupe_key, MessageRow.customer_id), "message WHERE message.dedupe_key {among}", keys="TEXT"
)


NOTHING_KEPT = "{}"


class Planned(NamedTuple):
    """A message to be written: what differs from the others of its run. Times are milliseconds since 1970, `content`
    is JSON.
    """

    dedupe_key: str
    channel: str
    customer_id: int
    identity_id: int
    template_id: int | None
    rfc_message_id: str
    due_at: int
    expires_at: int
    content: str = NOTHING_KEPT
    offer_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`skips`: (customer, reason, what was seen); `cursor`: the last customer of the page.

    `time_zone`: the business's, on whose clock the codes of an offer end.
    """

    cursor: int
    at: datetime
    time_zone: str = "UTC"
    planned: Sequence[Planned]
    skips: Sequence[tuple[int, str, Mapping[str, Any]]]


def add(
    conn: Connection,
    run: Mapping[str, Any],
    page: Page,
    settle: Callable[[Connection, Mapping[str, Any], Page], Page] | None = None,
) -> bool:
    """Stores a page; returns False, and stores nothing, when the run was stopped or another process was faster.

    `settle`: what is to be done in the same transaction and may turn messages into skips.
    A message whose key is taken becomes a skip: its address is another customer's in this run.
    """
    moved = conn.execute(
        update(RunRow)
        .where(RunRow.id == run["id"], RunRow.cursor == run["cursor"], RunRow.state == RunState.PLANNING.value)
        .values(cursor=page.cursor, audience=RunRow.audience + len(page.planned) + len(page.skips))
    )
    if moved.rowcount != 1:
        return False
    if settle is not None:
        page = settle(conn, run, page)
    written = _write(conn, run, page)
    skips = [*page.skips, *[_shared(one) for one in page.planned if one.customer_id not in written]]
    rows = [
        {"run_id": run["id"], "customer_id": customer, "reason": reason, "seen": seen, "at": page.at}
        for customer, reason, seen in skips
    ]
    insert_new(conn, RunSkipRow, rows)
    return True


def _write(conn: Connection, run: Mapping[str, Any], page: Page) -> set[int]:
    """Adds the messages whose key is free; returns whose they are."""
    same = (run["id"], run["definition"]["template"], milliseconds(page.at))
    if _ADDED.written(conn, [(*one, *same) for one in page.planned]) == len(page.planned):
        return {one.customer_id for one in page.planned}
    holders = {row[0]: row[1] for row in _HOLDERS(conn, [one.dedupe_key for one in page.planned])}
    return {one.customer_id for one in page.planned if holders[one.dedupe_key] == one.customer_id}


def _shared(one: Planned) -> tuple[int, str, Mapping[str, Any]]:
    return one.customer_id, "shared_address", {"address": one.dedupe_key.rpartition(":")[2], "channel": one.channel}


def _insert() -> Batch:
    """Returns the statement for a page of messages: what differs is given, the rest is as the table begins with."""
    code = "offer_code"
    given = typed(MessageRow, [name for name in (*Planned._fields, *_SAME) if name != code])
    fixed = {
        **{column.name: "''" for column in MessageRow.__table__.c if _begins_empty(column)},
        **{"attempt": "0", "parts": "0"},
        **{"origin": f"'{Origin.RUN.value}'", "purpose": f"'{Purpose.PROMOTIONAL.value}'"},
        **{"state": f"'{State.READY.value}'", "about_id": code},
        **{"about_revision": f"CASE WHEN {code} IS NOT NULL THEN 1 END"},
        **{"about": f"CASE WHEN {code} IS NOT NULL THEN '{OFFER}' ELSE '' END"},
    }
    columns = {name: given.get(name, BigInteger()) for name in (*Planned._fields, *_SAME)}
    values = {**fixed, **{name: name for name in given}}
    return Batch(
        columns,
        f"INSERT INTO message ({', '.join(values)}) WITH planned ({', '.join(columns)}) AS ({{rows}})"  # noqa: S608
        f" SELECT {', '.join(values.values())} FROM planned WHERE true ON CONFLICT DO NOTHING",
    )


def _begins_empty(column: Any) -> bool:
    return column.default is not None and column.default.is_scalar and column.default.arg == ""


# What all messages of a page have in common.
_SAME = ("run_id", "template", "planned_at")
_ADDED = _insert()
