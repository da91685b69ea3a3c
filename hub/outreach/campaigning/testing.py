"""Test sends: a campaign's message to somebody on the staff, rendered for a real customer, outside of every count."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.model.outbound import Origin, Purpose, State
from hub.outreach.house import House
from hub.outreach.prepare import Materials, Prepared, prepare
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.records import sample_of
from hub.store import audience, audit, campaigns, customers, runs, segments, templates
from hub.store.audit import Actor
from hub.store.outbox import note_steps
from hub.store.tables import CustomerRow, MessageRow

_VALID = timedelta(hours=1)
# Whom a test may go to: never to a customer, who has not agreed to it.
_STAFF = ("employee", "owner")


def test_send(
    conn: Connection,
    campaign_id: int,
    customer_id: int | None,
    to: Identity,
    house: House,
    by: Actor,
    rulebook: Rulebook,
) -> int:
    """Queues a campaign's message for a staff member's own address; returns the message.

    `customer_id`: for whom it is written; None: somebody of its segment. Raises Refused and NotFound.
    """
    campaign = campaigns.by_id(conn, campaign_id)
    definition = campaigns.definition_of(campaign)
    lane = house.lanes.get(definition.channel)
    if lane is None:
        raise Refused(f"There is no channel {definition.channel!r} that sends.", field="channel")
    if to.scheme not in lane.schemes:
        raise Refused(f"{definition.channel} does not write to {to}.", field="to")
    prepared = _prepared(conn, campaign, to, house, rulebook, by, customer_id)
    rendered = prepared.rendered
    holder, identity = staff_address(conn, to, by)
    row = {
        "dedupe_key": f"system:test:{campaign_id}:{secrets.token_hex(8)}",
        "origin": Origin.SYSTEM.value,
        "purpose": Purpose.SERVICE.value,
        "channel": definition.channel,
        "customer_id": holder,
        "identity_id": identity,
        "staff_id": by.staff_id,
        "content": {
            "subject": f"[Test] {rendered.subject}" if rendered.subject else "",
            "text": rendered.text,
            "html": rendered.html,
            "language": prepared.language,
            "attachments": list(prepared.enclosed),
            "test_of": campaign["name"],
        },
        "rfc_message_id": f"{secrets.token_hex(16)}@{house.message_domain(lane.name)}" if to.scheme == "mailto" else "",
        "state": State.READY.value,
        "due_at": by.at,
        "expires_at": by.at + _VALID,
        "planned_at": by.at,
    }
    made: int = conn.execute(insert(MessageRow).values(**row).returning(MessageRow.id)).scalar_one()
    note_steps(conn, [{"message_id": made, "state": State.READY.value, "reason": "", "at": by.at}])
    audit.note(conn, by, "campaign.tested", f"campaign/{campaign_id}", {"message": made})
    return made


# A name that pytest would take for a test.
test_send.__test__ = False  # type: ignore[attr-defined]


def _prepared(
    conn: Connection,
    campaign: Mapping[str, Any],
    to: Identity,
    house: House,
    rulebook: Rulebook,
    by: Actor,
    customer_id: int | None,
) -> Prepared:
    definition = campaigns.definition_of(campaign)
    customer = _customer(conn, definition.segment, by, customer_id)
    versions = templates.active(conn, definition.template)
    template = templates.in_language(versions, customer["language"], house.language)
    if template is None:
        raise Refused(f"There is no template {definition.template!r}.", field="template")
    facts = runs.campaign_facts(campaign["name"], campaign["title"], campaign["definition"])
    made = Materials.of_campaign({template["id"]: template}, facts)
    materials = replace(made, samples=sample_of(conn, facts))
    address = {"id": 0, "scheme": to.scheme, "value": to.value}
    row = {
        "id": 0,
        "identity_id": 0,
        "customer_id": customer["id"],
        "staff_id": None,
        "run_id": 0,
        "template": definition.template,
        "template_id": template["id"],
        "channel": definition.channel,
        "purpose": Purpose.PROMOTIONAL.value,
        "about": "",
        "about_id": None,
        "content": {},
    }
    prepared = prepare(row, materials.with_person(customer, address), replace(house, keys=None), rulebook)
    if prepared.failure:
        raise Refused(prepared.failure, field="template")
    return prepared


def _customer(conn: Connection, segment: str, by: Actor, customer_id: int | None) -> Mapping[str, Any]:
    if customer_id is None:
        found = audience.members(conn, segments.current(conn, segment).segment, by.at, limit=1)
        if not found:
            raise Refused(
                "Nobody is in this segment.", field="customer", next_step="Name the customer to write it for."
            )
        customer_id = found[0]
    row = conn.execute(select(*CustomerRow.__table__.c).where(CustomerRow.id == customer_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no customer {customer_id}.")
    return dict(row._mapping)


def staff_address(conn: Connection, to: Identity, by: Actor) -> tuple[int, int]:
    """Returns who holds an address, after making a colleague of nobody yet. Raises Refused for a customer's."""
    held = customers.find_identities(conn, [to]).get(to)
    if held is None:
        named = {"display_name": by.name, "relationship": "employee"}
        customers.create_customer(conn, named, [to], by.at)
        held = customers.find_identities(conn, [to])[to]
    relationship = conn.scalar(select(CustomerRow.relationship).where(CustomerRow.id == held.customer_id))
    if relationship not in _STAFF:
        raise Refused(
            f"{to.value} is a customer's address.",
            field="to",
            next_step="Send tests to your own; mark yourself as an employee where the address is yours.",
        )
    return held.customer_id, held.identity_id
