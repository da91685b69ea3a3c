"""The way out: what is stopped, what waits although it is due, what is in doubt."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, case, exists, func, select

from hub.insight.finders.asked import House, found, minutes
from hub.model.campaign import RunState
from hub.model.outbound import Purpose, State
from hub.store.dispatching import CLAIMABLE, kill_switch
from hub.store.new_life import promotions_held
from hub.store.problems import Found
from hub.store.tables import CampaignRow, ChannelStateRow, MessageRow, MessageStepRow, RunRow

_LATE = timedelta(minutes=15)
# A promotion may take hours to go out; it waits only where nothing at all goes out.
_STANDS_STILL = timedelta(minutes=10)
_DOUBT = timedelta(minutes=15)
_REMEMBERED = timedelta(days=7)
_MOST = 10_000


def stopped(conn: Connection, _house: House) -> list[Found]:
    """Returns why nothing goes out, or no promotion."""
    problems = []
    if why := kill_switch(conn):
        problems.append(found("sending_stopped", "hub", said=why))
    if held := promotions_held(conn):
        problems.append(found("restored_copy", "hub", said=held))
    return problems


def late(conn: Connection, house: House) -> list[Found]:
    """Returns channels whose messages should have gone out, and did not."""
    if not house.running or kill_switch(conn):
        return []
    due = (
        select(MessageRow.channel, MessageRow.due_at, MessageRow.purpose)
        .where(MessageRow.state.in_(CLAIMABLE), MessageRow.due_at <= house.now - _LATE)
        .order_by(MessageRow.due_at)
        .limit(_MOST)
        .subquery()
    )
    urgent = func.sum(case((due.c.purpose != Purpose.PROMOTIONAL.value, 1), else_=0)).label("urgent")
    rows = conn.execute(
        select(
            due.c.channel,
            func.count().label("n"),
            func.min(due.c.due_at).label("oldest"),
            urgent,
            ChannelStateRow.last_out_at,
            ChannelStateRow.paused_at,
        )
        .outerjoin(ChannelStateRow, ChannelStateRow.channel == due.c.channel)
        .group_by(due.c.channel, ChannelStateRow.last_out_at, ChannelStateRow.paused_at)
    )
    problems = []
    for row in rows:
        moves = row.last_out_at is not None and house.now - row.last_out_at < _STANDS_STILL
        if row.paused_at is None and (row.urgent or not moves):
            span = minutes(house.now - row.oldest)
            problems.append(found("outbox_late", row.channel, since=row.oldest, count=row.n, minutes=span))
    return problems


def doubtful(conn: Connection, house: House) -> list[Found]:
    """Returns how many messages may or may not have arrived, by channel."""
    for_long = exists().where(
        MessageStepRow.message_id == MessageRow.id,
        MessageStepRow.state == State.UNKNOWN.value,
        MessageStepRow.at <= house.now - _DOUBT,
    )
    unknown = select(MessageRow.channel, func.count().label("n")).where(
        MessageRow.state == State.UNKNOWN.value, for_long
    )
    given_up = select(MessageRow.channel, func.count().label("n")).where(
        MessageRow.state == State.ABANDONED.value,
        MessageRow.due_at >= house.now - _REMEMBERED,
        MessageRow.reason != "channel_switched",
    )
    return [
        found(code, row.channel, count=row.n)
        for code, statement in (("unknown_sends", unknown), ("abandoned_sends", given_up))
        for row in conn.execute(statement.group_by(MessageRow.channel))
    ]


def paused_by_rates(conn: Connection, _house: House) -> list[Found]:
    """Returns runs that the hub paused by itself because too much came back or was complained of."""
    rows = conn.execute(
        select(RunRow.id, RunRow.paused_at, RunRow.paused_why, CampaignRow.title)
        .join(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .where(RunRow.state == RunState.PAUSED.value, RunRow.paused_why != "")
        .order_by(RunRow.id)
    )
    problems = []
    for row in rows:
        what, many, sent, percent, _most = row.paused_why.split(" ")
        code = "run_paused_complaints" if what == "complaints" else "run_paused_bounces"
        seen = {"id": row.id, "count": int(many), "sent": int(sent), "percent": percent}
        problems.append(found(code, row.title, since=row.paused_at, **seen))
    return problems
