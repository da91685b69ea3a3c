"""The flight plan: everybody of the audience chosen, rendered and asked the gates, before anything is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.campaign import CampaignState
from hub.model.errors import Refused
from hub.model.problem_codes.entry import N_
from hub.outreach import barred
from hub.outreach.campaigning.choosing import Chooser
from hub.outreach.campaigning.ending import Ending
from hub.outreach.campaigning.flight_told import FlightPlan, Warned
from hub.outreach.campaigning.looking import Look, page
from hub.outreach.house import House, Lane
from hub.outreach.prepare import Materials
from hub.outreach.promotional import strictest
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.records import sample_of
from hub.outreach.required_words import needs_postal_address
from hub.outreach.used_fields import bare
from hub.store import campaigns, runs, segments, templates
from hub.store.session import Database


async def flight_plan(
    database: Database,
    campaign_id: int,
    house: House,
    rulebook: Rulebook,
    now: datetime,
    tell: Callable[[int], Awaitable[None]] | None = None,
) -> FlightPlan:
    """Goes through the whole audience page by page and keeps the plan's hash; `tell`: how many so far.

    Raises NotFound, and Refused where the campaign is no draft or names what is not there.
    """
    look = await database.read(lambda conn, _: _prepare(conn, campaign_id, house, rulebook, now), None)
    cursor: int | None = 0
    while cursor is not None:
        cursor = await database.read(page, (look, cursor))
        if tell is not None:
            await tell(look.plan.audience)
    plan = look.plan
    for ending in look.endings.values():
        ending.tell(plan)
    _warn(look, house, rulebook)
    if plan.ready:
        pinned: dict[str, Any] = {"segment_id": look.segment.id, "templates": dict(look.chooser.versions)}
        if look.chooser.variants:
            pinned[campaigns.VARIANTS] = dict(look.chooser.variants)
        made = f"{campaigns.fingerprint(look.chooser.definition, pinned)}-{plan.audience}"
        kept = await database.write(lambda conn, _: campaigns.note_plan(conn, campaign_id, plan.version, made), None)
        if not kept:
            raise Refused("The campaign was changed meanwhile.", next_step="Look at the flight plan again.")
        plan.hash = made
    return plan


def _prepare(conn: Connection, campaign_id: int, house: House, rulebook: Rulebook, now: datetime) -> Look:
    campaign = campaigns.by_id(conn, campaign_id)
    if campaign["state"] != CampaignState.DRAFT:
        raise Refused("Only a draft has a flight plan.", next_step="Clone it to send it again.")
    definition = campaigns.definition_of(campaign)
    pinned = campaigns.pins(conn, definition)
    named = (definition.template, *definition.variants.values())
    versions = {row["id"]: row for name in named for row in templates.active(conn, name).values()}
    starts_at = definition.schedule.next_after(now, house.time_zone)
    if starts_at is None or starts_at + definition.lateness <= now:
        raise Refused("The time of this campaign is past.", field="schedule.at", next_step="Choose a later one.")
    chooser = Chooser(
        definition=definition,
        versions=pinned["templates"],
        campaign=campaign["name"],
        variants=pinned.get(campaigns.VARIANTS, {}),
        starts_at=starts_at,
        house=house,
        rulebook=rulebook,
    )
    facts = runs.campaign_facts(campaign["name"], campaign["title"], campaign["definition"])
    return Look(
        plan=FlightPlan(
            campaign=campaign_id, version=campaign["version"], kind=strictest(list(versions.values()))["kind"]
        ),
        chooser=chooser,
        segment=segments.by_id(conn, pinned["segment_id"]),
        materials=replace(
            Materials.of_campaign(versions, facts, definition.count_clicks),
            samples=sample_of(conn, facts),
            barred=barred.load(conn, promotes=True),
        ),
        holes={
            (number, lane.name): _bare_fields(row["faces"], lane)
            for number, row in versions.items()
            for lane in chooser.lanes
        },
        now=now,
        endings={lane.name: Ending.of(conn, lane, house.time_zone) for lane in chooser.lanes},
    )


def _bare_fields(faces: Mapping[str, str], lane: Lane) -> list[str]:
    """Returns the fields that would leave a hole in what goes out by this channel."""
    mail = "mailto" in lane.schemes
    names = ("subject", "text", "html") if mail else ("sms",)
    found = [path for name in names if faces.get(name) for path in bare(faces[name], html=name == "html")]
    return list(dict.fromkeys(found))


def _warn(look: Look, house: House, rulebook: Rulebook) -> None:
    plan = look.plan
    mail = any("mailto" in lane.schemes for lane in look.chooser.lanes)
    postal = mail and not house.business_address and needs_postal_address(rulebook.words, look.countries)
    found = (
        (not plan.audience, N_("Nobody is in this segment.")),
        (plan.audience and not plan.messages, N_("Nobody of this segment would get a message.")),
        (
            postal,
            N_(
                "Mail to the United States must name your postal address, and the hub knows none: whoever runs it"
                " writes it into hub.toml as business_address."
            ),
        ),
        (
            plan.gated["quiet_hours_until_too_late"],
            N_("Some would be written to outside their hours and are left out: choose their own clock."),
        ),
        (plan.error_count, N_("Messages that cannot be written: {many}.")),
        (
            plan.never_said,
            N_("Messages that are never sent, for they are about health or what is prescription only: {many}."),
        ),
        (
            plan.too_late,
            N_("Messages that would be too late when their turn comes: {many}. Start earlier, or in several runs."),
        ),
    )
    plan.warnings += [Warned(words, int(many)) for many, words in found if many]
