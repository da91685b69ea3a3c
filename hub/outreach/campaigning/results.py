"""Results of a run: who got it, who did not and why, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, func, literal, select, type_coerce

from hub.model.event import DeliveryStatus
from hub.model.outbound import Purpose, State
from hub.model.purchase import PAID
from hub.outreach.campaigning import clicked
from hub.outreach.campaigning.clicked import Clicks
from hub.outreach.reasons import in_general, in_words
from hub.store import outbox, runs
from hub.store.tables import (
    ConsentRow,
    ConversationRow,
    CustomerRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    PurchaseRow,
)

SKIPPED = "skipped"
DAYS = 14
# Who complains has it.
_DELIVERED = (DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.COMPLAINED)
_UNDELIVERED = (DeliveryStatus.UNDELIVERED, DeliveryStatus.BOUNCED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """How many stand in a state for a reason; `words`: the same as a sentence."""

    state: str
    reason: str
    words: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What came of a run so far. `audience` = the sum of `reasons`; `channels`: how many were handed over by which.

    `replies`, `opt_outs`, `buyers` and the people of `clicks` (None where nobody counts) count within `days` of their
    message; `amounts`: what they paid in each currency. Nobody says that they bought because of it.
    """

    run: Mapping[str, Any]
    audience: int
    states: Mapping[str, int]
    reasons: Sequence[ReasonLine]
    accepted: int
    delivered: int
    undelivered: int
    days: int
    replies: int
    clicks: Clicks | None
    opt_outs: int
    buyers: int
    purchases: int
    amounts: Mapping[str, Decimal]
    channels: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Returns the results for machines; amounts as text, exactly."""
        return {**asdict(self), "amounts": {currency: str(amount) for currency, amount in self.amounts.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of a run's audience and what became of it; `state` is `skipped` where no message was written."""

    customer: int
    name: str
    to: str
    state: str
    reason: str
    words: str
    message: int | None


def results(conn: Connection, run_id: int, *, days: int = DAYS) -> Results:
    """Returns what came of a run so far. Raises NotFound."""
    run = runs.by_id(conn, run_id)
    lines = [
        ReasonLine(state=state, reason=reason, words=in_general(state, reason), count=count)
        for state, reason, count in runs.reasons(conn, run_id)
    ]
    states: dict[str, int] = {}
    for line in lines:
        states[line.state] = states.get(line.state, 0) + line.count
    told = _deliveries(conn, run_id)
    bought = conn.execute(_purchases(run_id, days)).all()
    buyers = conn.scalar(select(func.count()).select_from(_buyers(run_id, days).subquery())) or 0
    return Results(
        run=run,
        audience=run["audience"],
        states=states,
        reasons=lines,
        accepted=states.get(State.ACCEPTED, 0),
        delivered=sum(told.get(status, 0) for status in _DELIVERED),
        undelivered=sum(told.get(status, 0) for status in _UNDELIVERED),
        days=days,
        replies=conn.scalar(_replies(run_id, days)) or 0,
        clicks=clicked.of_run(conn, run, days, states.get(State.ACCEPTED, 0)),
        opt_outs=conn.scalar(_opt_outs(run_id, days)) or 0,
        buyers=buyers,
        purchases=sum(row.many for row in bought),
        amounts={row.currency: row.amount for row in bought},
        channels=_channels(conn, run_id),
    )


def people(
    conn: Connection, run_id: int, *, state: str = "", reason: str = "", after: int = 0, limit: int = 50
) -> list[Person]:
    """Returns who of a run's audience stands where, by ascending customer after `after`. Raises NotFound."""
    runs.by_id(conn, run_id)
    found: list[Person] = []
    if state != SKIPPED:
        found += _written_to(conn, run_id, state, reason, after, limit)
    if state in ("", SKIPPED):
        found += [
            Person(
                customer=row["customer_id"],
                name=row["display_name"],
                to="",
                state=SKIPPED,
                reason=row["reason"],
                words=in_words("", row["reason"], row["seen"]),
                message=None,
            )
            for row in runs.skips(conn, run_id, reason=reason, after=after, limit=limit)
        ]
    return sorted(found, key=lambda person: person.customer)[:limit]


