"""The flight plan: everybody of the audience chosen, rendered and asked the gates, before anything is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from hub.model.campaign import CampaignState
from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.outbound import Origin, Purpose
from hub.outreach import barred, seeing
from hub.outreach.campaigning.choosing import Chooser, Lot
from hub.outreach.campaigning.ending import Ending
from hub.outreach.campaigning.flight_told import FlightPlan, Sample, Trouble
from hub.outreach.gates import Seen, ask
from hub.outreach.house import House, Lane
from hub.outreach.prepare import Materials, prepare
from hub.outreach.promotional import strictest
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.records import records_of, sample_of
from hub.outreach.required_words import needs_postal_address
from hub.outreach.used_fields import bare, value_at
from hub.store import audience, campaigns, runs, segments, templates
from hub.store.recipients import Address, Person, held_twice
from hub.store.session import Database

# Nothing is written here, so nobody waits for a page, and its questions are asked for all of it at once.
_PAGE = 1_000
_MOST_SHOWN = 20
_SAMPLES = 3


@dataclass(slots=True, kw_only=True)
class _Look:
    """What one flight plan looks at while it goes through the audience."""

    plan: FlightPlan
    chooser: Chooser
    segment: segments.SegmentVersion
    materials: Materials
    holes: Mapping[tuple[int, str], Sequence[str]]
    now: datetime
    endings: Mapping[str, Ending]
    shared: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)


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
        cursor = await database.read(_page, (look, cursor))
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


def _prepare(conn: Connection, campaign_id: int, house: House, rulebook: Rulebook, now: datetime) -> _Look:
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
    return _Look(
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


def _page(conn: Connection, given: tuple[_Look, int]) -> int | None:
    look, cursor = given
    asked_at = look.chooser.audience_time(look.now)
    customers = audience.members(conn, look.segment.segment, asked_at, after=cursor, limit=_PAGE)
    if not customers:
        return None
    lots = look.chooser.choose(conn, customers, look.now)
    phones = [lot.address.value for lot in lots if lot.address is not None and lot.address.scheme != "mailto"]
    twice = held_twice(conn, phones)
    rows: dict[int, tuple[Lot, dict[str, Any]]] = {}
    people: list[tuple[Person, Address]] = []
    for lot in lots:
        look.plan.audience += 1
        if lot.address is None:
            look.plan.skipped[lot.reason] += 1
        elif lot.address.value in twice and lot.address.value in look.shared:
            look.plan.skipped["shared_address"] += 1
            look.plan.shared += 1
        else:
            if lot.address.value in twice:
                look.shared.add(lot.address.value)
            number = -len(rows) - 1
            rows[number] = (lot, _as_message(number, lot, lot.address, look))
            people.append((lot.customer, lot.address))
    messages = [row for _, row in rows.values()]
    seen = seeing.load(conn, messages, look.now, look.chooser.house, look.chooser.rulebook, ahead=True)
    faces = [version["faces"] for version in look.materials.pinned.values()]
    look.materials = look.materials.with_people(people)
    look.materials.records.update(records_of(conn, messages, faces))
    for number, (lot, row) in rows.items():
        _count(look, lot, row, seen[number])
    return customers[-1]


def _as_message(number: int, lot: Lot, address: Address, look: _Look) -> dict[str, Any]:
    """Returns a message as it would be planned; its negative number makes its links those of a preview."""
    return {
        "id": number,
        "origin": Origin.RUN.value,
        "purpose": Purpose.PROMOTIONAL.value,
        "channel": lot.channel,
        "customer_id": lot.customer.id,
        "identity_id": address.id,
        "staff_id": None,
        "run_id": 0,
        "template": look.chooser.definition.template,
        "template_id": lot.template_id,
        "about": "",
        "about_id": None,
        "about_revision": None,
        "content": {"kind": look.plan.kind} if look.plan.kind else {},
        "due_at": lot.due_at,
        "expires_at": lot.expires_at,
    }


def _count(look: _Look, lot: Lot, row: Mapping[str, Any], seen: Seen) -> None:
    plan = look.plan
    assert lot.address is not None, "only those with an address are counted here"
    assert lot.due_at is not None, "an address comes with its time"
    plan.messages += 1
    plan.channels[lot.channel] += 1
    plan.languages[lot.language] += 1
    plan.first_at = min(plan.first_at or lot.due_at, lot.due_at)
    plan.last_at = max(plan.last_at or lot.due_at, lot.due_at)
    place = min([window.zone for window in seen.windows], default=look.chooser.house.time_zone)
    plan.hours[_hour(lot.due_at, place)] += 1
    look.countries.update(filter(None, (lot.customer.country, seen.country)))
    if seen.existing_customer:
        look.materials.existing.add(lot.address.id)
        plan.existing += 1
    prepared = prepare(row, look.materials, look.chooser.house, look.chooser.rulebook)
    worded = seen.worded(approved=bool(prepared.rendered.approved))
    refusal = ask(worded.told(prepared.kind, existing=prepared.notices.existing))
    if refusal is not None:
        plan.gated[refusal.reason] += 1
    if prepared.failure:
        plan.error_count += 1
        if len(plan.errors) < _MOST_SHOWN:
            trouble = Trouble(customer=lot.customer.id, name=lot.customer.display_name, words=prepared.failure)
            plan.errors.append(trouble)
        return
    plan.parts[prepared.parts] += 1
    look.endings[lot.channel].count(lot, seen, refusal, prepared.parts)
    if seen.counted is not None:
        plan.law[seen.counted.place] += 1
    if prepared.notices.label:
        plan.labels[prepared.notices.label] += 1
    for path in look.holes.get((lot.template_id or 0, lot.channel), ()):
        if value_at(prepared.filled, path) in (None, ""):
            plan.empty[path] += 1
    if refusal is None and len(plan.samples) < _SAMPLES:
        plan.samples.append(
            Sample(
                customer=lot.customer.id,
                name=lot.customer.display_name,
                to=str(prepared.to),
                due_at=lot.due_at,
                subject=prepared.rendered.subject,
                text=prepared.rendered.text,
                html=prepared.rendered.html,
            )
        )


# Most are due together, in a few zones.
@lru_cache(maxsize=4_096)
def _hour(at: datetime, place: str) -> int:
    return at.astimezone(zone(place)).hour


def _warn(look: _Look, house: House, rulebook: Rulebook) -> None:
    plan, warnings = look.plan, look.plan.warnings
    if not plan.audience:
        warnings.append("Nobody is in this segment.")
    elif not plan.messages:
        warnings.append("Nobody of this segment would get a message.")
    mail = any("mailto" in lane.schemes for lane in look.chooser.lanes)
    if mail and not house.business_address and needs_postal_address(rulebook.words, look.countries):
        warnings.append("Mail to the United States must name your postal address: set business_address.")
    if plan.gated["quiet_hours_until_too_late"]:
        warnings.append("Some would be written to outside their hours and are left out: choose their own clock.")
    if plan.error_count:
        warnings.append(f"{plan.error_count} messages cannot be written.")
    if plan.too_late:
        warnings.append(f"{plan.too_late} would be too late when their turn comes: start earlier, or in several runs.")
