"""Looking: goes through one page of an audience for a flight plan and counts what would become of everybody on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from hub.model.local_time import zone
from hub.model.outbound import Origin, Purpose
from hub.outreach import seeing
from hub.outreach.campaigning.choosing import Chooser, Lot
from hub.outreach.campaigning.ending import Ending
from hub.outreach.campaigning.flight_told import FlightPlan, Sample, Trouble
from hub.outreach.campaigning.writing import Writer, Written
from hub.outreach.gates import Seen, ask
from hub.outreach.prepare import Materials, prepare
from hub.outreach.records import records_of
from hub.outreach.seen_values import Refusal
from hub.store import audience, segments
from hub.store.recipients import Address, Person, held_twice

# Nothing is written here, so nobody waits for a page, and its questions are asked for all of it at once.
_PAGE = 1_000
_MOST_SHOWN = 20
_SAMPLES = 3


@dataclass(slots=True, kw_only=True)
class Look:
    """What one flight plan looks at while it goes through the audience."""

    plan: FlightPlan
    chooser: Chooser
    segment: segments.SegmentVersion
    materials: Materials
    holes: Mapping[tuple[int, str], Sequence[str]]
    now: datetime
    endings: Mapping[str, Ending]
    shared: set[tuple[str, str]] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Alike:
    """Messages between which a flight plan need not tell: how many, the first of them, and what a gate says."""

    lot: Lot
    seen: Seen
    written: Written
    refusal: Refusal | None
    many: int = 0


def page(conn: Connection, given: tuple[Look, int]) -> int | None:
    """Counts the page of the audience after a customer; returns its last one, None where nobody is left."""
    look, cursor = given
    asked_at = look.chooser.audience_time(look.now)
    customers = audience.members(conn, look.segment.segment, asked_at, after=cursor, limit=_PAGE)
    if not customers:
        return None
    rows = _messages(conn, look, look.chooser.choose(conn, customers, look.now))
    messages = [row for _, row in rows]
    house, rulebook = look.chooser.house, look.chooser.rulebook
    seen = seeing.load_ahead(conn, messages, look.now, house, rulebook)
    look.materials = look.materials.with_people(_people(rows))
    faces = [version["faces"] for version in look.materials.pinned.values()]
    look.materials.records.update(records_of(conn, messages, faces))
    writer = Writer(look.materials, house, rulebook, look.holes)
    groups: dict[tuple[Any, ...], _Alike] = {}
    for lot, row in rows:
        saw = seen[row["id"]]
        if saw.existing_customer:
            look.materials.existing.add(row["identity_id"])
        written = writer.written(row)
        # What is seen of them holds the channel, its hours and their country.
        likeness = (id(saw), lot.arm, lot.template_id, lot.language, lot.customer.country, id(written))
        group = groups.get(likeness)
        if group is None:
            group = groups[likeness] = _Alike(lot, saw, written, _refusal(saw, written))
        group.many += 1
        _show(look, lot, row, group)
    for group in groups.values():
        _count(look, group)
    return customers[-1]


def _messages(conn: Connection, look: Look, lots: Sequence[Lot]) -> list[tuple[Lot, dict[str, Any]]]:
    """Returns the messages that there would be, each with its lot; whoever gets none is counted."""
    plan = look.plan
    phones = [lot.address.value for lot in lots if lot.address is not None and lot.address.scheme != "mailto"]
    twice = held_twice(conn, phones)
    rows: list[tuple[Lot, dict[str, Any]]] = []
    plan.audience += len(lots)
    for lot in lots:
        if lot.address is None:
            plan.skipped[lot.reason] += 1
        elif (place := (lot.channel, lot.address.value)) in look.shared:
            plan.skipped["shared_address"] += 1
            plan.shared += 1
        else:
            if lot.address.value in twice:
                look.shared.add(place)
            rows.append((lot, _as_message(-len(rows) - 1, lot, lot.address, look)))
    return rows


def _people(rows: Sequence[tuple[Lot, Mapping[str, Any]]]) -> list[tuple[Person, Address]]:
    return [(lot.customer, lot.address) for lot, _ in rows if lot.address is not None]


def _as_message(number: int, lot: Lot, address: Address, look: Look) -> dict[str, Any]:
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


def _refusal(seen: Seen, written: Written) -> Refusal | None:
    worded = seen.worded(approved=written.approved, barred=written.barred)
    return ask(worded.told(written.kind, existing=written.existing))


def _show(look: Look, lot: Lot, row: Mapping[str, Any], group: _Alike) -> None:
    """Keeps the first whose message cannot be written, and the first who would get it, as they are."""
    plan, failure = look.plan, group.written.failure
    if failure:
        if len(plan.errors) < _MOST_SHOWN:
            plan.errors.append(Trouble(customer=lot.customer.id, name=lot.customer.display_name, words=failure))
    elif group.refusal is None and len(plan.samples) < _SAMPLES:
        prepared = prepare(row, look.materials, look.chooser.house, look.chooser.rulebook)
        plan.samples.append(
            Sample(
                customer=lot.customer.id,
                name=lot.customer.display_name,
                to=str(prepared.to),
                due_at=row["due_at"],
                subject=prepared.rendered.subject,
                text=prepared.rendered.text,
                html=prepared.rendered.html,
            )
        )


def _count(look: Look, group: _Alike) -> None:
    plan, lot, seen, written, many = look.plan, group.lot, group.seen, group.written, group.many
    assert lot.due_at is not None, "an address comes with its time"
    plan.messages += many
    plan.channels[lot.channel] += many
    plan.arms[lot.arm] += many
    plan.languages[lot.language] += many
    plan.first_at = min(plan.first_at or lot.due_at, lot.due_at)
    plan.last_at = max(plan.last_at or lot.due_at, lot.due_at)
    place = min([window.zone for window in seen.windows], default=look.chooser.house.time_zone)
    plan.hours[_hour(lot.due_at, place)] += many
    look.countries.update(filter(None, (lot.customer.country, seen.country)))
    if seen.existing_customer:
        plan.existing += many
    if group.refusal is not None:
        plan.gated[group.refusal.reason] += many
    if written.failure:
        plan.error_count += many
        return
    plan.parts[written.parts] += many
    look.endings[lot.channel].count(lot, seen, group.refusal, written.parts, many)
    if seen.counted is not None:
        plan.law[seen.counted.place] += many
    if written.label:
        plan.labels[written.label] += many
    for path in written.empty:
        plan.empty[path] += many


# Most are due together, in a few zones.
@lru_cache(maxsize=4_096)
def _hour(at: datetime, place: str) -> int:
    return at.astimezone(zone(place)).hour
