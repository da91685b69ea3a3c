"""Conditions about what happened, as SQL over purchases, appointments, interactions and messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    distinct,
    exists,
    func,
    not_,
    select,
    text,
    type_coerce,
)

from hub.model.purchase import PAID
from hub.model.segment.about_history import SPOKEN, Bought, Meets, Reached, Spoke
from hub.store.appointments import CANCELLED, TO_COME
from hub.store.audience.scope import Scope, unless
from hub.store.ids import first_id
from hub.store.tables import (
    AppointmentRow,
    CampaignRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    PurchaseLineRow,
    PurchaseRow,
    RunRow,
)

# Written out, not bound: SQLite uses a partial index only for the very words of its condition.
_FROM = {"from_them": text("interaction.direction = 'in'"), "from_us": text("interaction.direction = 'out'")}
_CAME_BACK = ("bounced", "undelivered")
_A_MILLISECOND = 1 << 20
_REPLIES_WITHIN = 14 * 86_400_000


def bought(row: Bought, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about what was bought and paid."""
    found: Select[Any] = select(PurchaseRow.id).where(PurchaseRow.state == PAID)
    if row.days is not None:
        found = found.where(PurchaseRow.bought_at >= scope.since(row.days), PurchaseRow.bought_at <= scope.now)
    if row.currency:
        found = found.where(PurchaseRow.currency == row.currency)
    count, amount = func.count(), func.sum(PurchaseRow.amount)
    if row.category or row.sku:
        found = found.join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id)
        if row.category:
            found = found.where(scope.plain(PurchaseLineRow.category.expression) == row.category)
        if row.sku:
            found = found.where(scope.plain(PurchaseLineRow.sku.expression) == row.sku)
        count, amount = func.count(distinct(PurchaseRow.id)), func.sum(PurchaseLineRow.amount)
    needed = []
    if row.times > 1:
        needed.append(count >= row.times)
    if row.amount is not None:
        needed.append(amount >= row.amount)
    customer = PurchaseRow.customer_id.expression
    if needed:
        found = found.group_by(customer).having(and_(*needed))
    elif row.days is None:
        # Each customer once: the index is in their order, and a third of the purchases makes the set.
        found = found.group_by(customer)
    return unless(row.is_ == "has_not", scope.among(found, customer))


def meets(row: Meets, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about appointments."""
    starts = AppointmentRow.starts_at
    if row.when == "upcoming":
        time = [starts > scope.now]
        if row.days is not None:
            time.append(starts <= scope.now + (scope.now - scope.since(row.days)))
        state: ColumnElement[bool] = AppointmentRow.state.in_((row.state,) if row.state else TO_COME)
    else:
        time = [starts <= scope.now]
        if row.days is not None:
            time.append(starts >= scope.since(row.days))
        state = AppointmentRow.state == row.state if row.state else AppointmentRow.state != CANCELLED
    found = select(AppointmentRow.id).where(*time, state)
    customer = AppointmentRow.customer_id.expression
    if row.times > 1:
        found = found.group_by(customer).having(func.count() >= row.times)
    return unless(row.is_ == "has_not", scope.among(found, customer))


def spoke(row: Spoke, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about what was written or said."""
    found: Select[Any] = (
        select(InteractionRow.id)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(
            _FROM[row.direction],
            InteractionRow.kind == "message",
            InteractionRow.medium == row.medium if row.medium else InteractionRow.medium.in_(SPOKEN),
        )
    )
    if row.days is not None:
        # The id says when: a range of the primary key, which needs no other index.
        found = found.where(InteractionRow.id >= first_id(scope.since(row.days)))
    customer = IdentityRow.customer_id.expression
    if row.times > 1:
        found = found.group_by(customer).having(func.count() >= row.times)
    return unless(row.is_ == "has_not", scope.among(found, customer))


def reached(row: Reached, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about what campaigns sent."""
    run = scope.plain(MessageRow.run_id.expression)
    back = MessageRow.delivery.in_(_CAME_BACK)
    found = select(MessageRow.id).where(
        scope.plain(MessageRow.state.expression) == "accepted",
        back if row.is_ == "bounced" else not_(back),
        run.is_not(None),
    )
    if row.campaign:
        runs = select(RunRow.id).join(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        found = found.where(run.in_(runs.where(CampaignRow.name == row.campaign)))
    if row.days is not None:
        found = found.where(MessageRow.sent_at >= scope.since(row.days))
    customer = MessageRow.customer_id.expression
    if row.is_ in ("replied", "not_replied"):
        replied = scope.among(found.where(_replied()), customer)
        return replied if row.is_ == "replied" else scope.among(found, customer) & not_(replied)
    return unless(row.is_ == "not_got", scope.among(found, customer))


def _replied() -> ColumnElement[bool]:
    """Says whether somebody wrote within two weeks of a message, by the address that it went to."""
    # The id of an interaction is its time in milliseconds << 20: a range of the index by identity.
    sent = type_coerce(MessageRow.sent_at, BigInteger)
    return exists().where(
        InteractionRow.identity_id == MessageRow.identity_id,
        InteractionRow.id > sent * _A_MILLISECOND,
        InteractionRow.id < (sent + _REPLIES_WITHIN) * _A_MILLISECOND,
        _FROM["from_them"],
        InteractionRow.kind == "message",
    )
