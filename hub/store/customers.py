"""Customers and the identities they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hub.model.contact import Party
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.store.batch import insert_batch
from hub.store.ids import take_ids
from hub.store.question import Question, columns_of
from hub.store.tables import CustomerRow, IdentityRow, SuggestionRow, SuppressionRow
from hub.store.upsert import insert_new


@dataclass(slots=True)
class Held:
    """An identity as it is held now: its row, its customer, and whether this work has just made them."""

    identity_id: int
    customer_id: int
    new: bool = False


_OPEN = Question(
    columns_of(IdentityRow.id, IdentityRow.customer_id, IdentityRow.scheme, IdentityRow.value),
    "identity WHERE identity.closed_at IS NULL AND identity.value {among}",
    keys="TEXT",
)


# Of somebody who has just written for the first time.
_UNKNOWN: dict[str, Any] = {"relationship": "prospect", "time_zone": "", "note": "", "facts": {}}
_MAKE = insert_batch(CustomerRow, ("id", "display_name", "language", "country", "created_at", *_UNKNOWN))
_HOLD = insert_batch(IdentityRow, ("customer_id", "scheme", "value", "raw", "display_name", "opened_at"))
_WISHED = select(SuppressionRow.purpose, SuppressionRow.reason).where(
    SuppressionRow.address == bindparam("standing"), SuppressionRow.lifted_at.is_(None)
)
_NAME = (
    update(CustomerRow)
    .where(CustomerRow.id == bindparam("b_id"), CustomerRow.display_name == "")
    .values(display_name=bindparam("b_name"))
)


def find_identities(conn: Connection, identities: Iterable[Identity]) -> dict[Identity, Held]:
    """Returns who holds each of these identities now; those nobody holds are left out."""
    wanted = set(identities)
    if not wanted:
        return {}
    rows = _OPEN(conn, sorted({identity.value for identity in wanted}))
    found = {Identity(scheme, value): Held(row_id, customer) for row_id, customer, scheme, value in rows}
    return {identity: held for identity, held in found.items() if identity in wanted}


def addresses_of(conn: Connection, customer_id: int) -> set[str]:
    """Returns every identity that a customer holds now, as `scheme:value`."""
    held = select(IdentityRow.scheme, IdentityRow.value).where(
        IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None)
    )
    return {f"{row.scheme}:{row.value}" for row in conn.execute(held)}


def hold_identities(
    conn: Connection, parties: Sequence[Party], now: datetime, *, language: str = "", country: str = ""
) -> dict[Identity, Held]:
    """Returns the holder of each identity, making a customer for those that nobody holds.

    Two processes may race for one: the unique index decides, and the loser takes the winner's customer.
    """
    held = find_identities(conn, (party.identity for party in parties))
    missing = {party.identity: party for party in reversed(parties) if party.identity not in held}
    if not missing:
        return held
    # In the order of their values: two processes that meet the same two must not wait for each other.
    newcomers = sorted(missing.values(), key=lambda party: party.identity.value)
    customers = take_ids(conn, CustomerRow, len(newcomers))
    _MAKE(
        conn,
        [
            {
                **_UNKNOWN,
                "id": customer,
                "display_name": party.display_name,
                "language": language,
                "country": country,
                "created_at": now,
            }
            for customer, party in zip(customers, newcomers, strict=True)
        ],
    )
    _HOLD(
        conn,
        [
            {
                "customer_id": customer,
                "scheme": party.identity.scheme,
                "value": party.identity.value,
                "raw": "",
                "display_name": party.display_name,
                "opened_at": now,
            }
            for customer, party in zip(customers, newcomers, strict=True)
        ],
    )
    for identity, holder in find_identities(conn, missing).items():
        holder.new = holder.customer_id in customers
        held[identity] = holder
    lost = set(customers) - {holder.customer_id for holder in held.values()}
    if lost:
        conn.execute(delete(CustomerRow).where(CustomerRow.id.in_(lost)))
    return held


def add_identity(
    conn: Connection, customer_id: int, identity: Identity, now: datetime, *, confirmed: bool = False
) -> int:
    """Gives a customer one more identity; returns its row. Raises Refused when somebody else holds it."""
    holder = find_identities(conn, [identity]).get(identity)
    is_new = holder is None
    if holder is None:
        row = {
            "customer_id": customer_id,
            "scheme": identity.scheme,
            "value": identity.value,
            "opened_at": now,
            "confirmed_at": now if confirmed else None,
        }
        insert_new(conn, IdentityRow, [row])
        holder = find_identities(conn, [identity])[identity]
    if holder.customer_id != customer_id:
        raise Refused(
            f"{identity} belongs to another customer (number {holder.customer_id}).",
            field="identity",
            next_step="Merge the two customers, or take the identity away from the other one first.",
        )
    if is_new:
        _silence_as_they_wished(conn, customer_id, identity, now)
    return holder.identity_id


def standing_for(customer_id: int) -> str:
    """Returns what stands for all addresses of a customer, those to come too, where they want nothing by any."""
    return f"customer:{customer_id}"


def _silence_as_they_wished(conn: Connection, customer_id: int, identity: Identity, now: datetime) -> None:
    wished = conn.execute(_WISHED, {"standing": standing_for(customer_id)}).all()
    rows = [
        {"address": str(identity), "purpose": row.purpose, "channel": "", "reason": row.reason, "at": now}
        for row in wished
    ]
    insert_new(conn, SuppressionRow, rows)


def require(conn: Connection, customer_id: int) -> None:
    """Raises NotFound for a customer who is not there, or became part of another: nobody would see what is added."""
    row = conn.execute(select(CustomerRow.merged_into).where(CustomerRow.id == customer_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no customer {customer_id}.")
    if row.merged_into is not None:
        raise NotFound(
            f"Customer {customer_id} was merged into customer {row.merged_into}.",
            next_step=f"Go on with customer {row.merged_into}.",
        )


def close_identity(conn: Connection, customer_id: int, identity_id: int, now: datetime) -> None:
    """Ends a customer's hold on an identity; old interactions stay where they were. Raises NotFound."""
    closed = conn.execute(
        update(IdentityRow)
        .where(IdentityRow.id == identity_id, IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None))
        .values(closed_at=now)
    )
    if closed.rowcount != 1:
        raise NotFound(f"Customer {customer_id} has no identity {identity_id}.")


def create_customer(conn: Connection, fields: dict[str, Any], identities: Sequence[Identity], now: datetime) -> int:
    """Makes a customer with these identities; returns the id. Raises Refused when one of them is held already."""
    customer_id: int = conn.execute(
        insert(CustomerRow).values(created_at=now, **fields).returning(CustomerRow.id)
    ).scalar_one()
    for identity in identities:
        add_identity(conn, customer_id, identity, now)
    return customer_id


def name_unnamed(conn: Connection, names: Mapping[int, str]) -> None:
    """Gives customers without a name the one that a later contact brought."""
    if names:
        conn.execute(_NAME, [{"b_id": customer, "b_name": name} for customer, name in sorted(names.items())])


def suggest(conn: Connection, suggestions: Sequence[tuple[int, Identity, str]], now: datetime) -> None:
    """Notes identities that a customer may hold too: (customer, identity, reason); only staff decides."""
    insert_new(
        conn,
        SuggestionRow,
        [
            {
                "customer_id": customer,
                "scheme": identity.scheme,
                "value": identity.value,
                "reason": reason,
                "state": "open",
                "created_at": now,
            }
            for customer, identity, reason in suggestions
        ],
    )
