"""Foreseeing: reads from a copy that was played through what would have gone out, and what not and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hub.model.local_time import MINUTES_A_DAY, local_instant, minutes_before, zone
from hub.model.outbound import FINAL, Origin, State
from hub.outreach import best
from hub.outreach.outlook import Outlook, place_of
from hub.outreach.planning import HORIZON
from hub.outreach.reasons import in_words
from hub.store import outbox
from hub.store.appointments import ABOUT as APPOINTMENT
from hub.store.tables import (
    CampaignRow,
    CustomerRow,
    IdentityRow,
    MessageRow,
    ReminderRuleRow,
    ReminderSkipRow,
    RunRow,
    RunSkipRow,
)
from hub.store.tables.base import Moment

# What the hub writes by itself: answers of staff are no plans.
OURS = (Origin.RUN.value, Origin.RULE.value)
_PAGE = 2_000
# Named by what they are not: no index of states is of use for that.
_NOT_FINAL = sorted(state.value for state in set(State) - FINAL)


_M = MessageRow.__table__.c
# A page is chosen by ids alone, before anything is joined to it: else SQLite walks all customers, or the index of
# states, and sorts all of their messages anew for each page.
_ON_PAGE = (
    select(
        _M.id, _M.customer_id, _M.identity_id, _M.run_id, _M.channel, _M.about, _M.state, _M.reason, _M.due_at,
        _M.sent_at, _M.content, _M.template,
    )
    .where(
        _M.id > bindparam("after"),
        _M.origin.in_(OURS),
        _M.state.not_in(_NOT_FINAL),
        _M.due_at >= bindparam("since", type_=Moment()),
    )
    .order_by(_M.id)
    .limit(_PAGE)
    .subquery("page")
)  # fmt: skip
_DECIDED = (
    select(
        *_ON_PAGE.c, CampaignRow.title, CustomerRow.display_name, CustomerRow.time_zone, IdentityRow.scheme,
        IdentityRow.value,
    )
    .join(CustomerRow, CustomerRow.id == _ON_PAGE.c.customer_id)
    .join(IdentityRow, IdentityRow.id == _ON_PAGE.c.identity_id)
    .outerjoin(RunRow, RunRow.id == _ON_PAGE.c.run_id)
    .outerjoin(CampaignRow, CampaignRow.id == RunRow.campaign_id)
    .order_by(_ON_PAGE.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Travelled:
    """What was played through: after its newest message of before, since a moment, until another; on whose clock."""

    newest: int
    since: datetime
    until: datetime
    own_zone: str


def foreseen(conn: Connection, asked: Travelled) -> Outlook:
    """Returns everything that a copy came to, in order of time."""
    found = Outlook(asked.own_zone)
    _messages(conn, asked, found)
    _reminder_skips(conn, asked, found)
    _run_skips(conn, asked, found)
    found.sort()
    return found


def _messages(conn: Connection, asked: Travelled, found: Outlook) -> None:
    """Adds what was planned on the way, and what had been planned before and was decided on it."""
    after = 0
    while rows := conn.execute(_DECIDED, {"after": after, "since": asked.since}).all():
        after = rows[-1].id
        steps = outbox.last_steps(conn, [row.id for row in rows if row.state != State.ACCEPTED])
        for row in rows:
            if _is_new(row, asked):
                _add(found, row, steps.get(row.id))


def _is_new(row: Any, asked: Travelled) -> bool:
    is_of_before = row.id <= asked.newest and row.state == State.ACCEPTED
    return not is_of_before or (row.sent_at is not None and row.sent_at >= asked.since)


def _add(found: Outlook, row: Any, step: Mapping[str, Any] | None) -> None:
    gets = row.state == State.ACCEPTED
    kind = "campaign" if row.title else "sequence" if row.about == "sequence" else "reminder"
    words = _why(row) if gets else _why_not(row, (step or {}).get("seen") or {})
    what = row.title or str(row.content.get("rule_name") or row.template)
    said = (f"{row.scheme}:{row.value}", row.channel, kind, what, words)
    # When it is due, not when a step of the clock that jumps came to it.
    found.add(row.due_at, row.customer_id, (row.display_name, row.time_zone), said, gets=gets)


def _why(row: Any) -> str:
    told = best.told(row.content.get(best.KEPT, {}), row.scheme)
    return f"Gets {row.template.replace('_', ' ')}. {told}".rstrip()


def _why_not(row: Any, seen: Mapping[str, Any]) -> str:
    """What was held until it was too late is told with what held it."""
    told = in_words(row.state, row.reason, seen)
    return f"{told} {in_words(State.HELD, seen['held'], seen['held_seen'])}" if "held" in seen else told


def _reminder_skips(conn: Connection, asked: Travelled, found: Outlook) -> None:
    """Adds reminders that were not planned, each once: what has no address is not too late besides."""
    rows = conn.execute(
        select(
            *ReminderSkipRow.__table__.c, ReminderRuleRow.name, ReminderRuleRow.channel,
            ReminderRuleRow.minutes_before, ReminderRuleRow.at_minute, CustomerRow.display_name, CustomerRow.time_zone,
        )
        .join(ReminderRuleRow, ReminderRuleRow.id == ReminderSkipRow.rule_id)
        .join(CustomerRow, CustomerRow.id == ReminderSkipRow.customer_id)
        # What is due within these days may have been known before them: rules plan ahead.
        .where(ReminderSkipRow.at >= asked.since - HORIZON)
        .order_by(ReminderSkipRow.at)
    )  # fmt: skip
    told: set[tuple[int, str, int, int]] = set()
    for row in rows:
        occasion, due = (row.rule_id, row.about, row.about_id, row.about_revision), _was_due(row, asked)
        is_past = row.at < asked.since and due < asked.since
        if occasion not in told and not is_past and due <= asked.until:
            _skip(found, row, max(due, asked.since), "reminder", row.name, row.channel)
        told.add(occasion)


def _was_due(row: Any, asked: Travelled) -> datetime:
    """Returns when a reminder would have gone out: some days before it, it is known that it will not."""
    seen = row.seen or {}
    if "due_at" in seen:
        return datetime.fromisoformat(seen["due_at"])
    if "starts_at" not in seen:
        found: datetime = row.at
        return found
    starts_at = datetime.fromisoformat(seen["starts_at"])
    if row.about == APPOINTMENT:
        return minutes_before(starts_at, row.minutes_before, zone(asked.own_zone))
    place = place_of(row.time_zone, asked.own_zone)
    # A day begins at midnight in UTC, whosever day it is.
    day = starts_at - timedelta(days=row.minutes_before // MINUTES_A_DAY)
    return local_instant(day.replace(tzinfo=None) + timedelta(minutes=row.at_minute), place)


def _run_skips(conn: Connection, asked: Travelled, found: Outlook) -> None:
    for row in _streamed(
        conn,
        select(
            *RunSkipRow.__table__.c, RunRow.definition, CampaignRow.title, CustomerRow.display_name,
            CustomerRow.time_zone,
        )
        .join(RunRow, RunRow.id == RunSkipRow.run_id)
        .join(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .join(CustomerRow, CustomerRow.id == RunSkipRow.customer_id)
        .where(RunSkipRow.at >= asked.since),
    ):  # fmt: skip
        _skip(found, row, row.at, "campaign", row.title, row.definition.get("channel", ""))


def _streamed(conn: Connection, statement: Any) -> Iterator[Any]:
    """Returns rows page by page: a month of a large hub has hundreds of thousands."""
    return iter(conn.execute(statement, execution_options={"yield_per": _PAGE}))


def _skip(found: Outlook, row: Any, at: datetime, kind: str, what: str, channel: str) -> None:
    said = ("", channel, kind, what, in_words("", row.reason, row.seen))
    found.add(at, row.customer_id, (row.display_name, row.time_zone), said, gets=False)
