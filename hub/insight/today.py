"""Today: what needs somebody now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.insight.card import AppointmentLine, appointment_lines
from hub.insight.entries import Entry, entries
from hub.insight.health import ChannelHealth, channels_health, unread_count
from hub.insight.inbox import ConversationLine, inbox, waiting_counts
from hub.insight.tasks import TaskLine, open_tasks
from hub.store.interactions import by_ids
from hub.store.tables import AppointmentRow, InteractionRow

_FEW = 8
_STANDING = ("booked", "confirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What one staff member sees first. `open` is how many conversations are open in all."""

    mine: tuple[ConversationLine, ...]
    unassigned: tuple[ConversationLine, ...]
    open: int
    tasks: tuple[TaskLine, ...]
    appointments: tuple[AppointmentLine, ...]
    unread: int
    ailing: tuple[ChannelHealth, ...]
    last: tuple[Entry, ...]

    @property
    def calm(self) -> bool:
        """Whether nothing needs anybody."""
        return not (self.mine or self.unassigned or self.tasks or self.unread or self.ailing)


def today(conn: Connection, staff_id: int, start: datetime, end: datetime, channels: tuple[str, ...]) -> Today:
    """Returns what needs this staff member on the day from `start` to `end` (aware, the reader's own midnight)."""
    latest = list(
        conn.scalars(
            select(InteractionRow.id)
            .where(InteractionRow.direction == "in", InteractionRow.kind == "message")
            .order_by(InteractionRow.id.desc())
            .limit(_FEW)
        )
    )
    return Today(
        mine=inbox(conn, assignee=staff_id, limit=_FEW).items,
        unassigned=inbox(conn, unassigned=True, limit=_FEW).items,
        open=waiting_counts(conn)["open"],
        tasks=tuple(open_tasks(conn, assignee=staff_id, due_before=end, limit=_FEW)),
        appointments=tuple(
            appointment_lines(
                conn,
                AppointmentRow.starts_at >= start,
                AppointmentRow.starts_at < end,
                AppointmentRow.state.in_(_STANDING),
            )
        ),
        unread=unread_count(conn),
        ailing=tuple(channel for channel in channels_health(conn, channels) if channel.ails),
        last=tuple(entries(conn, by_ids(conn, latest))),
    )
