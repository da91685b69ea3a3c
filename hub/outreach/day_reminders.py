"""Reminders of days: a birthday, a service that is due, so long after a purchase; at an hour of the customer's day."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.model.birthday import celebrated
from hub.model.errors import Refused
from hub.model.habits import read_best_hours
from hub.model.local_time import MINUTES_A_DAY, local_instant, zone
from hub.model.outbound import Origin, State
from hub.outreach import record_days
from hub.outreach.best import by_best, evidence
from hub.outreach.day_time import midnight
from hub.outreach.house import House, Lane
from hub.outreach.numbers import Number, number_of, where_is
from hub.outreach.planning import HORIZON, Plan, best_address, planned_about
from hub.outreach.promotional import purpose_of, strictest
from hub.outreach.quiet_hours import Rulebook, Where
from hub.outreach.reach import Reach
from hub.outreach.record_days import Day
from hub.store import birthdays, equipment, habits, reminders, templates
from hub.store.tables import milliseconds

# outbound.md: a service due goes out at the next open window, so it may be late; but what has been due for weeks when
# it comes to be known is no reminder any more, and a file of old equipment must not end in a burst.
SERVICE_LATENESS = timedelta(days=14)
# Who had their birthday while nothing was planned is told of this long, so that "why not" has an answer.
_LOOKED_BACK = timedelta(days=3)
_A_DAY = timedelta(days=1)
_PAGE = 250


def missing_day_reminders(conn: Connection, now: datetime, house: House, rulebook: Rulebook | None = None) -> Plan:
    """Returns what is to be planned; only reads. Asking again after storing it returns an empty plan.

    `rulebook`: where a greeting or a request for a review is a promotion; without it, everywhere.
    """
    plan = Plan()
    for rule in reminders.rules(conn, enabled=True):
        for page in _pages(conn, rule, now, house):
            _plan_page(conn, plan, rule, page, now, house, rulebook)
    return plan


def _pages(conn: Connection, rule: Mapping[str, Any], now: datetime, house: House) -> Iterator[list[Day]]:
    ahead = timedelta(days=rule["minutes_before"] // MINUTES_A_DAY)
    # A day more at both ends: it is another one elsewhere.
    first, last = now.date() - _A_DAY + ahead, (now + HORIZON).date() + _A_DAY + ahead
    match rule["about"]:
        case birthdays.ABOUT:
            yield from _birthdays(conn, first - _LOOKED_BACK, last)
        case equipment.ABOUT:
            yield from _services(conn, first - SERVICE_LATENESS - _A_DAY, last)
        case about if about in reminders.OF_A_RECORD:
            yield from record_days.pages(conn, rule, first - _LOOKED_BACK, last, house.time_zone, now)


def _birthdays(conn: Connection, first: date, last: date) -> Iterator[list[Day]]:
    days = [first + timedelta(days=more) for more in range((last - first).days + 1)]
    after = 0
    while rows := birthdays.on(conn, days, after=after, limit=_PAGE):
        after = rows[-1].customer_id
        yield [
            Day(
                about=birthdays.ABOUT,
                about_id=row.customer_id,
                revision=day.year,
                customer_id=row.customer_id,
                day=day,
                occasion=day,
            )
            for row in rows
            for day in days
            if celebrated(row.birthday, day.year) == day
        ]


def _services(conn: Connection, first: date, last: date) -> Iterator[list[Day]]:
    after = None
    while rows := equipment.due(conn, first, last, after=after, limit=_PAGE):
        after = (rows[-1]["next_service_on"], rows[-1]["id"])
        yield [
            Day(
                about=equipment.ABOUT,
                about_id=row["id"],
                revision=row["revision"],
                customer_id=row["customer_id"],
                day=row["next_service_on"],
                # What the meter foretells moves with every reading: it is one occasion until the service was done.
                occasion=row["last_service_on"] or row["installed_on"] or row["created_at"].date(),
            )
            for row in rows
        ]


def _plan_page(
    conn: Connection,
    plan: Plan,
    rule: Mapping[str, Any],
    page: Sequence[Day],
    now: datetime,
    house: House,
    rulebook: Rulebook | None,
) -> None:
    planned = planned_about(conn, rule["about"], [one.about_id for one in page])
    page = [one for one in page if occasion_key(rule["id"], one) not in planned]
    if not page:
        return
    ids = [one.about_id for one in page]
    skipped = reminders.skips_about(conn, rule["about"], ids)
    customers = reminders.whereabouts(conn, [one.customer_id for one in page])
    held = reminders.addresses(conn, sorted(customers))
    hours = read_best_hours(rule["best_hours"], "best_hours")
    shown = habits.known(conn, sorted(customers)) if hours or rule["best_of"] else {}
    template = strictest(list(templates.active(conn, rule["template"]).values()))
    reach = Reach.of(conn, held if rule["best_of"] else {}, house)

    def may(lane: Lane, address: Mapping[str, Any]) -> bool:
        where = _where(customers[address["customer_id"]], address)
        return reach.may(address, lane, purpose_of(template, where, rulebook, now.date()), now)

    for one in page:
        customer = customers.get(one.customer_id)
        if customer is None:
            continue
        known, theirs = shown.get(one.customer_id), held.get(one.customer_id, ())
        way = by_best(rule, known, theirs, house, may)
        lane = house.lanes.get(way["channel"])
        address = best_address(theirs, lane.reaches if lane else ())
        place = _place(customer, address, house)
        due_at, expires_at = window(rule, one.day, place, hours.at(known.hour) if hours and known else None)
        if due_at > now + HORIZON:
            continue
        seen: dict[str, Any] = {"channel": way["channel"]}
        if one.refused:
            reason = one.refused
        elif now >= expires_at:
            reason, seen = "day_passed", {"due_at": due_at.isoformat(), "late_after": expires_at.isoformat()}
        elif lane is None:
            reason = "no_channel"
        elif not template["purpose"]:
            reason, seen = "no_template", {"template": rule["template"]}
        elif address is None:
            reason = "no_address"
        else:
            purpose = purpose_of(template, _where(customer, address), rulebook, now.date())
            message = _message(way, one, address, purpose, due_at, expires_at, now, house)
            message["content"] |= evidence(known, hour=hours is not None, channel=bool(rule["best_of"]))
            if template["kind"]:
                message["content"]["kind"] = template["kind"]
            plan.messages.append(message)
            continue
        if (rule["id"], one.about_id, one.revision, reason) not in skipped:
            plan.skips.append(_skip(rule, one, reason, seen, now))


def window(rule: Mapping[str, Any], day: date, place: ZoneInfo, best: time | None = None) -> tuple[datetime, datetime]:
    """Returns when a reminder of a day is due, and from when on it is too late (outbound.md, lateness). `best`: the
    customer's best hour, where the rule asks for it.

    What greets on a day is of use on that local day only; a service may be told of some days late.
    """
    on = day - timedelta(days=rule["minutes_before"] // MINUTES_A_DAY)
    hour, minute = divmod(rule["at_minute"], 60)
    due_at = local_instant(datetime.combine(on, best or time(hour, minute)), place)
    if rule["about"] == equipment.ABOUT:
        return due_at, due_at + SERVICE_LATENESS
    return due_at, local_instant(datetime.combine(on + _A_DAY, time()), place)


def occasion_key(rule_id: int, one: Day) -> str:
    """Names what a rule says once: one birthday of one year, one service of one thing."""
    return f"rule:{rule_id}:{one.about}:{one.about_id}:{milliseconds(midnight(one.occasion))}:"


def _place(customer: Mapping[str, Any], address: Mapping[str, Any] | None, house: House) -> ZoneInfo:
    """Returns the clock of a customer: the stated one, else what address and number agree on, else the business's."""
    try:
        if customer["time_zone"]:
            return zone(customer["time_zone"])
    except Refused:
        pass  # an unreadable zone is as good as none
    found = _where(customer, address).zones
    return zone(next(iter(found)) if len(found) == 1 else house.time_zone)


