"""Planning: which reminders are to go out, to which address and when; and which are not, and why."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.model.local_time import minutes_before, zone
from hub.model.outbound import Origin, Purpose, State
from hub.outreach.best import by_best, evidence
from hub.outreach.house import House, Lane
from hub.outreach.next_channel import by_next, is_to_go_on, occurrence_of, occurrences_lost
from hub.outreach.reach import Reach
from hub.store import appointments, habits, reminders
from hub.store.appointments import ABOUT
from hub.store.jobs import emit
from hub.store.outbox import plan_messages
from hub.store.tables import MessageRow, milliseconds

# What is due later is planned later: a rule changed today is not too late for it.
HORIZON = timedelta(hours=48)
# A late reminder still helps for half of its time ahead: the one of the day before, in the morning of that day. One of
# a few hours ahead helps as long as its lead is left.
LEAST_LATENESS = timedelta(hours=2)
_PAGE = 250
_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class Plan:
    """What is to be stored: messages to send, and reminders that were not planned."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    skips: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.messages or self.skips)


def plan_reminders(conn: Connection, now: datetime, house: House) -> int:
    """Plans what is due within the horizon and not planned yet; returns how many messages."""
    plan = missing_reminders(conn, now, house)
    store_plan(conn, plan)
    return len(plan.messages)


def store_plan(conn: Connection, plan: Plan) -> None:
    """Stores a plan. A message that another process has planned meanwhile is left alone: its dedupe key is taken."""
    plan_messages(conn, plan.messages)
    reminders.note_skips(conn, plan.skips)
    emit(
        conn,
        [
            {
                "kind": "reminder.skipped",
                "customer_id": skip["customer_id"],
                "interaction_id": None,
                "data": {"rule": skip["rule_id"], skip["about"]: skip["about_id"], "reason": skip["reason"]},
                "at": skip["at"],
            }
            for skip in plan.skips
        ],
    )


def missing_reminders(conn: Connection, now: datetime, house: House) -> Plan:
    """Returns what is to be planned; only reads. Asking again after storing it returns an empty plan."""
    plan = Plan()
    rules = [rule for rule in reminders.rules(conn, enabled=True) if rule["about"] == ABOUT]
    if not rules:
        return plan
    # A day more: whole days before are counted on the calendar, which may be 25 hours.
    furthest = now + HORIZON + timedelta(minutes=max(rule["minutes_before"] for rule in rules)) + _A_DAY
    for page in _pages(conn, now, furthest):
        _plan_page(conn, plan, rules, page, now, house)
    return plan


def _pages(conn: Connection, start: datetime, end: datetime) -> Iterator[list[dict[str, Any]]]:
    after = None
    while page := appointments.between(conn, start, end, states=appointments.TO_COME, after=after, limit=_PAGE):
        yield page
        after = (page[-1]["starts_at"], page[-1]["id"])


def _plan_page(
    conn: Connection,
    plan: Plan,
    rules: Sequence[Mapping[str, Any]],
    page: Sequence[Mapping[str, Any]],
    now: datetime,
    house: House,
) -> None:
    ids = [appointment["id"] for appointment in page]
    planned = planned_about(conn, ABOUT, ids)
    skipped = reminders.skips_about(conn, ABOUT, ids)
    lost = occurrences_lost(conn, ABOUT, ids) if any(rule["next_channel"] for rule in rules) else {}
    customers = [appointment["customer_id"] for appointment in page]
    held = reminders.addresses(conn, customers)
    by_habit = any(rule["best_of"] for rule in rules)
    shown = habits.known(conn, sorted(set(customers))) if by_habit else {}
    reach = Reach.of(conn, held if by_habit else {}, house)

    def may(lane: Lane, address: Mapping[str, Any]) -> bool:
        return reach.may(address, lane, Purpose.REMINDER.value, now)

    for appointment in page:
        for rule in rules:
            due_at, expires_at = window(rule, appointment)
            occurrence = occurrence_key(rule["id"], appointment["id"], appointment["starts_at"])
            goes_on = is_to_go_on(rule, lost.get(occurrence)) and now < expires_at
            if due_at > now + HORIZON or (occurrence in planned and not goes_on):
                continue
            addresses = held.get(appointment["customer_id"], ())
            known = shown.get(appointment["customer_id"])
            way = by_next(rule) if goes_on else by_best(rule, known, addresses, house, may)
            lane = house.lanes.get(way["channel"])
            address = best_address(addresses, lane.reaches if lane else ())
            if address is None and rule["next_channel"] and not goes_on:
                way = by_next(rule)
                lane = house.lanes.get(way["channel"])
                address = best_address(addresses, lane.reaches if lane else ())
            seen: dict[str, Any]
            if now >= expires_at:
                reason, seen = "too_late", {"due_at": due_at.isoformat(), "late_after": expires_at.isoformat()}
            elif lane is None:
                reason, seen = "no_channel", {"channel": way["channel"]}
            elif address is None:
                reason, seen = "no_address", {"channel": way["channel"], "schemes": list(lane.reaches)}
            else:
                due_at = max(due_at, now) if goes_on else due_at
                message = _message(way, appointment, address, occurrence, due_at, expires_at, now, house)
                message["content"] |= evidence(known, channel=bool(way["best_of"]))
                plan.messages.append(message)
                continue
            if (rule["id"], appointment["id"], appointment["revision"], reason) not in skipped:
                plan.skips.append(_skip(rule, appointment, reason, seen, now))


