"""The card of a customer: what stands beside their timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from hub.insight.messages import Planned, planned, withheld
from hub.insight.purchases import Bought, bought
from hub.insight.tasks import TaskLine, open_tasks_of
from hub.model.errors import NotFound
from hub.model.identity import Identity
from hub.store import consents, equipment, reminders, rests, veil
from hub.store.customers import find_identities
from hub.store.tables import AppointmentRow, CustomerRow, IdentityRow, SuggestionRow

_RECENT = timedelta(days=30)
_A_DAY = timedelta(days=1)
_MOST = 10
_OWN = (
    "id", "display_name", "relationship", "language", "time_zone", "country", "birthday", "note", "created_at",
    "merged_into", "facts",
)  # fmt: skip
_CUSTOMER = select(*[CustomerRow.__table__.c[name] for name in _OWN]).where(CustomerRow.id == bindparam("customer"))
_MERGED = (
    select(CustomerRow.id, CustomerRow.display_name)
    .where(CustomerRow.merged_into == bindparam("customer"))
    .order_by(CustomerRow.id)
)
_IDENTITIES = (
    select(
        IdentityRow.id,
        IdentityRow.scheme,
        IdentityRow.value,
        IdentityRow.display_name,
        IdentityRow.confirmed_at,
        IdentityRow.opened_at,
        IdentityRow.closed_at,
    )
    .where(IdentityRow.customer_id == bindparam("customer"))
    .order_by(IdentityRow.closed_at.is_not(None), IdentityRow.id)
)
_SUGGESTIONS = (
    select(SuggestionRow.id, SuggestionRow.scheme, SuggestionRow.value, SuggestionRow.reason)
    .where(SuggestionRow.customer_id == bindparam("customer"), SuggestionRow.state == "open")
    .order_by(SuggestionRow.id)
    .limit(_MOST)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The consent in force for one purpose, with its evidence; `basis`: hub.model.bases."""

    purpose: str
    granted: bool
    basis: str
    wording: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Why an address must not be written to: `reason` stop, bounce, complaint, withdrawn, unsure, ...

    `purpose` empty = for anything, `channel` empty = from any sender.
    """

    id: int
    reason: str
    purpose: str
    channel: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldIdentity:
    """An identity of a customer with what its holder agreed to and what was forbidden.

    `rests_until`: its holder asked for no offers until then.
    """

    id: int
    scheme: str
    value: str
    display_name: str
    confirmed_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    consents: tuple[Consent, ...] = ()
    silences: tuple[Silence, ...] = ()
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An identity that this customer may hold too; `holder_id` is who holds it now, where somebody does."""

    id: int
    identity: Identity
    reason: str
    holder_id: int | None
    holder_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A reminder that was never planned, and the values by which that was decided."""

    rule: str
    channel: str
    reason: str
    seen: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentLine:
    id: int
    customer_id: int
    customer_name: str
    title: str
    starts_at: datetime
    ends_at: datetime | None
    time_zone: str
    location: str
    state: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCard:
    """All that stands beside a timeline. `merged` are customers who turned out to be this one."""

    id: int
    display_name: str
    relationship: str
    language: str
    time_zone: str
    country: str
    birthday: date | None
    note: str
    created_at: datetime
    merged_into: int | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    identities: tuple[HeldIdentity, ...] = ()
    upcoming: tuple[Planned, ...] = ()
    withheld: tuple[Planned, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    appointments: tuple[AppointmentLine, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    merged: tuple[tuple[int, str], ...] = ()
    bought: Bought | None = None
    equipment: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The name, else the first address they hold, else empty."""
        return self.display_name or next((held.value for held in self.identities if held.closed_at is None), "")


