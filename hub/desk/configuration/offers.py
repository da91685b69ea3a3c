"""Offers as files: `offers/NAME.toml`, what is offered to whom; the codes stay in the hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.in_toml import InToml
from hub.desk.configuration.kind import Content
from hub.model.errors import Refused
from hub.model.offer import EMPTY, check_offer
from hub.store import offers as store

_MOST = 10_000
_NUMBERS = ("price", "percent")


@dataclass(frozen=True, slots=True)
class Offers(InToml):
    """Amounts are texts: 49.90."""

    name = "offer"
    folder = "offers"

    def checked(self, key: str, data: Mapping[str, Any]) -> Content:
        fields, tiers = _fields({**_in_languages(data), **self.titled(key, data)})
        check_offer(key, fields, tiers)
        return _content(fields, tiers)

    def stored(self, conn: Connection) -> dict[str, Content]:
        rows = store.listed(conn, limit=_MOST)
        return {row["external_id"]: _content({name: row[name] for name in EMPTY}, row["tiers"]) for row in rows}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        fields, tiers = _fields(content)
        store.upsert(conn, key, fields, now, tiers=tiers)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        return store.upsert(conn, key, {"is_open": False}, now)[1] == "changed"


def _in_languages(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the titles of an offer whose title is written in several languages."""
    title = data.get("title")
    return {"titles": dict(title)} if isinstance(title, Mapping) else {}


def _fields(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Returns an offer and what its tiers get. Raises Refused."""
    given = dict(data)
    tiers = given.pop("tiers", {})
    if not isinstance(tiers, Mapping):
        raise Refused("Tiers are names with what each gets.", field="tiers")
    fields = {**EMPTY, **given}
    for name, empty in EMPTY.items():
        value = fields[name]
        if isinstance(empty, bool | str) and not isinstance(value, type(empty)):
            raise Refused(f"{name} is {'true or false' if isinstance(empty, bool) else 'a text'}.", field=name)
    for name in ("valid_days", "tell_below"):
        if not isinstance(fields[name], int | None) or isinstance(fields[name], bool):
            raise Refused(f"{name} is a whole number.", field=name)
    fields |= {name: _number(fields[name], name) for name in _NUMBERS}
    fields["valid_until"] = _day(fields["valid_until"])
    return fields, {str(tier): _worth(worth) for tier, worth in tiers.items()}


def _worth(worth: Any) -> dict[str, Any]:
    if not isinstance(worth, Mapping) or set(worth) - set(_NUMBERS):
        raise Refused("A tier has a price or a percent.", field="tiers")
    return {name: _number(worth.get(name), name) for name in _NUMBERS}


def _number(value: Any, name: str) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Refused(f"{str(value)[:40]!r} is no number.", field=name) from None


def _day(value: Any) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Refused(f"{str(value)[:40]!r} is no date.", field="valid_until", next_step="Write 2026-12-31.") from None


def _content(fields: Mapping[str, Any], tiers: Mapping[str, Mapping[str, Any]]) -> Content:
    """Returns an offer as plain data; what says nothing is left out."""
    told = {name: _written(fields[name]) for name, empty in EMPTY.items() if fields[name] != empty or name == "title"}
    worths = {
        tier: {name: _written(value) for name, value in sorted(worth.items()) if value is not None}
        for tier, worth in sorted(tiers.items())
    }
    return {**told, "tiers": worths} if worths else told


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value
