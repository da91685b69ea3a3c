"""Clicked: how many of a run's readers followed its links, and how often machines looked first; where it is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal, select, type_coerce

from hub.model.arms import Interval, wilson
from hub.store import runs
from hub.store.tables import FollowedLinkRow, LinkClickRow, MessageRow

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link and how many people followed it; `url` is empty for those that only one message had, together."""

    url: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """Who followed a link of a run. `people` by themselves, of those it was handed over to (`rate`, `interval`);
    `machines`: for how many messages only a machine has opened any; `links`: the most followed first.
    """

    people: int
    rate: float
    interval: Interval
    machines: int
    links: Sequence[Link]


def of_run(conn: Connection, run: Mapping[str, Any], days: int, accepted: int) -> Clicks | None:
    """Returns who followed the links of a run within so many days; None where nobody counts and none was counted."""
    ours = MessageRow.run_id == run["id"]
    mine = select(LinkClickRow.message_id).join(MessageRow, MessageRow.id == LinkClickRow.message_id).where(ours)
    people = conn.scalar(_counted(mine.where(_within(days)).distinct())) or 0
    touched = conn.scalar(_counted(mine.distinct())) or 0
    if not (run["definition"].get(runs.COUNTS_CLICKS) or touched):
        return None
    by_people = conn.scalar(_counted(mine.where(LinkClickRow.clicked_at.is_not(None)).distinct())) or 0
    url = func.coalesce(FollowedLinkRow.url, "").label("url")
    is_shared = (FollowedLinkRow.key == LinkClickRow.key) & FollowedLinkRow.message_id.is_(None)
    many = func.count(LinkClickRow.message_id.distinct()).label("people")
    followed = conn.execute(
        select(url, many)
        .select_from(MessageRow)
        .join(LinkClickRow, LinkClickRow.message_id == MessageRow.id)
        .outerjoin(FollowedLinkRow, is_shared)
        .where(ours, _within(days))
        .group_by(url)
        .order_by(many.desc(), url == "", url)
        .limit(_SHOWN)
    )
    return Clicks(
        people=people,
        rate=people / accepted if accepted else 0.0,
        interval=wilson(min(people, accepted), accepted),
        machines=touched - by_people,
        links=[Link(url=row.url, people=row.people) for row in followed],
    )


def any_counted(conn: Connection, run_id: int) -> bool:
    """Says whether any link of a run was followed by way of the hub, by anybody."""
    mine = select(LinkClickRow.message_id).join(MessageRow, MessageRow.id == LinkClickRow.message_id)
    return conn.execute(mine.where(MessageRow.run_id == run_id).limit(1)).first() is not None


def _counted(statement: Any) -> Any:
    return select(func.count()).select_from(statement.subquery())


def _within(days: int) -> ColumnElement[bool]:
    """Says that a person followed it after the message was sent and within so many days (stored as milliseconds)."""
    sent, at = type_coerce(MessageRow.sent_at, BigInteger), type_coerce(LinkClickRow.clicked_at, BigInteger)
    return (at > sent) & (at <= sent + literal(int(timedelta(days=days).total_seconds() * 1000), BigInteger))
