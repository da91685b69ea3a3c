"""Merging: two customers who are one. Identities move, and move back exactly; interactions follow their identity."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from hub.model.errors import NotFound, Refused
from hub.store import audit, jobs
from hub.store.audit import Actor
from hub.store.tables import (
    AppointmentRow,
    CartRow,
    CustomerLimitRow,
    CustomerRow,
    EquipmentRow,
    IdentityRow,
    MergeRow,
    MessageRow,
    OfferCodeRow,
    PersonRequestRow,
    PurchaseRow,
    TaskRow,
    WaitingPlaceRow,
)

_MOVING: dict[str, Any] = {
    "identities": IdentityRow,
    "appointments": AppointmentRow,
    "tasks": TaskRow,
    "purchases": PurchaseRow,
    "carts": CartRow,
    "equipment": EquipmentRow,
    "waiting_places": WaitingPlaceRow,
    "requests": PersonRequestRow,
}
# With whom equipment of somebody else stands.
_SITES = "sites"
# Codes of offers that the kept one has none of: nobody has two of one.
_CODES = "offer_codes"
# What must not be done with the other, where it does not hold of the kept one anyway.
_LIMITS = "limits"

# What is known of the other and not of the kept one is taken over, and given back when they are parted.
_FILLED = ("display_name", "language", "time_zone", "country")


def merge(conn: Connection, kept: int, other: int, by: Actor) -> int:
    """Makes `other` a part of `kept`; returns the merge, by which it can be undone. Raises NotFound and Refused."""
    if kept == other:
        raise Refused("These are one customer already.", field="other", next_step="Choose another customer.")
    rows = {
        row.id: row
        for row in conn.execute(
            # Locked in one order: two who merge the same pair at once wait for each other.
            select(CustomerRow.id, CustomerRow.merged_into, *(getattr(CustomerRow, name) for name in _FILLED))
            .where(CustomerRow.id.in_((kept, other)))
            .order_by(CustomerRow.id)
            .with_for_update()
        )
    }
    for customer in (kept, other):
        if customer not in rows:
            raise NotFound(f"There is no customer {customer}.")
        if rows[customer].merged_into is not None:
            raise Refused(
                f"Customer {customer} was merged already.",
                next_step=f"Go on with customer {rows[customer].merged_into}.",
            )
    moved: dict[str, Any] = {name: list(_ids(conn, table, other)) for name, table in _MOVING.items()}
    moved[_CODES] = _codes(conn, kept, other)
    moved[_LIMITS] = _limits(conn, kept, other)
    moved[_SITES] = list(conn.scalars(select(EquipmentRow.id).where(EquipmentRow.site_id == other)))
    _move(conn, moved, kept)
    mine, theirs = rows[kept]._mapping, rows[other]._mapping
    filled = {name: theirs[name] for name in _FILLED if theirs[name] and not mine[name]}
    if filled:
        conn.execute(update(CustomerRow).where(CustomerRow.id == kept).values(**filled))
    moved["filled"] = filled
    conn.execute(update(CustomerRow).where(CustomerRow.id == other).values(merged_into=kept))
    row = {"customer_id": other, "into_id": kept, "moved": moved, "staff_id": by.staff_id, "at": by.at}
    number: int = conn.execute(
        MergeRow.__table__.insert().returning(MergeRow.id),
        row,
    ).scalar_one()
    _tell(conn, "customer.merged", kept, other, by)
    return number


def unmerge(conn: Connection, other: int, by: Actor) -> int:
    """Makes a merged customer their own again; returns whom they were part of. Raises NotFound and Refused.

    What came since by their identities goes with them; what was closed or given away meanwhile stays.
    """
    row = conn.execute(
        select(MergeRow.id, MergeRow.into_id, MergeRow.moved)
        .where(MergeRow.customer_id == other, MergeRow.undone_at.is_(None))
        .order_by(MergeRow.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(f"Customer {other} was not merged.")
    into = conn.execute(select(CustomerRow.merged_into).where(CustomerRow.id == row.into_id)).one()
    if into.merged_into is not None:
        raise Refused(
            "They were merged once more since.",
            next_step=f"First take customer {row.into_id} out of {into.merged_into}.",
        )
    _move(conn, row.moved, other, only_from=row.into_id)
    for name, value in row.moved.get("filled", {}).items():
        field = getattr(CustomerRow, name)
        conn.execute(update(CustomerRow).where(CustomerRow.id == row.into_id, field == value).values({name: ""}))
    conn.execute(update(CustomerRow).where(CustomerRow.id == other).values(merged_into=None))
    conn.execute(update(MergeRow).where(MergeRow.id == row.id).values(undone_at=by.at))
    _tell(conn, "customer.unmerged", row.into_id, other, by)
    return int(row.into_id)


def _ids(conn: Connection, table: Any, customer: int) -> Any:
    return conn.scalars(select(table.id).where(table.customer_id == customer).order_by(table.id))


def _codes(conn: Connection, kept: int, other: int) -> list[int]:
    theirs = select(OfferCodeRow.offer_id).where(OfferCodeRow.customer_id == kept)
    return list(
        conn.scalars(
            select(OfferCodeRow.id).where(OfferCodeRow.customer_id == other, OfferCodeRow.offer_id.not_in(theirs))
        )
    )


def _limits(conn: Connection, kept: int, other: int) -> list[int]:
    held = CustomerLimitRow.lifted_at.is_(None)
    mine = select(CustomerLimitRow.kind).where(CustomerLimitRow.customer_id == kept, held)
    theirs = (CustomerLimitRow.customer_id == other) & held & CustomerLimitRow.kind.not_in(mine)
    return list(conn.scalars(select(CustomerLimitRow.id).where(theirs)))


def _move(conn: Connection, moved: dict[str, Any], to: int, *, only_from: int | None = None) -> None:
    for name, table in {**_MOVING, _CODES: OfferCodeRow, _LIMITS: CustomerLimitRow}.items():
        chosen = update(table).where(table.id.in_(moved.get(name, [])))
        if only_from is not None:
            chosen = chosen.where(table.customer_id == only_from)
        conn.execute(chosen.values(customer_id=to))
    standing = update(EquipmentRow).where(EquipmentRow.id.in_(moved.get(_SITES, [])))
    if only_from is not None:
        standing = standing.where(EquipmentRow.site_id == only_from)
    conn.execute(standing.values(site_id=to))
    conn.execute(
        update(MessageRow).where(MessageRow.identity_id.in_(moved.get("identities", []))).values(customer_id=to)
    )


def _tell(conn: Connection, kind: str, kept: int, other: int, by: Actor) -> None:
    jobs.emit(
        conn, [{"kind": kind, "customer_id": kept, "interaction_id": None, "data": {"other": other}, "at": by.at}]
    )
    audit.note(conn, by, kind, f"customer/{kept}", {"other": other})
