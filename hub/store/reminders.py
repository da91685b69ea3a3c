"""Reminder rules, what they are about, and the reminders that were never planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.model.habits import read_best_hours, read_best_of
from hub.model.local_time import MINUTES_A_DAY
from hub.store import appointments, birthdays, calls_back, equipment, offers, record_days
from hub.store.question import Question, columns_of
from hub.store.tables import CustomerRow, IdentityRow, ReminderRuleRow, ReminderSkipRow
from hub.store.upsert import insert_new

_RULE = ReminderRuleRow.__table__.c
_SKIP = ReminderSkipRow.__table__.c
_SKIPS_OF = (
    select(*_SKIP, ReminderRuleRow.name.label("rule"), ReminderRuleRow.channel)
    .join(ReminderRuleRow, ReminderRuleRow.id == ReminderSkipRow.rule_id)
    .where(ReminderSkipRow.customer_id == bindparam("customer"))
    .order_by(ReminderSkipRow.at.desc(), ReminderSkipRow.about_id.desc())
    .limit(bindparam("most"))
)
_ADDRESS = ("id", "customer_id", "scheme", "value", "confirmed_at", "opened_at")
_ADDRESSES = Question(
    columns_of(*(getattr(IdentityRow, name) for name in _ADDRESS)),
    "identity WHERE identity.customer_id {among} AND identity.closed_at IS NULL",
)
_WHERE = ("id", "time_zone", "country", "facts")
_WHEREABOUTS = Question(
    columns_of(*(getattr(CustomerRow, name) for name in _WHERE)), "customer WHERE customer.id {among}"
)
_EDITABLE = frozenset(
    {
        "name",
        "minutes_before",
        "lead_minutes",
        "at_minute",
        "best_hours",
        "channel",
        "next_channel",
        "best_of",
        "template",
        "enabled",
    }
)
LONGEST = 366 * 1440
LONGEST_AFTER = 3 * LONGEST
NINE_O_CLOCK = 9 * 60
# A day has no hour: these go out whole days before, at an hour of the customer's own.
OF_A_RECORD = (record_days.PURCHASE, record_days.LAPSE, record_days.INQUIRY, offers.ABOUT)
OF_A_DAY = (birthdays.ABOUT, equipment.ABOUT, *OF_A_RECORD)
# These go out whole days after; `minutes_before` is below nought.
AFTERWARDS = (record_days.PURCHASE, record_days.LAPSE, record_days.INQUIRY)
ABOUTS = (appointments.ABOUT, calls_back.ABOUT, *OF_A_DAY)


def rules(conn: Connection, *, enabled: bool = False) -> list[dict[str, Any]]:
    """Returns the reminder rules, earliest before the event first; only the enabled ones, if asked."""
    statement = select(*_RULE).order_by(ReminderRuleRow.minutes_before.desc(), ReminderRuleRow.id)
    if enabled:
        statement = statement.where(ReminderRuleRow.enabled)
    return [dict(row._mapping) for row in conn.execute(statement)]


def rule(conn: Connection, rule_id: int) -> dict[str, Any]:
    """Returns a rule. Raises NotFound."""
    row = conn.execute(select(*_RULE).where(ReminderRuleRow.id == rule_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no reminder {rule_id}.")
    return dict(row._mapping)


def add_rule(
    conn: Connection,
    *,
    name: str,
    minutes_before: int,
    channel: str,
    template: str,
    now: datetime,
    lead_minutes: int = 30,
    enabled: bool = True,
    about: str = appointments.ABOUT,
    at_minute: int = NINE_O_CLOCK,
    next_channel: str = "",
    best_hours: Sequence[int] = (),
    best_of: Sequence[str] = (),
) -> int:
    """Adds a rule and returns its id. Raises Refused."""
    row = {
        "name": name,
        "about": about,
        "minutes_before": minutes_before,
        "lead_minutes": lead_minutes,
        "at_minute": at_minute,
        "best_hours": list(best_hours),
        "channel": channel,
        "next_channel": next_channel,
        "best_of": list(best_of),
        "template": template,
        "enabled": enabled,
    }
    check_rule(row)
    _check_name(conn, name, None)
    made: int = conn.execute(
        insert(ReminderRuleRow).values(**row, created_at=now).returning(ReminderRuleRow.id)
    ).scalar_one()
    return made


def change_rule(conn: Connection, rule_id: int, changes: Mapping[str, Any]) -> None:
    """Changes a rule; what it has planned already stays. Raises Refused and NotFound."""
    unknown = sorted(set(changes) - _EDITABLE)
    if unknown:
        raise Refused(f"{unknown[0]!r} of a reminder cannot be changed.", field=unknown[0])
    check_rule({**rule(conn, rule_id), **changes})
    if "name" in changes:
        _check_name(conn, changes["name"], rule_id)
    if changes:
        conn.execute(update(ReminderRuleRow).where(ReminderRuleRow.id == rule_id).values(**changes))


def remove_rule(conn: Connection, rule_id: int) -> None:
    """Removes a rule; messages it has planned keep their own story. Raises NotFound."""
    conn.execute(delete(ReminderSkipRow).where(ReminderSkipRow.rule_id == rule_id))
    if conn.execute(delete(ReminderRuleRow).where(ReminderRuleRow.id == rule_id)).rowcount != 1:
        raise NotFound(f"There is no reminder {rule_id}.")


def _check_name(conn: Connection, name: str, own: int | None) -> None:
    holder = conn.scalar(select(ReminderRuleRow.id).where(ReminderRuleRow.name == name))
    if holder not in (None, own):
        raise Refused(f"There is a reminder {name!r} already.", field="name")


def check_rule(rule: Mapping[str, Any]) -> None:
    """Raises Refused naming what of a rule makes no sense."""
    if not str(rule["name"]).strip():
        raise Refused("A reminder needs a name.", field="name")
    if rule["about"] not in ABOUTS:
        raise Refused(f"Reminders can be about: {', '.join(ABOUTS)}.", field="about")
    if rule.get("next_channel") and rule["next_channel"] == rule["channel"]:
        raise Refused("The next channel is another one.", field="next_channel")
    if rule.get("next_channel") and rule["about"] != appointments.ABOUT:
        raise Refused("Only reminders of appointments go on by a next channel.", field="next_channel")
    best_of = read_best_of(list(rule.get("best_of", [])), rule["channel"], "best_of")
    if best_of and rule["about"] == calls_back.ABOUT:
        raise Refused("It goes to staff, who have no best channel.", field="best_of")
    best_hours = read_best_hours(list(rule.get("best_hours", [])), "best_hours")
    if best_hours is not None and rule["about"] not in OF_A_DAY:
        raise Refused("An appointment has its own hour; only a day has a best one.", field="best_hours")
    if rule["about"] in OF_A_DAY:
        if rule["minutes_before"] % MINUTES_A_DAY:
            raise Refused("It goes out whole days before or after.", field="minutes_before")
        if rule["about"] in AFTERWARDS:
            if not MINUTES_A_DAY <= -rule["minutes_before"] <= LONGEST_AFTER:
                raise Refused("It goes out a day to three years after.", field="minutes_before")
        elif not 0 <= rule["minutes_before"] <= LONGEST:
            raise Refused("It goes out on the day, or whole days before, up to a year.", field="minutes_before")
        if not 0 <= rule["at_minute"] < MINUTES_A_DAY:
            raise Refused("The hour must be one of the day.", field="at_minute")
        return
    if not 0 < rule["minutes_before"] <= LONGEST:
        raise Refused("A reminder goes out between a minute and a year before.", field="minutes_before")
    if not 0 <= rule["lead_minutes"] <= rule["minutes_before"]:
        raise Refused("The lead must be between 0 and the time before.", field="lead_minutes")


def addresses(conn: Connection, customers: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Returns the open identities of each customer, the best to write to first: confirmed ones, then the newest."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _ADDRESSES(conn, sorted(set(customers))):
        one = dict(zip(_ADDRESS, row, strict=True))
        found.setdefault(one["customer_id"], []).append(one)
    for held in found.values():
        held.sort(key=lambda one: (one["confirmed_at"] is not None, one["opened_at"], one["id"]), reverse=True)
    return found


def whereabouts(conn: Connection, customers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns what tells where each customer is: time_zone, country and facts."""
    rows = _WHEREABOUTS(conn, sorted(set(customers)))
    return {row[0]: dict(zip(_WHERE, row, strict=True)) for row in rows}


def note_skips(conn: Connection, skips: Sequence[Mapping[str, Any]]) -> None:
    """Notes reminders that were not planned, as rows of ReminderSkipRow; one already noted stays."""
    insert_new(conn, ReminderSkipRow, skips)


def skips_about(conn: Connection, about: str, ids: Sequence[int]) -> set[tuple[int, int, int, str]]:
    """Returns what is noted already: (rule, about id, revision, reason)."""
    if not ids:
        return set()
    rows = conn.execute(
        select(_SKIP.rule_id, _SKIP.about_id, _SKIP.about_revision, _SKIP.reason).where(
            ReminderSkipRow.about == about, ReminderSkipRow.about_id.in_(ids)
        )
    )
    return {(row.rule_id, row.about_id, row.about_revision, row.reason) for row in rows}


def skips_of(conn: Connection, customer_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Returns the reminders that a customer was not to get, newest first, with the rule's name."""
    return [dict(row._mapping) for row in conn.execute(_SKIPS_OF, {"customer": customer_id, "most": limit})]
