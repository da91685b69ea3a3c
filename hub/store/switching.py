"""Switching a channel between the sandbox and live, in one transaction: its mode, and what waits to be sent by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.model.outbound import WAITING, Purpose, State
from hub.store import health
from hub.store.dispatching import move
from hub.store.installation import begin_epoch, fact, facts, note_fact
from hub.store.tables import CursorRow, LeaseRow, MessageRow

SANDBOX, LIVE = "sandbox", "live"
REASON = "channel_switched"
_PREFIX = "channel."
# Claimed ones too: under the new epoch no process may submit what it took under an older one.
_NOT_HANDED_OVER = tuple(sorted(state.value for state in {*WAITING, State.CLAIMED}))


class Waiting(StrEnum):
    """What becomes of the messages that wait when a channel is switched.

    `reminders`: those of what is to come go out, everything else is cancelled; `cancel`: all are cancelled; `hold`: all
    are kept, and the channel sends nothing until somebody lets it.
    """

    REMINDERS = "reminders"
    CANCEL = "cancel"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Messages of a channel that wait: promotions, reminders of what is to come, and the rest (answers and the like).

    `handed_over`: on their way at this moment, or nobody knows whether they arrived.
    """

    promotions: int = 0
    reminders: int = 0
    others: int = 0
    handed_over: int = 0

    @property
    def total(self) -> int:
        return self.promotions + self.reminders + self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One switch of a channel. `written`: the mode that the settings file says, which then needs no row."""

    channel: str
    mode: str
    was: str
    written: str
    waiting: Waiting
    at: datetime


def modes(conn: Connection) -> dict[str, str]:
    """Returns the mode of each channel that was switched here, by its name."""
    found = facts(conn, _PREFIX)
    return {
        name.removeprefix(_PREFIX).removesuffix(".mode"): mode for name, mode in found.items() if name.endswith(".mode")
    }


def sandboxed_since(conn: Connection, channel: str) -> datetime | None:
    """Returns since when a channel is in the sandbox, None where it always was."""
    at = fact(conn, f"{_PREFIX}{channel}.switched_at")
    return datetime.fromisoformat(at) if at else None


def left(conn: Connection, channel: str, now: datetime) -> Left:
    """Returns what waits to be sent by a channel."""
    counted = dict.fromkeys(("promotions", "reminders", "others", "handed_over"), 0)
    in_time = func.count().filter(MessageRow.expires_at > now)
    states = (*_NOT_HANDED_OVER, State.SUBMITTING.value, State.UNKNOWN.value)
    rows = conn.execute(
        select(MessageRow.state, MessageRow.purpose, func.count(), in_time)
        .where(MessageRow.channel == channel, MessageRow.state.in_(states))
        .group_by(MessageRow.state, MessageRow.purpose)
    )
    for state, purpose, count, to_come in rows:
        if state not in _NOT_HANDED_OVER:
            counted["handed_over"] += count
        elif purpose == Purpose.PROMOTIONAL:
            counted["promotions"] += count
        elif purpose == Purpose.REMINDER:
            counted["reminders"] += to_come
            counted["others"] += count - to_come
        else:
            counted["others"] += count
    return Left(**counted)


def switch(conn: Connection, to: Switch) -> int:
    """Switches a channel; returns how many messages were cancelled.

    From this commit on nothing is sent by it under the settings of before (`settings_epoch`), and what was handed over
    before is never sent again: asked for it, the other side would say that it never had it.
    """
    note_fact(conn, f"{_PREFIX}{to.channel}.mode", "" if to.mode == to.written else to.mode)
    note_fact(conn, f"{_PREFIX}{to.channel}.switched_at", to.at.isoformat())
    begin_epoch(conn)
    _keep_cursors_apart(conn, to)
    cancelled = _cancel(conn, to)
    _let_go(conn, to)
    _give_up_the_doubtful(conn, to)
    if to.waiting is Waiting.HOLD:
        health.pause(conn, to.channel, f"It was switched to {to.mode}, and what waits is held.", to.at)
    return cancelled


def _cancel(conn: Connection, to: Switch) -> int:
    if to.waiting is Waiting.HOLD:
        return 0
    chosen = select(MessageRow.id).where(MessageRow.channel == to.channel, MessageRow.state.in_(_NOT_HANDED_OVER))
    if to.waiting is Waiting.REMINDERS:
        to_come = (MessageRow.purpose == Purpose.REMINDER.value) & (MessageRow.expires_at > to.at)
        chosen = chosen.where(~to_come)
    return _end(conn, to, list(conn.scalars(chosen.with_for_update())), State.CANCELLED)


def _let_go(conn: Connection, to: Switch) -> None:
    """Takes back what a process had claimed and not yet handed over: it would do so under the settings of before."""
    claimed = (MessageRow.channel == to.channel) & (MessageRow.state == State.CLAIMED.value)
    conn.execute(update(MessageRow).where(claimed).values(state=State.READY.value, worker="", lease_until=None))


def _give_up_the_doubtful(conn: Connection, to: Switch) -> None:
    here = MessageRow.channel == to.channel
    doubtful = select(MessageRow.id).where(here, MessageRow.state == State.UNKNOWN.value).with_for_update()
    _end(conn, to, list(conn.scalars(doubtful)), State.ABANDONED)
    # What is on its way may still arrive; if it does not, it is too late for another attempt.
    on_their_way = (MessageRow.state == State.SUBMITTING.value) & (MessageRow.expires_at > to.at)
    conn.execute(update(MessageRow).where(here, on_their_way).values(expires_at=to.at))


def _end(conn: Connection, to: Switch, messages: list[int], state: State) -> int:
    values: Mapping[str, Any] = {"state": state.value, "reason": REASON, "worker": "", "lease_until": None}
    seen = {"channel": to.channel, "mode": to.mode}
    steps = [
        {"message_id": message, "state": state.value, "reason": REASON, "seen": seen, "at": to.at}
        for message in messages
    ]
    move(conn, [(message, values) for message in messages], steps)
    return len(messages)


def _keep_cursors_apart(conn: Connection, to: Switch) -> None:
    """Sets how far the real mailbox was read aside while the sandbox's is read, and the other way round."""
    conn.execute(
        update(LeaseRow)
        .where(LeaseRow.name.startswith(f"poll:{to.channel}/", autoescape=True))
        .values(epoch=LeaseRow.epoch + 1, until=to.at)
    )
    aside, back = f"{to.channel}@{to.was}", f"{to.channel}@{to.mode}"
    conn.execute(delete(CursorRow).where(CursorRow.channel == aside))
    conn.execute(update(CursorRow).where(CursorRow.channel == to.channel).values(channel=aside))
    conn.execute(update(CursorRow).where(CursorRow.channel == back).values(channel=to.channel))


def would_have_sent(conn: Connection, channels: Mapping[str, datetime | None], most: int) -> int:
    """Counts what the stand-ins took over from these channels since they are in the sandbox, up to `most`."""
    counted = 0
    for channel, since in channels.items():
        taken = select(MessageRow.id).where(MessageRow.state == State.ACCEPTED.value, MessageRow.channel == channel)
        if since is not None:
            taken = taken.where(MessageRow.sent_at >= since)
        counted += conn.scalar(select(func.count()).select_from(taken.limit(most - counted).subquery())) or 0
        if counted >= most:
            break
    return counted