def window(rule: Mapping[str, Any], appointment: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Returns when a reminder is due, and from when on it is too late for it."""
    due_at = minutes_before(appointment["starts_at"], rule["minutes_before"], zone(appointment["time_zone"]))
    lateness = max(LEAST_LATENESS, timedelta(minutes=rule["minutes_before"]) / 2)
    lead = timedelta(minutes=rule["lead_minutes"])
    return due_at, min(appointment["starts_at"] - lead, due_at + lateness)


def occurrence_key(rule_id: int, appointment_id: int, starts_at: datetime) -> str:
    """Names what a rule says once: an appointment that was moved is another occurrence, whatever the day."""
    return f"rule:{rule_id}:{ABOUT}:{appointment_id}:{milliseconds(starts_at)}:"


def planned_about(conn: Connection, about: str, ids: Sequence[int]) -> set[str]:
    """Returns the occurrences that have their message already, to whatever address."""
    rows = conn.scalars(select(MessageRow.dedupe_key).where(MessageRow.about == about, MessageRow.about_id.in_(ids)))
    return {occurrence_of(key) for key in rows}


def best_address(held: Sequence[Mapping[str, Any]], schemes: Sequence[str]) -> Mapping[str, Any] | None:
    """Returns the first address of the first of these schemes that has any."""
    return next((one for scheme in schemes for one in held if one["scheme"] == scheme), None)


def _message(
    rule: Mapping[str, Any],
    appointment: Mapping[str, Any],
    address: Mapping[str, Any],
    occurrence: str,
    due_at: datetime,
    expires_at: datetime,
    now: datetime,
    house: House,
) -> dict[str, Any]:
    channel = rule["channel"]
    local_date = appointment["starts_at"].astimezone(zone(appointment["time_zone"])).date()
    mail = address["scheme"] == "mailto"
    return {
        "dedupe_key": f"{occurrence}{local_date}:{channel}:{address['scheme']}:{address['value']}",
        "origin": Origin.RULE.value,
        "purpose": Purpose.REMINDER.value,
        "channel": channel,
        "customer_id": appointment["customer_id"],
        "identity_id": address["id"],
        "template": rule["template"],
        "about": ABOUT,
        "about_id": appointment["id"],
        "about_revision": appointment["revision"],
        "content": {
            "rule": rule["id"],
            "rule_name": rule["name"],
            "starts_at": appointment["starts_at"].isoformat(),
            "due_at": due_at.isoformat(),
            **house.lanes[channel].said,
        },
        "rfc_message_id": f"{secrets.token_hex(16)}@{house.message_domain(channel)}" if mail else "",
        "state": State.READY.value,
        "due_at": due_at,
        "expires_at": expires_at,
        "planned_at": now,
    }


def _skip(
    rule: Mapping[str, Any], appointment: Mapping[str, Any], reason: str, seen: dict[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "rule_id": rule["id"],
        "about": ABOUT,
        "about_id": appointment["id"],
        "about_revision": appointment["revision"],
        "reason": reason,
        "customer_id": appointment["customer_id"],
        "seen": {**seen, "rule_name": rule["name"], "starts_at": appointment["starts_at"].isoformat()},
        "at": now,
    }
