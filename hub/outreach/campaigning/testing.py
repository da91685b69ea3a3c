"""Test sends: a campaign's message to somebody on the staff, rendered for a real customer, outside of every count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.outreach import barred
from hub.outreach.house import House
from hub.outreach.prepare import Materials, Prepared, prepare
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.records import sample_of
from hub.outreach.to_staff import queue_test
from hub.store import audience, audit, campaigns, runs, segments, templates
from hub.store.audit import Actor
from hub.store.tables import CustomerRow


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
    made = queue_test(
        conn, f"test:{campaign_id}", definition.channel, to, rendered, house, by,
        language=prepared.language, attachments=list(prepared.enclosed), test_of=campaign["name"],
    )  # fmt: skip
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
    materials = replace(made, samples=sample_of(conn, facts), barred=barred.load(conn, promotes=True))
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
    if prepared.barred is not None:
        raise Refused(prepared.barred.words, field="template")
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
