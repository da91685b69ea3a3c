"""Recipients: everything that decides who of an audience is written to and where, loaded for a page of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    Row,
    String,
    any_,
    bindparam,
    func,
    select,
    type_coerce,
)

from hub.model.outbound import Purpose
from hub.store.tables import ConsentRow, CustomerRow, IdentityRow, SuppressionRow

AnyRow = Row[*tuple[Any, ...]]
_CUSTOMER = (
    CustomerRow.id, CustomerRow.display_name, CustomerRow.language, CustomerRow.time_zone, CustomerRow.country,
    CustomerRow.birthday, CustomerRow.facts,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipients:
    """Customers by id; the open addresses of each, the best to write to first; the newest word of each address on
    promotions, and what speaks against it. Rows as they are stored, times in milliseconds: there are many of them.
    """

    customers: Mapping[int, AnyRow]
    addresses: Mapping[int, Sequence[AnyRow]]
    agreed: Mapping[int, AnyRow]
    suppressions: Mapping[str, Sequence[AnyRow]]


def recipients(conn: Connection, customers: Sequence[int], schemes: Sequence[str]) -> Recipients:
    """Returns what decides for these customers; only addresses of these schemes, in this order of preference."""
    ask = _QUESTIONS[conn.dialect.name]
    people = conn.execute(ask.customers, ask.bind(customers)).all()
    order = {scheme: number for number, scheme in enumerate(schemes)}
    held = [row for row in conn.execute(ask.addresses, ask.bind(customers)).all() if row.scheme in order]
    addresses: dict[int, list[AnyRow]] = {}
    for row in held:
        addresses.setdefault(row.customer_id, []).append(row)
    for those in addresses.values():
        if len(those) > 1:
            # Confirmed ones first, then the newest, as reminders choose.
            those.sort(key=lambda one: (one.confirmed_at is not None, one.opened_at, one.id), reverse=True)
            those.sort(key=lambda one: order[one.scheme])
    said = conn.execute(ask.said, ask.bind([row.id for row in held])).all()
    against: dict[str, list[AnyRow]] = {}
    for row in conn.execute(ask.against, ask.bind([f"{row.scheme}:{row.value}" for row in held])).all():
        against.setdefault(row.address, []).append(row)
    return Recipients({row.id: row for row in people}, addresses, {row.identity_id: row for row in said}, against)


@dataclass(frozen=True, slots=True)
class _Questions:
    """The same four questions on each engine. A page of ids is one bound value: one each would cost more to write out
    than the answer costs to read. Times stay milliseconds, since most are only compared.
    """

    engine: str
    customers: Executable
    addresses: Executable
    said: Executable
    against: Executable

    def bind(self, values: Sequence[int] | Sequence[str]) -> dict[str, Any]:
        return {"page": orjson.dumps(values).decode() if self.engine == "sqlite" else list(values)}


def _questions(engine: str) -> _Questions:
    def among(column: Any) -> Any:
        if engine == "sqlite":
            listed = func.json_each(bindparam("page", type_=String)).table_valued("value")
            return column.in_(select(listed.c.value))
        return column == any_(bindparam("page", type_=ARRAY(column.type)))

    return _Questions(
        engine=engine,
        customers=select(*_CUSTOMER).where(among(CustomerRow.__table__.c.id)),
        addresses=select(
            IdentityRow.id, IdentityRow.customer_id, IdentityRow.scheme, IdentityRow.value,
            _raw(IdentityRow.confirmed_at), _raw(IdentityRow.opened_at),
        ).where(among(IdentityRow.__table__.c.customer_id), IdentityRow.closed_at.is_(None)),
        said=select(ConsentRow.identity_id, ConsentRow.granted, _raw(ConsentRow.at), ConsentRow.source)
        .where(among(ConsentRow.__table__.c.identity_id), ConsentRow.purpose == Purpose.PROMOTIONAL.value)
        .order_by(ConsentRow.id),
        against=select(
            SuppressionRow.address, SuppressionRow.purpose, SuppressionRow.channel, SuppressionRow.reason,
            _raw(SuppressionRow.at),
        ).where(among(SuppressionRow.__table__.c.address), SuppressionRow.lifted_at.is_(None)),
    )  # fmt: skip


def _raw(column: Any) -> ColumnElement[int]:
    """Returns a time as it is stored; EPOCH + its milliseconds is the moment."""
    return type_coerce(column, BigInteger).label(column.key)


_QUESTIONS = {engine: _questions(engine) for engine in ("sqlite", "postgresql")}
