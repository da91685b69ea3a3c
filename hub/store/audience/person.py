"""Conditions about who a customer is, as SQL over their row, their addresses and the evidence of consent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, extract, false, func, or_, select, true

from hub.model.segment.about_person import Address, Agreed, Birthday, Country, Created, Field, Language
from hub.store import agreed as newest_words
from hub.store.audience.scope import Scope, unless
from hub.store.tables import CustomerRow, IdentityRow, SuppressionRow
from hub.store.tables.base import aliased

_FEBRUARY_28, _FEBRUARY_29 = 228, 229


def field(row: Field) -> ColumnElement[bool]:
    """Returns the condition about a field of the customer."""
    column: ColumnElement[str] = getattr(CustomerRow, row.about).expression
    if row.is_ in ("known", "unknown"):
        return column != "" if row.is_ == "known" else column == ""
    if isinstance(row, Language):
        # Capitals say nothing (RFC 5646), and only on SQLite LIKE overlooks them. They hold letters, digits and hyphens
        # only: nothing to escape.
        column, languages = func.lower(column), [language.lower() for language in row.value]
        matching = or_(column.in_(languages), *(column.like(f"{language}-%") for language in languages))
    elif isinstance(row, Country):
        matching = func.upper(column).in_(row.value)
    else:
        matching = column.in_(row.value)
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
    word = newest_words.COLUMNS[row.purpose]
    match row.is_:
        case "never_asked":
            held = held.where(word.is_(None))
        case "withdrawn":
            held = held.where(word == false())
        case _:
            held = held.where(word == true())
    if row.is_ == "may_write":
        held = held.where(IdentityRow.confirmed_at.is_not(None), IdentityRow.id.not_in(_silenced(row)))
    return scope.among(held, IdentityRow.customer_id.expression)


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
