"""Rows of a survey on their way into the history: a page of them in a few statements, as values ready to be stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from hub.store.batch import insert_batch
from hub.store.question import Question, columns_of
from hub.store.tables import ArrivalRow, CustomerRow, DomainEventRow, IdentityRow, InteractionRow, TaskRow

Values = Sequence[tuple[Any, ...]]

_HOLDERS = Question(
    columns_of(
        IdentityRow.scheme, IdentityRow.value, IdentityRow.id, IdentityRow.customer_id, CustomerRow.display_name
    ),
    "identity JOIN customer ON customer.id = identity.customer_id"
    " WHERE identity.closed_at IS NULL AND identity.value {among}",
    keys="TEXT",
)
_ARRIVE = insert_batch(
    ArrivalRow, ("channel", "key", "state", "reason", "interaction_id", "content_type", "received_at")
)
INTERACTION = (
    "id", "identity_id", "channel", "medium", "direction", "kind", "trust", "external_id", "content_key", "subject",
    "text", "detail", "customer_why", "conversation_why", "received_at",
)  # fmt: skip
_APPEND = insert_batch(InteractionRow, INTERACTION)
_TELL = insert_batch(DomainEventRow, ("kind", "customer_id", "interaction_id", "data", "at"))
_ASK = insert_batch(TaskRow, ("key", "kind", "title", "customer_id", "interaction_id", "state", "created_at"))


class Holder(NamedTuple):
    """Who holds an identity now, by the numbers of both, and the customer's name."""

    identity_id: int
    customer_id: int
    name: str


def holders(conn: Connection, values: Sequence[str]) -> dict[tuple[str, str], Holder]:
    """Returns the holder of each (scheme, value) among identities of these values."""
    return {(scheme, value): Holder(*held) for scheme, value, *held in _HOLDERS(conn, sorted(set(values)))}


def arrive(conn: Connection, rows: Values) -> bool:
    """Stores (channel, key, state, reason, interaction, content_type, received_at); says whether all were new."""
    return _ARRIVE.written(conn, rows) == len(rows)


def append(conn: Connection, rows: Values) -> bool:
    """Stores interactions, their columns as INTERACTION names them; says whether all were new.

    One is not where its id or its content was taken meanwhile: the caller undoes all of it.
    """
    return _APPEND.written(conn, rows) == len(rows)


def tell(conn: Connection, events: Values, tasks: Values) -> None:
    """Emits (kind, customer, interaction, data, at), and opens (key, kind, title, customer, interaction, state, at)."""
    _TELL.written(conn, events)
    _ASK.written(conn, tasks)