def customer_card(conn: Connection, customer_id: int, now: datetime) -> CustomerCard:
    """Returns the card of a customer; of one merged into another, that one's. Raises NotFound."""
    row = conn.execute(_CUSTOMER, {"customer": customer_id}).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no customer {customer_id}.")
    identities = _identities(conn, customer_id, now)
    ids = [identity.id for identity in identities]
    return CustomerCard(
        **{**row, "facts": veil.facts_shown(conn, customer_id, row["facts"])},
        identities=identities,
        upcoming=tuple(planned(conn, ids, limit=_MOST)),
        withheld=tuple(withheld(conn, ids, now - _RECENT, limit=_MOST)),
        skipped=tuple(
            Skipped(**{name: skip[name] for name in Skipped.__slots__})
            for skip in reminders.skips_of(conn, customer_id, limit=_MOST)
            if skip["at"] >= now - _RECENT
        ),
        appointments=tuple(
            AppointmentLine(**line._mapping)
            for line in conn.execute(_APPOINTMENTS, {"customer": customer_id, "since": now - _A_DAY})
        ),
        bought=bought(conn, customer_id),
        equipment=tuple(equipment.of_customer(conn, customer_id, limit=_MOST)),
        tasks=tuple(open_tasks_of(conn, customer_id, limit=_MOST)),
        suggestions=tuple(_suggestions(conn, customer_id)),
        merged=tuple((other.id, other.display_name) for other in conn.execute(_MERGED, {"customer": customer_id})),
    )


def _identities(conn: Connection, customer_id: int, now: datetime) -> tuple[HeldIdentity, ...]:
    rows = conn.execute(_IDENTITIES, {"customer": customer_id}).mappings().all()
    agreed: dict[int, list[Consent]] = {}
    for (identity, _purpose), given in consents.in_force(conn, [row["id"] for row in rows]).items():
        agreed.setdefault(identity, []).append(Consent(**{name: given[name] for name in Consent.__slots__}))
    addresses = {row["id"]: f"{row['scheme']}:{row['value']}" for row in rows if row["closed_at"] is None}
    forbidden = consents.suppressions(conn, sorted(addresses.values()))
    rest = rests.resting(conn, [row["id"] for row in rows], now)
    return tuple(
        HeldIdentity(
            **row,
            consents=tuple(agreed.get(row["id"], ())),
            silences=tuple(
                Silence(**{name: silence[name] for name in Silence.__slots__})
                for silence in forbidden.get(addresses.get(row["id"], ""), ())
            ),
            rests_until=rest.get(row["id"]),
        )
        for row in rows
    )


def _suggestions(conn: Connection, customer_id: int) -> list[Suggestion]:
    rows = conn.execute(_SUGGESTIONS, {"customer": customer_id}).all()
    if not rows:
        return []
    held = find_identities(conn, [Identity(row.scheme, row.value) for row in rows])
    names = _names(conn, [holder.customer_id for holder in held.values()])
    return [
        Suggestion(
            id=row.id,
            identity=identity,
            reason=row.reason,
            holder_id=held[identity].customer_id if identity in held else None,
            holder_name=names.get(held[identity].customer_id, "") if identity in held else "",
        )
        for row in rows
        for identity in [Identity(row.scheme, row.value)]
    ]


def _names(conn: Connection, customers: Sequence[int]) -> dict[int, str]:
    rows = conn.execute(select(CustomerRow.id, CustomerRow.display_name).where(CustomerRow.id.in_(sorted(customers))))
    return {row.id: row.display_name for row in rows}


# What somebody without a name is called by: the address known longest.
_AN_ADDRESS = (
    select(IdentityRow.value)
    .where(IdentityRow.customer_id == CustomerRow.id, IdentityRow.closed_at.is_(None))
    .order_by(IdentityRow.id)
    .limit(1)
    .correlate(CustomerRow)
    .scalar_subquery()
)


_APPOINTMENT_LINES = (
    select(
        AppointmentRow.id,
        AppointmentRow.customer_id,
        func.coalesce(func.nullif(CustomerRow.display_name, ""), _AN_ADDRESS, "").label("customer_name"),
        AppointmentRow.title,
        AppointmentRow.starts_at,
        AppointmentRow.ends_at,
        AppointmentRow.time_zone,
        AppointmentRow.location,
        AppointmentRow.state,
        AppointmentRow.revision,
    )
    .join(CustomerRow, CustomerRow.id == AppointmentRow.customer_id)
    .order_by(AppointmentRow.starts_at, AppointmentRow.id)
)
_APPOINTMENTS = _APPOINTMENT_LINES.where(
    AppointmentRow.customer_id == bindparam("customer"), AppointmentRow.starts_at >= bindparam("since")
).limit(_MOST)


def appointment_lines(conn: Connection, *conditions: Any, limit: int = 50) -> list[AppointmentLine]:
    """Returns appointments that meet the conditions, the first to come first, each with its customer's name."""
    rows = conn.execute(_APPOINTMENT_LINES.where(*conditions).limit(limit))
    return [AppointmentLine(**row._mapping) for row in rows]
