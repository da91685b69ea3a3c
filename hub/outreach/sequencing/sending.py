"""Sending: what a sequence says to somebody, planned into the outbox like everything else; or why not."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.model.habits import Habits
from hub.model.local_time import zone
from hub.model.outbound import Origin, Purpose, State
from hub.model.sequence import Send
from hub.model.sequence import Sequence as Steps
from hub.outreach.best import best_channel, evidence, next_best
from hub.outreach.house import House, Lane
from hub.outreach.numbers import Number, number_of, where_is
from hub.outreach.planning import best_address
from hub.outreach.promotional import purpose_of, strictest
from hub.outreach.quiet_hours import Rulebook, Where, closed, next_opening
from hub.outreach.reach import Reach
from hub.store import habits, reminders, templates
from hub.store.enrolments import ABOUT

NotPlanned = tuple[str, Mapping[str, Any]]


@dataclass(slots=True, kw_only=True)
class Reader:
    """What is known of the customers of one page: their addresses and where they are; and what templates are for."""

    conn: Connection
    house: House
    rulebook: Rulebook
    held: Mapping[int, Sequence[Mapping[str, Any]]]
    where: Mapping[int, Mapping[str, Any]]
    templates: dict[str, Mapping[str, str]] = field(default_factory=dict)
    habits: dict[int, Habits] | None = None
    reached: Reach | None = None

    def habits_of(self, customer: int) -> Habits | None:
        """Returns the habits of a customer, read for all of the page when they are first asked for."""
        if self.habits is None:
            self.habits = habits.known(self.conn, sorted(self.where))
        return self.habits.get(customer)

    def reach(self) -> Reach:
        """Returns whether their addresses may be written to, read for all of the page when it is first asked for."""
        if self.reached is None:
            self.reached = Reach.of(self.conn, self.held, self.house)
        return self.reached

    def place(self, customer: int) -> ZoneInfo:
        """Returns the clock of a customer: where all sources agree on one zone, else the business's."""
        zones = self.whereabouts(customer, None).zones
        return zone(next(iter(zones)) if len(zones) == 1 else self.house.time_zone)

    def whereabouts(self, customer: int, address: Mapping[str, Any] | None) -> Where:
        """Returns where a customer may be, by what they stated, their country and their number."""
        numbers = [one for one in self.held.get(customer, ()) if one["scheme"] in ("tel", "whatsapp")]
        number = address if address is not None and address["scheme"] != "mailto" else next(iter(numbers), None)
        known = self.where.get(customer, {"time_zone": "", "country": "", "facts": {}})
        return where_is(known, number_of(number["value"]) if number is not None else Number())

    def meant(self, template: str) -> Mapping[str, str]:
        """Returns purpose and kind of a template, the strictest where its languages differ; empty for none."""
        if template not in self.templates:
            self.templates[template] = strictest(list(templates.active(self.conn, template).values()))
        return self.templates[template]


def load(conn: Connection, customers: Sequence[int], house: House, rulebook: Rulebook) -> Reader:
    """Loads what is known of these customers."""
    return Reader(
        conn=conn,
        house=house,
        rulebook=rulebook,
        held=reminders.addresses(conn, customers),
        where=reminders.whereabouts(conn, customers),
    )


def plan(
    reader: Reader,
    step: Send,
    row: Mapping[str, Any],
    name: str,
    steps: Steps,
    at: datetime,
    now: datetime,
) -> dict[str, Any] | NotPlanned:
    """Returns the message of a step that was due at a moment, or why there is none.

    A promotion goes out when the recipient's hours are open next; one that is late is left out (outbound.md).
    """
    known = reader.habits_of(row["customer_id"]) if step.best_hours or step.best_of else None
    held = reader.held.get(row["customer_id"], ())
    meant = reader.meant(step.template)

    def may(lane: Lane, scheme: str) -> bool:
        address = next(one for one in held if one["scheme"] == scheme)
        where = reader.whereabouts(row["customer_id"], address)
        return reader.reach().may(address, lane, purpose_of(meant, where, reader.rulebook, now.date()), now)

    channel = best_channel(step.channel, step.best_of, known, {one["scheme"] for one in held}, reader.house, may)
    lane = reader.house.lanes.get(channel)
    if lane is None:
        return "no_channel", {"channel": channel}
    if not meant["purpose"]:
        return "no_template", {"template": step.template}
    address = best_address(held, lane.reaches)
    if address is None:
        return "no_address", {"channel": channel, "schemes": list(lane.reaches)}
    at = next_best(step.best_hours, known, at, reader.place(row["customer_id"]))
    due_at: datetime | None = at
    where = reader.whereabouts(row["customer_id"], address)
    purpose = purpose_of(meant, where, reader.rulebook, now.date())
    if purpose == Purpose.PROMOTIONAL:
        windows = reader.rulebook.windows(where, reader.house.time_zone, at.date())
        due_at = at if closed(windows, at) is None else next_opening(windows, at)
    if due_at is None:
        return "no_open_hours", {"address": f"{address['scheme']}:{address['value']}"}
    expires_at = due_at + steps.lateness
    if now >= expires_at:
        return "too_late", {"due_at": due_at.isoformat(), "late_after": expires_at.isoformat()}
    mail = address["scheme"] == "mailto"
    return {
        "dedupe_key": f"sequence:{row['id']}:{name}",
        "origin": Origin.RULE.value,
        "purpose": purpose,
        "channel": channel,
        "customer_id": row["customer_id"],
        "identity_id": address["id"],
        "template": step.template,
        "about": ABOUT,
        "about_id": row["id"],
        "about_revision": row["round"],
        "content": {
            "sequence": row["sequence"],
            "rule_name": steps.title,
            "step": name,
            "due_at": due_at.isoformat(),
            **({"kind": meant["kind"]} if meant["kind"] else {}),
            **lane.said,
            **evidence(known, hour=bool(step.best_hours), channel=bool(step.best_of)),
        },
        "rfc_message_id": f"{secrets.token_hex(16)}@{reader.house.message_domain(channel)}" if mail else "",
        "state": State.READY.value,
        "due_at": due_at,
        "expires_at": expires_at,
        "planned_at": now,
    }