def _written_to(conn: Connection, run_id: int, state: str, reason: str, after: int, limit: int) -> list[Person]:
    statement = (
        select(
            MessageRow.id, MessageRow.customer_id, MessageRow.state, MessageRow.reason, CustomerRow.display_name,
            IdentityRow.scheme, IdentityRow.value,
        )
        .join(CustomerRow, CustomerRow.id == MessageRow.customer_id)
        .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
        .where(MessageRow.run_id == run_id, MessageRow.customer_id > after)
        .order_by(MessageRow.customer_id)
        .limit(limit)
    )  # fmt: skip
    if state:
        statement = statement.where(MessageRow.state == state)
    if reason:
        statement = statement.where(MessageRow.reason == reason)
    rows = conn.execute(statement).all()
    last = outbox.last_steps(conn, [row.id for row in rows])
    return [
        Person(
            customer=row.customer_id,
            name=row.display_name,
            to=f"{row.scheme}:{row.value}",
            state=row.state,
            reason=row.reason,
            words=in_words(row.state, row.reason, (last.get(row.id) or {}).get("seen")),
            message=row.id,
        )
        for row in rows
    ]


def _channels(conn: Connection, run_id: int) -> dict[str, int]:
    rows = conn.execute(
        select(MessageRow.channel, func.count())
        .where(MessageRow.run_id == run_id, MessageRow.state == State.ACCEPTED.value)
        .group_by(MessageRow.channel)
        .order_by(MessageRow.channel)
    )
    return {row[0]: row[1] for row in rows}


def _deliveries(conn: Connection, run_id: int) -> dict[str, int]:
    rows = conn.execute(
        select(MessageRow.delivery, func.count())
        .where(MessageRow.run_id == run_id, MessageRow.delivery != "")
        .group_by(MessageRow.delivery)
    )
    return {row[0]: row[1] for row in rows}


def _within(moment: Any, days: int) -> ColumnElement[bool]:
    """Says that something was after the message and within so many days of it (times are stored as milliseconds)."""
    sent, at = type_coerce(MessageRow.sent_at, BigInteger), type_coerce(moment, BigInteger)
    span = literal(int(timedelta(days=days).total_seconds() * 1000), BigInteger)
    return (at > sent) & (at <= sent + span)


def _replies(run_id: int, days: int) -> Select[Any]:
    return (
        select(func.count(MessageRow.id.distinct()))
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .join(InteractionRow, InteractionRow.conversation_id == ConversationRow.id)
        .where(
            MessageRow.run_id == run_id,
            InteractionRow.direction == "in",
            InteractionRow.kind == "message",
            _within(InteractionRow.received_at, days),
        )
    )


def _opt_outs(run_id: int, days: int) -> Select[Any]:
    return (
        select(func.count(MessageRow.id.distinct()))
        .join(ConsentRow, ConsentRow.identity_id == MessageRow.identity_id)
        .where(
            MessageRow.run_id == run_id,
            ConsentRow.purpose == Purpose.PROMOTIONAL.value,
            ConsentRow.granted.is_(False),
            _within(ConsentRow.at, days),
        )
    )


def _buyers(run_id: int, days: int) -> Select[Any]:
    return (
        select(MessageRow.customer_id)
        .distinct()
        .join(PurchaseRow, PurchaseRow.customer_id == MessageRow.customer_id)
        .where(MessageRow.run_id == run_id, PurchaseRow.state == PAID, _within(PurchaseRow.bought_at, days))
    )


def _purchases(run_id: int, days: int) -> Select[*tuple[Any, ...]]:
    return (
        select(PurchaseRow.currency, func.count().label("many"), func.sum(PurchaseRow.amount).label("amount"))
        .select_from(MessageRow)
        .join(PurchaseRow, PurchaseRow.customer_id == MessageRow.customer_id)
        .where(MessageRow.run_id == run_id, PurchaseRow.state == PAID, _within(PurchaseRow.bought_at, days))
        .group_by(PurchaseRow.currency)
        .order_by(PurchaseRow.currency)
    )
