"""Materials: what messages are rendered from, loaded for a batch of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from hub.model.outbound import Purpose
from hub.outreach import barred
from hub.outreach.barred import Barred
from hub.outreach.records import records_of
from hub.outreach.rendering.skeleton import Skeleton
from hub.store import runs, slots, templates
from hub.store.appointments import ABOUT
from hub.store.equipment import ABOUT as SERVICE
from hub.store.question import Rows
from hub.store.recipients import Address, Person, existing_customers
from hub.store.tables import AppointmentRow, CustomerRow, EquipmentRow, IdentityRow, StaffRow, TemplateRow

_SOURCES: dict[type[Any], Rows] = {
    IdentityRow: Rows(IdentityRow, ("id", "scheme", "value")),
    CustomerRow: Rows(CustomerRow, Person._fields),
    AppointmentRow: Rows(AppointmentRow),
    EquipmentRow: Rows(EquipmentRow),
    StaffRow: Rows(StaffRow),
    TemplateRow: Rows(TemplateRow),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What a batch of messages is rendered from. `pinned`: the template versions that runs were launched with;
    `campaigns`: what templates may say of a campaign, by run; `skeletons`: what was rendered for all of a run.
    `counting`: the runs of which clicks are counted.
    `existing`: the identities whose promotions rest on their having bought.
    `barred`: what must not be said.
    `records`: what else messages are about, by message; `samples`: the same of messages that are not planned yet.
    """

    identities: Mapping[int, Mapping[str, Any]]
    customers: Mapping[int, Mapping[str, Any]]
    appointments: Mapping[int, Mapping[str, Any]]
    staff: Mapping[int, Mapping[str, Any]]
    templates: Mapping[str, Mapping[str, dict[str, Any]]]
    equipment: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    pinned: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    campaigns: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    records: dict[int, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    samples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    slots: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    counting: frozenset[int] = frozenset()
    existing: set[int] = field(default_factory=set)
    barred: Barred = barred.NOTHING
    skeletons: dict[tuple[Any, ...], Skeleton | None] = field(default_factory=dict)

    def appointment_of(self, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Returns the appointment that a message is about, or the free slot that may become one."""
        if message["about"] == ABOUT:
            return self.appointments.get(message["about_id"])
        return self.slots.get(message["content"].get("slot", 0))

    @classmethod
    def of_campaign(
        cls, versions: Mapping[int, Mapping[str, Any]], facts: Mapping[str, Any], counts_clicks: bool = False
    ) -> Materials:
        """Returns what a campaign without a run is rendered from; as its run counts 0. `facts`: of the campaign."""
        return cls(
            identities={},
            customers={},
            appointments={},
            staff={},
            templates={},
            pinned=versions,
            campaigns={0: facts},
            counting=frozenset({0} if counts_clicks else ()),
        )

    def with_person(self, customer: Mapping[str, Any], identity: Mapping[str, Any]) -> Materials:
        """Returns the same for one person."""
        return replace(self, customers={customer["id"]: customer}, identities={identity["id"]: identity})

    def with_people(self, people: Iterable[tuple[Person, Address]]) -> Materials:
        """Returns the same for other people, with nothing of those before but what was rendered for all."""
        customers, identities = {}, {}
        for customer, address in people:
            customers[customer.id], identities[address.id] = customer._asdict(), address._asdict()
        return replace(self, customers=customers, identities=identities, records={}, existing=set())


def gather(conn: Connection, messages: Sequence[Mapping[str, Any]]) -> Materials:
    """Loads what these messages are rendered from; only reads."""
    versions = {
        name: templates.active(conn, name)
        for name in sorted({one["template"] for one in messages if one["template"] and one["run_id"] is None})
    }
    pinned = _rows(conn, TemplateRow, (one["template_id"] for one in messages if one["run_id"] is not None))
    used = [*(row for each in versions.values() for row in each.values()), *pinned.values()]
    return Materials(
        identities=_rows(conn, IdentityRow, (message["identity_id"] for message in messages)),
        customers=_rows(conn, CustomerRow, (message["customer_id"] for message in messages)),
        appointments=_rows(
            conn, AppointmentRow, (message["about_id"] for message in messages if message["about"] == ABOUT)
        ),
        equipment=_rows(
            conn, EquipmentRow, (message["about_id"] for message in messages if message["about"] == SERVICE)
        ),
        staff=_rows(conn, StaffRow, (message["staff_id"] for message in messages)),
        templates=versions,
        pinned=pinned,
        slots=slots.by_id(conn, sorted({one["content"]["slot"] for one in messages if "slot" in one["content"]})),
        records=records_of(conn, messages, [row["faces"] for row in used]),
        existing=existing_customers(
            conn, sorted({one["identity_id"] for one in messages if one["purpose"] == Purpose.PROMOTIONAL})
        ),
        counting=runs.counting_clicks(conn, [one["run_id"] for one in messages if one["run_id"] is not None]),
        barred=barred.load(conn, messages),
        campaigns=runs.campaign_values(conn, [one["run_id"] for one in messages if one["run_id"] is not None]),
    )


def _rows(conn: Connection, table: type[Any], ids: Iterable[int | None]) -> dict[int, Mapping[str, Any]]:
    return {row["id"]: row for row in _SOURCES[table](conn, sorted({one for one in ids if one is not None}))}
