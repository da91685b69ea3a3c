"""Conditions about who a customer is, as SQL over their row, their addresses and the evidence of consent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, extract, false, func, or_, select, true

from hub.model.segment.about_person import Address, Agreed, Birthday, Country, Created, Field, Language
from hub.store.audience.scope import Scope, unless
from hub.store.tables import ConsentRow, CustomerRow, IdentityRow, SuppressionRow
from hub.store.tables.base import aliased

_FEBRUARY_28, _FEBRUARY_29 = 228, 229


def field(row: Field) -> ColumnElement[bool]:
    """Returns the condition about a field of the customer."""
    column: ColumnElement[str] = getattr(CustomerRow, row.about).expression
    if row.is_ in ("known", "unknown"):
        return column != "" if row.is_ == "known" else column == ""
    matching: ColumnElement[bool] = column.in_(row.value)
    if isinstance(row, Language):
        # Patterns hold letters, digits and hyphens only: nothing to escape.
        matching = or_(matching, *(column.like(f"{language}-%") for language in row.value))
    if isinstance(row, Country):
        matching = func.upper(column).in_(row.value)
    return unless(row.is_ == "none_of", matching)


def birthday(row: Birthday, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about the birthday."""
    column = CustomerRow.birthday
    match row.is_:
        case "known":
            return column.is_not(None)
        case "unknown":
            return column.is_(None)
        case "in_month":
            return and_(column.is_not(None), extract("month", column) == row.month)
        case _:
            return and_(column.is_not(None), _within(scope.now.date(), row.days or 0))


def _within(first: date, days: int) -> ColumnElement[bool]:
    """Returns who has their birthday from a day on, in so many days; 29 February counts as the 28th where it is not."""
    if days >= 365:
        return true()
    last = first + timedelta(days=days)
    day = extract("month", CustomerRow.birthday) * 100 + extract("day", CustomerRow.birthday)
    start, end = first.month * 100 + first.day, last.month * 100 + last.day
    if end == _FEBRUARY_28 and not _leap(last.year):
        end = _FEBRUARY_29
    if first.year == last.year:
        return day.between(start, end)
    return or_(day >= start, day <= end)


def _leap(year: int) -> bool:
    return (year % 4 == 0 and year % 100 != 0) or year % 400 == 0


def created(row: Created, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about since when the customer is known."""
    since = scope.since(row.days)
    return CustomerRow.created_at >= since if row.is_ == "within" else CustomerRow.created_at < since


def address(row: Address, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about addresses held now."""
    held = select(IdentityRow.id).where(IdentityRow.scheme == row.scheme, IdentityRow.closed_at.is_(None))
    if row.confirmed:
        held = held.where(IdentityRow.confirmed_at.is_not(None))
    return unless(row.is_ == "has_not", scope.among(held, IdentityRow.customer_id.expression))


def agreed(row: Agreed, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about consent, by the newest word of each address held now."""
    held = select(IdentityRow.id).where(IdentityRow.scheme == row.scheme, IdentityRow.closed_at.is_(None))
    said = _said_by_sets if scope.engine == "postgresql" and not scope.each else _said_by_each
    match row.is_:
        case "never_asked":
            held = held.where(said(row, None))
        case "withdrawn":
            held = held.where(said(row, False))
        case _:
            held = held.where(said(row, True))
    if row.is_ == "may_write":
        held = held.where(IdentityRow.confirmed_at.is_not(None), IdentityRow.id.not_in(_silenced(row)))
    return scope.among(held, IdentityRow.customer_id.expression)


def _said_by_each(row: Agreed, word: bool | None) -> ColumnElement[bool]:
    """Returns the condition that an address's newest word is this one, None for none, looked up for each address."""
    newest = (
        select(ConsentRow.granted)
        .where(ConsentRow.identity_id == IdentityRow.id, ConsentRow.purpose == row.purpose)
        .order_by(ConsentRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return newest.is_(None) if word is None else newest == (true() if word else false())


def _said_by_sets(row: Agreed, word: bool | None) -> ColumnElement[bool]:
    """Returns the same from one pass over all evidence: PostgreSQL takes longer to look each up."""
    told = select(ConsentRow.identity_id).where(ConsentRow.purpose == row.purpose)
    if word is None:
        return IdentityRow.id.not_in(told)
    # The newest has the largest id; its word is the last bit.
    newest = func.max(ConsentRow.id * 2 + cast(ConsentRow.granted, Integer))
    return IdentityRow.id.in_(told.group_by(ConsentRow.identity_id).having(newest % 2 != int(not word)))


def _silenced(row: Agreed) -> Select[Any]:
    """Returns the addresses that must not be written to, found from the few that there are."""
    silenced = aliased(IdentityRow)
    prefix = f"{row.scheme}:"
    return (
        select(silenced.id)
        .join(SuppressionRow, silenced.value == func.substr(SuppressionRow.address, len(prefix) + 1))
        .where(
            silenced.scheme == row.scheme,
            silenced.closed_at.is_(None),
            func.substr(SuppressionRow.address, 1, len(prefix)) == prefix,
            SuppressionRow.lifted_at.is_(None),
            SuppressionRow.purpose.in_(("", row.purpose)),
        )
    )
