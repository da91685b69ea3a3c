"""Conditions about facts and about answers of forms and surveys: SQL over JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, exists, func, not_, select, text, type_coerce

from hub.model.segment.about_history import Answered, Scored
from hub.model.segment.about_person import Fact
from hub.store.audience import words
from hub.store.audience.scope import Scope, unless
from hub.store.ids import first_id
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow

_BANDS = {"promoter": range(9, 11), "passive": range(7, 9), "detractor": range(7)}
_SCORES = tuple(map(str, range(11)))
# Written out, not bound: SQLite uses the partial index only for the very words of its condition.
_ASKED = text("interaction.medium IN ('survey', 'form')")


def fact(row: Fact, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about a fact."""
    members = words.members(CustomerRow.facts.expression, scope.engine)
    known, today = members.value, scope.now.date()
    match row.is_:
        case "known" | "unknown":
            found: ColumnElement[bool] = known.is_not(None)
        case "equal":
            found = words.equals(known, row.value, scope.engine)
        case "not_equal":
            found = not_(words.equals(known, row.value, scope.engine))
        case "contains":
            found = words.contains(known, row.value, scope.engine)
        case "at_least" | "at_most":
            found = words.compares(known, row.value, scope.engine, at_least=row.is_ == "at_least")
        case _:
            span = timedelta(days=row.days or 0)
            first, last = (today - span, today) if row.is_ == "in_last_days" else (today, today + span)
            found = words.day(known, scope.engine).between(first.isoformat(), last.isoformat())
    matching = exists(select(1).select_from(members.table).where(members.name == row.name, found))
    return unless(row.is_ == "unknown", matching)


def scored(row: Scored, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about the newest 0 to 10 answer."""
    # Both engines know ->> with a name.
    score = type_coerce(InteractionRow.detail.expression.op("->>")("nps"), String)
    found = _surveyed(row.days, scope).where(score.in_(_SCORES))
    customer = IdentityRow.customer_id.expression
    if row.is_ in _BANDS:
        # The newest score of a customer is the one with the largest id.
        within = func.max(case((score.in_([str(each) for each in _BANDS[row.is_]]), InteractionRow.id)))
        found = found.group_by(customer).having(within == func.max(InteractionRow.id))
    return unless(row.is_ == "not_answered", scope.among(found, customer))


def answered(row: Answered, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about any answer to a question."""
    detail: Any = InteractionRow.detail.expression
    if scope.engine == "sqlite":
        each = func.json_each(detail, "$.answers").table_valued("value")
        question = type_coerce(func.json_extract(each.c.value, "$[0]"), String)
        answer = type_coerce(func.json_extract(each.c.value, "$[1]"), String)
    else:
        listed = detail.op("->")("answers")
        each = func.jsonb_array_elements(case((func.jsonb_typeof(listed) == "array", listed))).table_valued("value")
        question = type_coerce(each.c.value.op("->>")(0), String)
        answer = type_coerce(each.c.value.op("->>")(1), String)
    match row.is_:
        case "equal":
            said = words.equals(answer, row.value, scope.engine)
        case "contains":
            said = words.contains(answer, row.value, scope.engine)
        case _:
            said = words.compares(answer, row.value, scope.engine, at_least=row.is_ == "at_least")
    found = _surveyed(row.days, scope)
    return scope.among(
        found.where(exists(select(1).select_from(each).where(question == row.question, said))),
        IdentityRow.customer_id.expression,
    )


def _surveyed(days: int | None, scope: Scope) -> Select[Any]:
    # By sets the few answers are read, and whose they are is looked up: neither everything that each address said, nor
    # a range of ids, which holds every mail and call too. Hidden in a sum, a column is no choice for SQLite.
    holder, number = InteractionRow.identity_id.expression, InteractionRow.id.expression
    if not scope.each:
        holder, number = holder + 0, number + 0
    found = select(InteractionRow.id).join(IdentityRow, IdentityRow.id == holder).where(_ASKED)
    return found if days is None else found.where(number >= first_id(scope.since(days)))
