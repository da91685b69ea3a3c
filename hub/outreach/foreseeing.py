"""Foreseeing: reads from a copy that was played through what would have gone out, and what not and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.outbound import FINAL, Origin, State
from hub.outreach.reasons import in_words
from hub.store import outbox
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

# What the hub writes by itself: answers of staff are no plans.
OURS = (Origin.RUN.value, Origin.RULE.value)
_PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One message to come, or one that does not: `gets` says which, `words` why. `at`: when, in UTC and `local`."""

    at: datetime
    local: str
    customer: int
    name: str
    to: str
    channel: str
    kind: str
    what: str
    gets: bool
    words: str


def foreseen(conn: Connection, given: tuple[int, datetime, str]) -> list[Foreseen]:
    """Returns everything that a copy came to after its newest message of before, since a moment, in order of time."""
    last, since, own_zone = given
    found = [*_messages(conn, last, since, own_zone), *_reminder_skips(conn, since, own_zone)]
    found += _run_skips(conn, since, own_zone)
    return sorted(found, key=lambda item: (item.at, item.customer))


def _messages(conn: Connection, last: int, since: datetime, own_zone: str) -> list[Foreseen]:
    """Returns what was planned on the way, and what had been planned before and was decided on it."""
    final = sorted(state.value for state in FINAL)
    statement = (
        select(
            MessageRow.id, MessageRow.customer_id, MessageRow.channel, MessageRow.about, MessageRow.state,
            MessageRow.reason, MessageRow.due_at, MessageRow.sent_at, MessageRow.content, MessageRow.template,
            CampaignRow.title, CustomerRow.display_name, CustomerRow.time_zone, IdentityRow.scheme, IdentityRow.value,
        )
        .join(CustomerRow, CustomerRow.id == MessageRow.customer_id)
        .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
        .outerjoin(RunRow, RunRow.id == MessageRow.run_id)
        .outerjoin(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .where(MessageRow.origin.in_(OURS), MessageRow.state.in_(final), MessageRow.due_at >= since)
        .order_by(MessageRow.id)
    )  # fmt: skip
    rows = conn.execute(statement).all()
    items = []
    for start in range(0, len(rows), _PAGE):
        page = rows[start : start + _PAGE]
        steps = outbox.last_steps(conn, [row.id for row in page if row.state != State.ACCEPTED])
        items += [_item(row, steps.get(row.id), own_zone) for row in page if _is_new(row, last, since)]
    return items


def _is_new(row: Any, last: int, since: datetime) -> bool:
    return row.id > last or row.state != State.ACCEPTED or (row.sent_at is not None and row.sent_at >= since)


def _item(row: Any, step: Mapping[str, Any] | None, own_zone: str) -> Foreseen:
    # When it is due, not when a step of the clock that jumps came to it.
    gets, at = row.state == State.ACCEPTED, row.due_at
    kind = "campaign" if row.title else "sequence" if row.about == "sequence" else "reminder"
    words = "" if gets else in_words(row.state, row.reason, (step or {}).get("seen"))
    return Foreseen(
        at=at,
        local=_local(at, row.time_zone, own_zone),
        customer=row.customer_id,
        name=row.display_name,
        to=f"{row.scheme}:{row.value}",
        channel=row.channel,
        kind=kind,
        what=row.title or str(row.content.get("rule_name") or row.template),
        gets=gets,
        words=words or f"Gets {row.template.replace('_', ' ')}.",
    )


def _reminder_skips(conn: Connection, since: datetime, own_zone: str) -> list[Foreseen]:
    rows = conn.execute(
        select(*ReminderSkipRow.__table__.c, ReminderRuleRow.name, ReminderRuleRow.channel, CustomerRow.display_name,
               CustomerRow.time_zone)
        .join(ReminderRuleRow, ReminderRuleRow.id == ReminderSkipRow.rule_id)
        .join(CustomerRow, CustomerRow.id == ReminderSkipRow.customer_id)
        .where(ReminderSkipRow.at >= since)
    )  # fmt: skip
    return [_skip(row, "reminder", row.name, row.channel, own_zone) for row in rows]


def _run_skips(conn: Connection, since: datetime, own_zone: str) -> list[Foreseen]:
    rows = conn.execute(
        select(*RunSkipRow.__table__.c, RunRow.definition, CampaignRow.title, CustomerRow.display_name,
               CustomerRow.time_zone)
        .join(RunRow, RunRow.id == RunSkipRow.run_id)
        .join(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .join(CustomerRow, CustomerRow.id == RunSkipRow.customer_id)
        .where(RunSkipRow.at >= since)
    )  # fmt: skip
    return [_skip(row, "campaign", row.title, row.definition.get("channel", ""), own_zone) for row in rows]


def _skip(row: Any, kind: str, what: str, channel: str, own_zone: str) -> Foreseen:
    return Foreseen(
        at=row.at,
        local=_local(row.at, row.time_zone, own_zone),
        customer=row.customer_id,
        name=row.display_name,
        to="",
        channel=channel,
        kind=kind,
        what=what,
        gets=False,
        words=in_words("", row.reason, row.seen),
    )


def _local(at: datetime, stated: str, own_zone: str) -> str:
    try:
        place = zone(stated or own_zone)
    except Refused:
        place = zone(own_zone)  # an unreadable zone is as good as none
    return f"{at.astimezone(place):%a %Y-%m-%d %H:%M %Z}"