def _where(customer: Mapping[str, Any], address: Mapping[str, Any] | None) -> Where:
    by_phone = address is not None and address["scheme"] in ("tel", "whatsapp")
    return where_is(customer, number_of(address["value"]) if by_phone and address else Number())


def _message(
    rule: Mapping[str, Any],
    one: Day,
    address: Mapping[str, Any],
    purpose: str,
    due_at: datetime,
    expires_at: datetime,
    now: datetime,
    house: House,
) -> dict[str, Any]:
    channel, mail = rule["channel"], address["scheme"] == "mailto"
    return {
        "dedupe_key": f"{occasion_key(rule['id'], one)}{one.day}:{channel}:{address['scheme']}:{address['value']}",
        "origin": Origin.RULE.value,
        "purpose": purpose,
        "channel": channel,
        "customer_id": one.customer_id,
        "identity_id": address["id"],
        "template": rule["template"],
        "about": one.about,
        "about_id": one.about_id,
        "about_revision": one.revision,
        "content": {
            "rule": rule["id"],
            "rule_name": rule["name"],
            **_said(one),
            "due_at": due_at.isoformat(),
            **house.lanes[channel].said,
        },
        "rfc_message_id": f"{secrets.token_hex(16)}@{house.message_domain(channel)}" if mail else "",
        "state": State.READY.value,
        "due_at": due_at,
        "expires_at": expires_at,
        "planned_at": now,
    }


def _skip(rule: Mapping[str, Any], one: Day, reason: str, seen: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "rule_id": rule["id"],
        "about": one.about,
        "about_id": one.about_id,
        "about_revision": one.revision,
        "reason": reason,
        "customer_id": one.customer_id,
        "seen": {**seen, "rule_name": rule["name"], **_said(one)},
        "at": now,
    }


def _said(one: Day) -> dict[str, str]:
    return {"starts_at": (one.at or midnight(one.day)).isoformat()}
