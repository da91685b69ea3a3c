"""Texts, numbers and days within JSON, compared alike on both engines; nothing that is stored can break a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Float,
    String,
    TableValuedAlias,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    type_coerce,
)

from hub.model.segment.about_person import is_day
from hub.model.segment.parts import is_plain_number

Text = ColumnElement[str]


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a JSON object as rows: their names, and their values as text, null for lists and objects.

    As rows, since a text that is asked several times would be taken out of the JSON as often.
    """

    table: TableValuedAlias
    name: Text
    value: Text


def members(document: ColumnElement[Any], engine: str) -> Members:
    """Returns the members of a JSON object; strings as they are, numbers, true and false as JSON writes them."""
    if engine == "sqlite":
        each = func.json_each(document).table_valued("key", "value", "type")
        kind: ColumnElement[Any] = each.c.type
        text = case((kind.in_(("true", "false")), kind), (kind.in_(("text", "integer", "real")), each.c.value))
        return Members(each, type_coerce(each.c.key, String), cast(text, String))
    each = func.jsonb_each(document).table_valued("key", "value")
    kind = func.jsonb_typeof(type_coerce(each.c.value, JSON))
    written = each.c.value.op("#>>")(literal_column("'{}'"))
    text = case((kind.in_(("string", "number", "boolean")), type_coerce(written, String)))
    return Members(each, type_coerce(each.c.key, String), text)


def equals(text: Text, value: str, engine: str) -> ColumnElement[bool]:
    """Says whether a text is this one, in any of the usual capitals; where both are numbers, the same number."""
    same = text.in_(spellings(value))
    if not is_plain_number(value):
        return same
    # False, not null, for a text that is no number: its opposite is to be true.
    return or_(same, func.coalesce(number(text, engine) == float(value), false()))


def contains(text: Text, value: str, engine: str) -> ColumnElement[bool]:
    """Says whether a text contains this one, in any of the usual capitals."""
    # Neither LIKE nor lower(): which letters they take for the same differs between the engines.
    found = func.instr if engine == "sqlite" else func.strpos
    return or_(*(found(text, spelling) > 0 for spelling in spellings(value)))


def compares(text: Text, value: str, engine: str, *, at_least: bool) -> ColumnElement[bool]:
    """Says whether a text is a number or a day that is at least, or at most, this one; any other text is neither."""
    if is_day(value):
        known: ColumnElement[Any] = day(text, engine)
        limit: ColumnElement[Any] = literal(value, String)
    else:
        known, limit = number(text, engine), literal(float(value), Float)
    return known >= limit if at_least else known <= limit


def number(text: Text, engine: str) -> ColumnElement[float]:
    """Returns the number that a text writes plainly (-1.5), null for any other text."""
    if engine == "sqlite":
        plain = and_(
            text.bool_op("GLOB")("*[0-9]*"),
            ~text.bool_op("GLOB")("*[^0-9.-]*"),
            ~text.bool_op("GLOB")("?*-*"),
            ~text.bool_op("GLOB")("*.*.*"),
            func.length(text) < 100,
        )
        return case((plain, cast(text, Float)))
    plain = and_(text.bool_op("~")(r"^-?[0-9]*[.]?[0-9]*$"), text.bool_op("~")("[0-9]"), func.length(text) < 100)
    return case((plain, cast(text, Float)))


def day(text: Text, engine: str) -> Text:
    """Returns the day with which a text begins (2026-01-31), null for any other text."""
    if engine == "sqlite":
        dated = text.bool_op("GLOB")("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*")
    else:
        dated = text.bool_op("~")("^[0-9]{4}-[0-9]{2}-[0-9]{2}")
    return case((dated, func.substr(text, 1, 10)))


def spellings(value: str) -> tuple[str, ...]:
    """Returns a text as it is, in small letters, in capitals, and with capitals at the beginning."""
    written = (value, value.lower(), value.upper(), value.capitalize(), value.title())
    return tuple(dict.fromkeys(written))
