"""Campaigns as staff runs them: written, launched as they were looked at, paused, resumed, cancelled; all audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.model.campaign import EDITABLE, LAUNCHED, CampaignState, RunState, check_name, read_definition
from hub.model.clean import clean_header
from hub.model.errors import Refused
from hub.model.naming import name_of
from hub.store import audience, audit, campaigns, runs, segments
from hub.store.audit import Actor

_ACTIVE = (RunState.PLANNING, RunState.RUNNING)
_STOPPABLE = (*_ACTIVE, RunState.PAUSED)
# An audience that grew or shrank by so much since it was looked at is another one.
_DRIFT, _LEAST_DRIFT = 0.1, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What a pause or a cancellation found: `in_flight`: handed over already, and not to be called back; `waiting`:
    what does not go out.
    """

    campaign: Mapping[str, Any]
    in_flight: int
    waiting: int


def save(
    conn: Connection,
    *,
    name: str,
    title: str,
    definition: Mapping[str, Any],
    by: Actor,
    campaign_id: int | None = None,
) -> dict[str, Any]:
    """Writes a campaign: a new one, or a new version of one that is not on its way. A draft either way.

    A new one without a name gets one that its title suggests.
    Raises Refused naming the field, and NotFound.
    """
    title = clean_header(title)[:200] or name
    read = read_definition(definition)
    if campaign_id is None:
        name = name or name_of(title, "campaign", campaigns.names(conn))
        made = campaigns.add(conn, name=check_name(name), title=title, definition=read, now=by.at, by=by.name)
        audit.note(conn, by, "campaign.added", f"campaign/{made}", {"name": name})
        return campaigns.by_id(conn, made)
    campaign = campaigns.by_id(conn, campaign_id, lock=True)
    if campaign["name"] != name:
        raise Refused("A campaign keeps its name.", field="name", next_step="Clone it under the new one.")
    if campaign["state"] not in EDITABLE:
        raise Refused("This campaign is on its way.", next_step="Cancel it, or clone it and change the copy.")
    if (campaign["title"], campaign["definition"]) != (title, read.as_json()):
        campaigns.rewrite(conn, campaign, title=title, definition=read, now=by.at, by=by.name)
        audit.note(conn, by, "campaign.changed", f"campaign/{campaign_id}", {"version": campaign["version"] + 1})
    return campaigns.by_id(conn, campaign_id)


def approve(conn: Connection, campaign_id: int, plan_hash: str, by: Actor) -> dict[str, Any]:
    """Approves a campaign as its flight plan shows it, for somebody else to launch. Raises Refused and NotFound."""
    campaign = campaigns.by_id(conn, campaign_id, lock=True)
    if campaign["state"] != CampaignState.DRAFT:
        raise Refused("Only a draft can be approved.")
    definition = campaigns.definition_of(campaign)
    fingerprint = campaigns.fingerprint(definition, campaigns.pins(conn, definition))
    if not plan_hash or plan_hash != campaign["plan_hash"] or plan_hash.partition("-")[0] != fingerprint:
        raise _stale("The campaign, its segment or its template changed since you looked at it.")
    approved = {"approved_hash": plan_hash, "approved_at": by.at, "approved_by": by.name, "approved_by_id": by.staff_id}
    campaigns.change(conn, campaign_id, **approved)
    audit.note(conn, by, "campaign.approved", f"campaign/{campaign_id}", {"plan": plan_hash})
    return campaigns.by_id(conn, campaign_id)


def _check_approval(campaign: Mapping[str, Any], fingerprint: str, by: Actor) -> None:
    """Raises Refused unless somebody else has approved just this: what it says and to whom, as it was looked at."""
    if campaign["approved_hash"].partition("-")[0] != fingerprint:
        raise Refused(
            "A second person must approve this campaign first.",
            field="approval",
            next_step="Ask a colleague to look at the flight plan and approve it.",
        )
    if (campaign["approved_by_id"], campaign["approved_by"]) == (by.staff_id, by.name):
        raise Refused(
            "You have approved this campaign, so somebody else must launch it.",
            field="approval",
            next_step="Ask a colleague to launch it.",
        )


