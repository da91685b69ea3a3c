"""A month ahead: what is planned on which day, as far as it is known now: campaigns, sequences and reminders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, Text, case, func, select, type_coerce

from hub.model.birthday import celebrated
from hub.model.campaign import LAUNCHED
from hub.model.errors import HubError
from hub.model.local_time import MINUTES_A_DAY, local_instant, minutes_before, zone
from hub.model.outbound import WAITING, Origin, State
from hub.model.sequence import Standing
from hub.outreach import record_days
from hub.outreach.house import House
from hub.outreach.planning import HORIZON
from hub.store import appointments, audience, birthdays, campaigns, equipment, reminders, segments
from hub.store.tables import AppointmentRow, CampaignRow, EnrolmentRow, MessageRow, RunRow, SequenceRow
from hub.store.tables.base import moment

LONGEST = timedelta(days=62)
_A_DAY = timedelta(days=1)
_PAGE = 1_000
# Milliseconds of a quarter of an hour: the days of every zone begin with one.
_QUARTER = 15 * 60 * 1000
# A recurring campaign of every hour would fill the month with itself.
_MOST_RUNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is planned on one day of the business. `kind`: campaign, run, sequence or reminder; `count`: how many
    messages or people, None where nobody knows yet; `sent`: of it, what has gone out; `link`: its page.
    """

    day: date
    kind: str
    title: str
    channel: str
    count: int | None
    sent: int = 0
    at: datetime | None = None
    link: str = ""


@dataclass(slots=True)
class _Counted:
    many: int = 0
    sent: int = 0
    channels: set[str] = field(default_factory=set)


