"""Refusals: what providers said of messages they did not take or deliver, where it is about us, not the recipient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from hub.insight.finders.asked import House, found
from hub.log import scrub
from hub.model.event import DeliveryStatus
from hub.model.outbound import State
from hub.model.problem_codes import KNOWN, OF_A_MESSAGE, code_of
from hub.store.problems import Found
from hub.store.tables import DeliveryEventRow, MessageRow, MessageStepRow

_WINDOW = timedelta(hours=12)
# Enough to tell a cause from a single server's mood; reading all of a failed campaign would tell no more.
_MOST = 300
# One server's mood is no problem of ours; the same from three messages is.
_ENOUGH = 3
_OFTEN_TRIED = 3
_LOST = (DeliveryStatus.UNDELIVERED.value, DeliveryStatus.BOUNCED.value)


@dataclass(frozen=True, slots=True)
class _Refusal:
    message: int | None
    channel: str
    code: str
    said: str
    at: datetime


def refusals(conn: Connection, house: House) -> list[Found]:
    """Returns what providers refuse us for, by channel; several messages refused alike are one problem."""
    by_cause: dict[tuple[str, str], list[_Refusal]] = {}
    for each in (*_failed(conn, house.now), *_undelivered(conn, house.now)):
        code = code_of(OF_A_MESSAGE, f"{each.code} {each.said}", each.code)
        if code in KNOWN and not KNOWN[code].theirs:
            by_cause.setdefault((code, each.channel), []).append(each)
    problems = []
    for (code, channel), refused in by_cause.items():
        messages = {each.message for each in refused}
        if len(messages) >= (1 if code.startswith("twilio_") else _ENOUGH):
            latest = max(refused, key=lambda each: each.at)
            first = min(each.at for each in refused)
            said = scrub(f"{latest.code} {latest.said}".strip())
            problems.append(found(code, channel, since=first, count=len(messages), said=said))
    return problems


def _failed(conn: Connection, now: datetime) -> Iterator[_Refusal]:
    """Messages that were refused at once, or are tried again and again."""
    ended = (MessageRow.state == State.FAILED.value) & (MessageRow.due_at >= now - _WINDOW)
    tried = (MessageRow.state == State.RETRY_WAIT.value) & (MessageRow.attempt >= _OFTEN_TRIED)
    for chosen in (ended, tried):
        messages = (
            select(MessageRow.id, MessageRow.channel, MessageRow.code)
            .where(chosen)
            .order_by(MessageRow.due_at.desc())
            .limit(_MOST)
            .subquery()
        )
        last = (
            select(func.max(MessageStepRow.id).label("id"))
            .where(MessageStepRow.message_id.in_(select(messages.c.id)))
            .group_by(MessageStepRow.message_id)
            .subquery()
        )
        rows = conn.execute(
            select(messages.c.id, messages.c.channel, messages.c.code, MessageStepRow.seen, MessageStepRow.at)
            .join(MessageStepRow, MessageStepRow.message_id == messages.c.id)
            .where(MessageStepRow.id.in_(select(last.c.id)))
        )
        for row in rows:
            yield _Refusal(row.id, row.channel, row.code, str((row.seen or {}).get("said", "")), row.at)


def _undelivered(conn: Connection, now: datetime) -> Iterator[_Refusal]:
    """The newest news of messages that were taken and did not arrive."""
    newest = select(DeliveryEventRow.__table__).order_by(DeliveryEventRow.id.desc()).limit(_MOST).subquery()
    rows = conn.execute(
        select(
            newest.c.message_id, newest.c.channel, newest.c.code, newest.c.reason, newest.c.detail, newest.c.at
        ).where(newest.c.status.in_(_LOST), newest.c.at >= now - _WINDOW)
    )
    for row in rows:
        said = f"{row.reason} {(row.detail or {}).get('diagnostic', '')}".strip()
        yield _Refusal(row.message_id, row.channel, row.code, said, row.at)