def launch(
    conn: Connection, campaign_id: int, plan_hash: str, by: Actor, *, business_zone: str, needs_approval: bool = False
) -> dict[str, Any]:
    """Sends a campaign on its way, exactly as its flight plan showed it: what it names is pinned to those versions.

    Raises Refused where the plan is not this one any more or nobody else has approved it, and NotFound.
    """
    campaign = campaigns.by_id(conn, campaign_id, lock=True)
    if campaign["state"] != CampaignState.DRAFT:
        raise Refused("Only a draft can be launched.", next_step="Clone it to send it again.")
    definition = campaigns.definition_of(campaign)
    pinned = campaigns.pins(conn, definition)
    fingerprint, _, planned = plan_hash.partition("-")
    if not plan_hash or plan_hash != campaign["plan_hash"] or fingerprint != campaigns.fingerprint(definition, pinned):
        raise _stale("The campaign, its segment or its template changed since you looked at it.")
    if needs_approval:
        _check_approval(campaign, fingerprint, by)
    starts_at = definition.schedule.next_after(by.at, business_zone)
    if starts_at is None or starts_at + definition.lateness <= by.at:
        raise Refused("The time of this campaign is past.", field="schedule.at", next_step="Choose a later one.")
    asked_at = definition.schedule.audience_time(starts_at, by.at, business_zone)
    now_in = audience.count(conn, segments.by_id(conn, pinned["segment_id"]).segment, asked_at)
    if abs(now_in - int(planned)) > max(_LEAST_DRIFT, int(planned) * _DRIFT):
        raise _stale(f"The segment had {planned} people when you looked at it and has {now_in} now.")
    campaigns.change(
        conn,
        campaign_id,
        state=CampaignState.SCHEDULED.value,
        definition={**definition.as_json(), campaigns.PINNED: pinned},
        next_run_at=starts_at,
        launched_at=by.at,
        launched_by=by.name,
        changed_at=by.at,
    )
    told = {"version": campaign["version"], "plan": plan_hash, "starts_at": starts_at.isoformat()}
    audit.note(conn, by, "campaign.launched", f"campaign/{campaign_id}", told)
    return campaigns.by_id(conn, campaign_id)


def _stale(what: str) -> Refused:
    return Refused(what, field="plan_hash", next_step="Look at the flight plan again, then launch.")


def pause(conn: Connection, campaign_id: int, by: Actor) -> Stopped:
    """Stops a campaign at once; what is handed over already arrives. Raises Refused and NotFound."""
    campaign = campaigns.by_id(conn, campaign_id, lock=True)
    if campaign["state"] not in LAUNCHED:
        raise Refused("This campaign is not on its way.")
    campaigns.change(conn, campaign_id, state=CampaignState.PAUSED.value, changed_at=by.at)
    in_flight = waiting = 0
    for run in runs.of_campaign(conn, campaign_id):
        if runs.move(conn, run["id"], _ACTIVE, RunState.PAUSED, paused_at=by.at, paused_by=by.name):
            left = runs.in_flight(conn, run["id"])
            in_flight, waiting = in_flight + left[0], waiting + left[1]
            runs.park(conn, run["id"])
    audit.note(conn, by, "campaign.paused", f"campaign/{campaign_id}", {"in_flight": in_flight, "waiting": waiting})
    return Stopped(campaign=campaigns.by_id(conn, campaign_id), in_flight=in_flight, waiting=waiting)


def resume(conn: Connection, campaign_id: int, by: Actor, *, business_zone: str) -> dict[str, Any]:
    """Goes on with a paused campaign; what became too late meanwhile is not sent. Raises Refused and NotFound."""
    campaign = campaigns.by_id(conn, campaign_id, lock=True)
    if campaign["state"] != CampaignState.PAUSED:
        raise Refused("This campaign is not paused.")
    went_on = 0
    for run in runs.of_campaign(conn, campaign_id):
        # Planning once more finds out by itself that there is nobody left.
        if runs.move(
            conn, run["id"], [RunState.PAUSED], RunState.PLANNING, paused_at=None, paused_by="", resumed_at=by.at
        ):
            runs.unpark(conn, run["id"])
            went_on += 1
    schedule, next_run_at = campaigns.definition_of(campaign).schedule, campaign["next_run_at"]
    if schedule.cron and (next_run_at is None or next_run_at < by.at):
        next_run_at = schedule.next_after(by.at, business_zone)
    state = CampaignState.RUNNING if went_on else CampaignState.SCHEDULED if next_run_at else CampaignState.DONE
    campaigns.change(conn, campaign_id, state=state.value, next_run_at=next_run_at, changed_at=by.at)
    audit.note(conn, by, "campaign.resumed", f"campaign/{campaign_id}")
    return campaigns.by_id(conn, campaign_id)


def cancel(conn: Connection, campaign_id: int, by: Actor) -> Stopped:
    """Ends a campaign for good; what is handed over already arrives. Raises Refused and NotFound."""
    campaign = campaigns.by_id(conn, campaign_id, lock=True)
    if campaign["state"] not in (*LAUNCHED, CampaignState.PAUSED):
        raise Refused("This campaign is not on its way.")
    campaigns.change(conn, campaign_id, state=CampaignState.CANCELLED.value, next_run_at=None, changed_at=by.at)
    in_flight = waiting = 0
    for run in runs.of_campaign(conn, campaign_id):
        if runs.move(conn, run["id"], _STOPPABLE, RunState.CANCELLED):
            left = runs.in_flight(conn, run["id"])
            in_flight, waiting = in_flight + left[0], waiting + left[1]
            runs.cancel_waiting(conn, run["id"], by.at)
    audit.note(conn, by, "campaign.cancelled", f"campaign/{campaign_id}", {"in_flight": in_flight, "waiting": waiting})
    return Stopped(campaign=campaigns.by_id(conn, campaign_id), in_flight=in_flight, waiting=waiting)


def clone(conn: Connection, campaign_id: int, name: str, title: str, by: Actor) -> dict[str, Any]:
    """Writes a draft like another campaign. Raises Refused and NotFound."""
    campaign = campaigns.by_id(conn, campaign_id)
    definition = campaigns.definition_of(campaign).as_json()
    return save(conn, name=name, title=title or campaign["title"], definition=definition, by=by)