def planned(conn: Connection, first: date, last: date, house: House, now: datetime) -> list[Entry]:
    """Returns what is planned from one day to another, of the business's clock, by day; only reads."""
    place = zone(house.time_zone)
    start, end = local_instant(_midnight(first), place), local_instant(_midnight(last + _A_DAY), place)
    found = [
        *_messages(conn, start, end, place),
        *_runs(conn, start, end, house, now, place),
        *_sequences(conn, max(start, now), end, place),
        *_appointments(conn, start, end, now, place),
        *_days(conn, first, last, house, now),
    ]
    return sorted(found, key=lambda one: (one.day, one.at is None, one.at or now, one.kind, one.title))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _messages(conn: Connection, start: datetime, end: datetime, place: ZoneInfo) -> Iterator[Entry]:
    """Yields what stands in the ledger already, sent or waiting."""
    waiting = [state.value for state in WAITING]
    content = MessageRow.content.expression
    quarter = (type_coerce(MessageRow.due_at, BigInteger) // _QUARTER).label("quarter")
    kept = case((MessageRow.run_id.is_(None), content.op("->>", return_type=Text())("rule_name"))).label("rule")
    walked = case((MessageRow.run_id.is_(None), content.op("->>", return_type=Text())("sequence"))).label("sequence")
    alike = (quarter, MessageRow.channel, MessageRow.about, kept, walked, CampaignRow.id, CampaignRow.title)
    accepted = func.sum(case((MessageRow.state == State.ACCEPTED.value, 1), else_=0)).label("sent")
    rows = conn.execute(
        select(*alike, func.count().label("many"), accepted)
        .select_from(MessageRow)
        .outerjoin(RunRow, RunRow.id == MessageRow.run_id)
        .outerjoin(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .where(
            MessageRow.due_at >= start,
            MessageRow.due_at < end,
            MessageRow.origin.in_((Origin.RUN.value, Origin.RULE.value)),
            MessageRow.state.in_((*waiting, State.ACCEPTED.value)),
        )
        .group_by(
            "quarter", MessageRow.channel, MessageRow.about, "rule", "sequence", CampaignRow.id, CampaignRow.title
        )
    )
    counts: dict[tuple[date, str, str, str], _Counted] = {}
    for row in rows:
        kind = "run" if row.id else "sequence" if row.about == "sequence" else "reminder"
        link = f"/campaigns/{row.id}" if row.id else _link(kind, row.sequence or "")
        day = moment(row.quarter * _QUARTER).astimezone(place).date()
        here = counts.setdefault((day, kind, row.title or row.rule or "", link), _Counted())
        here.many += row.many
        here.sent += row.sent
        here.channels.add(row.channel)
    for (day, kind, title, link), here in counts.items():
        channel = " / ".join(sorted(here.channels))
        yield Entry(day=day, kind=kind, title=title, channel=channel, count=here.many, sent=here.sent, link=link)


def _either(own: str, others: Sequence[str]) -> str:
    """Returns by which channel something goes, where each customer's best one decides: by any of them."""
    return " / ".join((own, *others))


def _link(kind: str, sequence: str) -> str:
    return f"/sequences/{sequence}" if kind == "sequence" else "/reminders"


def _runs(
    conn: Connection, start: datetime, end: datetime, house: House, now: datetime, place: ZoneInfo
) -> Iterator[Entry]:
    """Yields the runs to come of launched campaigns; how many people is what their segment has today."""
    for campaign in campaigns.listed(conn):
        at = campaign["next_run_at"]
        if campaign["state"] not in LAUNCHED or at is None:
            continue
        try:
            definition = campaigns.definition_of(campaign)
            segment = segments.by_id(conn, campaign["definition"][campaigns.PINNED]["segment_id"]).segment
            people = audience.count(conn, segment, now)
        except HubError:
            continue  # its own page says why it cannot be read
        for _ in range(_MOST_RUNS):
            if at is None or at >= end:
                break
            if at >= start:
                yield Entry(
                    day=at.astimezone(place).date(),
                    kind="campaign",
                    title=campaign["title"],
                    channel=_either(definition.channel, definition.best_of),
                    count=people,
                    at=at,
                    link=f"/campaigns/{campaign['id']}",
                )
            at = definition.schedule.next_after(at, house.time_zone) if definition.schedule.cron else None


def _sequences(conn: Connection, start: datetime, end: datetime, place: ZoneInfo) -> Iterator[Entry]:
    """Yields how many people's next step is due; what follows that step depends on them."""
    rows = conn.execute(
        select(EnrolmentRow.sequence, EnrolmentRow.due_at, SequenceRow.definition)
        .join(SequenceRow, SequenceRow.id == EnrolmentRow.sequence_id)
        .where(EnrolmentRow.state == Standing.ACTIVE.value, EnrolmentRow.due_at >= start, EnrolmentRow.due_at < end)
    )
    counts: dict[tuple[date, str, str], int] = {}
    for row in rows:
        key = (row.due_at.astimezone(place).date(), row.sequence, str(row.definition.get("title", row.sequence)))
        counts[key] = counts.get(key, 0) + 1
    for (day, name, title), many in counts.items():
        yield Entry(day=day, kind="sequence", title=title, channel="", count=many, link=f"/sequences/{name}")


def _appointments(conn: Connection, start: datetime, end: datetime, now: datetime, place: ZoneInfo) -> Iterator[Entry]:
    """Yields the reminders of appointments that are not planned yet: what is due within the horizon stands above."""
    begin = max(start, now + HORIZON)
    for rule in reminders.rules(conn, enabled=True):
        if rule["about"] != appointments.ABOUT:
            continue
        ahead = timedelta(minutes=rule["minutes_before"])
        rows = conn.execute(
            select(AppointmentRow.starts_at, AppointmentRow.time_zone, func.count().label("many"))
            .where(
                AppointmentRow.state.in_(appointments.TO_COME),
                AppointmentRow.starts_at >= begin + ahead - _A_DAY,
                AppointmentRow.starts_at < end + ahead + _A_DAY,
            )
            .group_by(AppointmentRow.starts_at, AppointmentRow.time_zone)
        )
        counts: dict[date, int] = {}
        for row in rows:
            due = minutes_before(row.starts_at, rule["minutes_before"], zone(row.time_zone))
            if begin <= due < end:
                day = due.astimezone(place).date()
                counts[day] = counts.get(day, 0) + row.many
        yield from _of_rule(rule, counts)


def _days(conn: Connection, first: date, last: date, house: House, now: datetime) -> Iterator[Entry]:
    """Yields the reminders of days that are not planned yet: birthdays, services, and what follows a record."""
    begin = max(first, (now + HORIZON).date() + _A_DAY)
    if begin > last:
        return
    for rule in reminders.rules(conn, enabled=True):
        ahead = timedelta(days=rule["minutes_before"] // MINUTES_A_DAY)
        counts: dict[date, int] = {}
        for day in _occasions(conn, rule, begin + ahead, last + ahead, house, now):
            if begin <= (on := day - ahead) <= last:
                counts[on] = counts.get(on, 0) + 1
        yield from _of_rule(rule, counts)


def _occasions(
    conn: Connection, rule: Mapping[str, Any], first: date, last: date, house: House, now: datetime
) -> Iterator[date]:
    match rule["about"]:
        case birthdays.ABOUT:
            days = [first + timedelta(days=more) for more in range((last - first).days + 1)]
            after = 0
            while rows := birthdays.on(conn, days, after=after, limit=_PAGE):
                after = rows[-1].customer_id
                yield from (day for row in rows for day in days if celebrated(row.birthday, day.year) == day)
        case equipment.ABOUT:
            seen: tuple[date, int] | None = None
            while things := equipment.due(conn, first, last, after=seen, limit=_PAGE):
                seen = (things[-1]["next_service_on"], things[-1]["id"])
                yield from (thing["next_service_on"] for thing in things)
        case about if about in reminders.OF_A_RECORD:
            for page in record_days.pages(conn, rule, first, last, house.time_zone, now):
                yield from (one.day for one in page if not one.refused)


def _of_rule(rule: Mapping[str, Any], counts: Mapping[date, int]) -> Iterator[Entry]:
    for day, many in counts.items():
        yield Entry(
            day=day,
            kind="reminder",
            title=rule["name"],
            channel=_either(rule["channel"], rule["best_of"]),
            count=many,
            link="/reminders",
        )
