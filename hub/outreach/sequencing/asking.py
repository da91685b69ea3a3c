"""Asking: which way a branch leads, by a segment, a fact, an answer or what the customer wrote last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import NotFound
from hub.model.fold import fold
from hub.model.reminder_answers import ReminderAnswer, read_answer
from hub.model.sequence import Asks, Branch
from hub.store import audience, segments
from hub.store.tables import InteractionRow


def answer(conn: Connection, step: Branch, customer: int, context: Mapping[str, Any], now: datetime) -> bool:
    """Says whether what a branch asks is so; what nobody has said is not."""
    match step.asks:
        case Asks.SEGMENT:
            try:
                asked = segments.current(conn, step.name).segment
            except NotFound:
                return False
            return audience.belongs(conn, asked, now, customer)
        case Asks.FACT:
            condition = step.condition
            return condition is not None and audience.belongs(conn, condition, now, customer)
        case Asks.REPLY:
            row = _interaction(conn, context.get("reply"))
            return row is not None and read_answer(row.text) is ReminderAnswer.CONFIRMED
        case Asks.ANSWER:
            row = _interaction(conn, context.get("interaction"))
            return _is_so(step, _answers(row.detail or {}, step.name) if row is not None else ())
    return False


def _interaction(conn: Connection, number: Any) -> Any:
    if not number:
        return None
    asked = select(InteractionRow.text, InteractionRow.detail).where(InteractionRow.id == int(number))
    return conn.execute(asked).one_or_none()


def _answers(detail: Mapping[str, Any], question: str) -> tuple[str, ...]:
    """Returns what was answered to a question, whatever its capitals; `nps` is the score."""
    if question.lower() == "nps" and "nps" in detail:
        return (str(detail["nps"]),)
    asked = fold(question)
    return tuple(str(each[1]) for each in detail.get("answers", ()) if fold(str(each[0])) == asked)


def _is_so(step: Branch, said: tuple[str, ...]) -> bool:
    given = [each for each in said if each.strip()]
    match step.test:
        case "known":
            return bool(given)
        case "unknown":
            return not given
        case "contains":
            return any(fold(step.value) in fold(each) for each in given)
        case "at_least" | "at_most":
            limit = Decimal(step.value)
            numbers = [number for each in given if (number := _number(each)) is not None]
            return any(each >= limit if step.test == "at_least" else each <= limit for each in numbers)
    return any(fold(each).strip() == fold(step.value).strip() for each in given)


def _number(written: str) -> Decimal | None:
    try:
        found = Decimal(written.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
