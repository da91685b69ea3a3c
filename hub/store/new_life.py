"""A new life: what a restored database must forget of the old one, and what it holds back until staff says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, literal, select, update

from hub.model.outbound import Purpose, State
from hub.store import audit
from hub.store.audit import Actor
from hub.store.installation import fact
from hub.store.tables import (
    BackupRow,
    InstallationRow,
    JobRow,
    Json,
    LeaseRow,
    LinkRow,
    MessageRow,
    MessageStepRow,
    Moment,
    ProblemRow,
    SecretRow,
    SessionRow,
    ThrottleRow,
    TickRow,
    UploadRow,
)
from hub.store.upsert import upsert

PROMOTIONS_HELD = "promotions_held"
_FIRST_LOOK = timedelta(seconds=30)
_PAGE = 500


def begin_anew(conn: Connection, made_at: datetime, now: datetime, *, keep_secrets: bool) -> None:
    """Ends the old life of a database that was just restored: the epoch rises, promotions are held.

    Leases and claims end, sessions and one-time links are gone, what was being handed over is unknown. What was due
    meanwhile may have gone out after the backup was made: it goes once more, and says so. `keep_secrets`: the hub's key
    is the one of then; without it no stored secret can be opened again, so they are forgotten.
    """
    _raise_epoch(conn)
    why = (
        f"This hub was restored from a backup of {made_at:%Y-%m-%d %H:%M} UTC: who opted out"
        " or was written to after that is not known here."
    )
    upsert(conn, InstallationRow, ("name",), [{"name": PROMOTIONS_HELD, "value": why}])
    for over in (SessionRow, ThrottleRow, TickRow, *(() if keep_secrets else (SecretRow,))):
        conn.execute(delete(over))
    # A link that was used since would be good again.
    conn.execute(delete(LinkRow).where(LinkRow.used_at.is_(None)))
    conn.execute(update(LeaseRow).values(until=now))
    conn.execute(update(UploadRow).values(lease_until=None))
    conn.execute(
        update(JobRow).where(JobRow.state == "running").values(state="waiting", worker="", lease_until=None, run_at=now)
    )
    conn.execute(update(ProblemRow).where(ProblemRow.ended_at.is_(None)).values(ended_at=now))
    conn.execute(delete(BackupRow).where(BackupRow.state.in_(("wanted", "running"))))
    _end_sending(conn, now)


def promotions_held(conn: Connection) -> str:
    """Returns why no promotion may go out since the hub was restored, or an empty text."""
    return fact(conn, PROMOTIONS_HELD)


def release_promotions(conn: Connection, by: Actor) -> bool:
    """Lets promotions go out again after a restore, and notes who said so; returns whether they were held."""
    held = conn.execute(delete(InstallationRow).where(InstallationRow.name == PROMOTIONS_HELD)).rowcount == 1
    if held:
        audit.note(conn, by, "promotions.released", "installation")
    return held


def _raise_epoch(conn: Connection) -> None:
    epoch = conn.scalar(select(InstallationRow.value).where(InstallationRow.name == "epoch")) or "0"
    upsert(conn, InstallationRow, ("name",), [{"name": "epoch", "value": str(int(epoch) + 1)}])


def _end_sending(conn: Connection, now: datetime) -> None:
    free = {"worker": "", "lease_until": None, "reason": "restored"}
    claimed, submitting = MessageRow.state == State.CLAIMED.value, MessageRow.state == State.SUBMITTING.value
    conn.execute(update(MessageRow).where(claimed).values(state=State.READY.value, **free))
    # The reconciler takes up from here: it counts its looks in the steps.
    unknown = {"state": State.UNKNOWN.value, "reason": "process_died", "phase": "process", "due_at": now + _FIRST_LOOK}
    steps = select(
        MessageRow.id,
        literal(State.UNKNOWN.value),
        literal("process_died"),
        literal({"look": 0}, Json),
        literal("restore"),
        literal(now, Moment()),
    ).where(submitting)
    conn.execute(insert(MessageStepRow).from_select(["message_id", "state", "reason", "seen", "worker", "at"], steps))
    conn.execute(update(MessageRow).where(submitting).values(worker="", lease_until=None, **unknown))
    _flag_what_was_due(conn, now)


def _flag_what_was_due(conn: Connection, now: datetime) -> None:
    waits = MessageRow.state.in_((State.READY.value, State.RETRY_WAIT.value, State.HELD.value))
    last = 0
    while True:
        asked = (
            select(MessageRow.id, MessageRow.content)
            .where(waits, MessageRow.due_at <= now, MessageRow.purpose != Purpose.PROMOTIONAL.value)
            .where(MessageRow.id > last)
            .order_by(MessageRow.id)
            .limit(_PAGE)
        )
        rows = conn.execute(asked).all()
        for row in rows:
            content = {**row.content, "may_arrive_twice": True}
            conn.execute(update(MessageRow).where(MessageRow.id == row.id).values(content=content))
        if len(rows) < _PAGE:
            return
        last = rows[-1].id
