"""Uploads: where each stands, who works on it, and what became of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Update, delete, func, or_, select, update

from hub.model.errors import NotFound, Refused
from hub.model.scores import NpsScore
from hub.store import blobs, veil
from hub.store.batch import Batch
from hub.store.leases import LeaseLost
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow, UploadOutcomeRow, UploadRow

LEASE = timedelta(seconds=15)


class UploadState(StrEnum):
    """Where an upload stands. TRYING, COMMITTING and UNDOING are worked on; the others wait for staff."""

    LOOKED = "looked"
    TRYING = "trying"
    TRIED = "tried"
    COMMITTING = "committing"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


WORKING = (UploadState.TRYING, UploadState.COMMITTING, UploadState.UNDOING)


class Outcome(StrEnum):
    """What became of a row; KNOWN and NEW are what a dry run foretells of one that will be ACCEPTED."""

    KNOWN = "known"
    NEW = "new"
    ACCEPTED = "accepted"
    REPEATED = "repeated"
    NO_IDENTITY = "no_identity"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload as it is stored; `next_row` is how far the work at hand has come."""

    id: int
    channel: str
    filename: str
    title: str
    sha256: str
    size: int
    shape: Mapping[str, Any]
    mapping: Mapping[str, Any]
    state: UploadState
    rows: int
    next_row: int
    accepted: int
    repeated: int
    rejected: int
    staff_id: int | None
    worker: str
    lease_until: datetime | None
    error: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row."""

    row: int
    outcome: Outcome
    reason: str = ""
    nps: int | None = None
    interaction: int | None = None


_ALL = select(UploadRow.__table__)
_TOLD = ("upload_id", "dry", "row", "outcome", "reason", "nps", "interaction_id")
_NOTE_OUTCOMES = Batch(
    {name: UploadOutcomeRow.__table__.c[name].type for name in _TOLD},
    f"INSERT INTO upload_outcome ({', '.join(_TOLD)}) {{rows}} ON CONFLICT (upload_id, dry, row)"
    f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _TOLD[3:])}",
)


def get(conn: Connection, upload_id: int) -> Upload:
    """Returns an upload. Raises NotFound."""
    row = conn.execute(_ALL.where(UploadRow.id == upload_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no upload {upload_id}.")
    veil.require_channel(conn, row.channel)
    return _upload(row)


def newest(conn: Connection, *, before: int | None = None, limit: int = 50) -> list[Upload]:
    """Returns uploads, newest first."""
    statement = _ALL if before is None else _ALL.where(UploadRow.id < before)
    return [_upload(row) for row in conn.execute(statement.order_by(UploadRow.id.desc()).limit(limit))]


def with_content(conn: Connection, channel: str, sha256: str) -> Upload | None:
    """Returns the upload of the same file, if it was uploaded before."""
    row = conn.execute(
        _ALL.where(UploadRow.channel == channel, UploadRow.sha256 == sha256).order_by(UploadRow.id).limit(1)
    ).one_or_none()
    return _upload(row) if row else None


def add(conn: Connection, row: Mapping[str, Any], now: datetime) -> int:
    """Stores a new upload, whose blob is stored already; returns its id."""
    blobs.refer(conn, [(row["sha256"], row["size"])], now)
    statement = UploadRow.__table__.insert().returning(UploadRow.id)
    upload_id: int = conn.execute(statement, {**row, "state": UploadState.LOOKED.value, "created_at": now}).scalar_one()
    return upload_id


def change(conn: Connection, upload_id: int, expected: Sequence[UploadState], **values: Any) -> Upload:
    """Changes an upload that is in one of these states and returns it. Raises NotFound, and Refused when it is not."""
    row = conn.execute(_ALL.where(UploadRow.id == upload_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"There is no upload {upload_id}.")
    if row.state not in expected:
        raise Refused(
            f"This upload is {row.state} now, so this cannot be done.", next_step="Load the page again to see it."
        )
    conn.execute(update(UploadRow).where(UploadRow.id == upload_id).values(**values))
    return get(conn, upload_id)


def waiting(conn: Connection, given: tuple[str, datetime]) -> int | None:
    """Returns the oldest upload that somebody should work on: (worker, now)."""
    worker, now = given
    free = or_(UploadRow.lease_until.is_(None), UploadRow.lease_until < now, UploadRow.worker == worker)
    return conn.scalar(select(UploadRow.id).where(UploadRow.state.in_(WORKING), free).order_by(UploadRow.id).limit(1))


def claim(conn: Connection, upload_id: int, worker: str, now: datetime) -> Upload | None:
    """Takes an upload to work on; returns None when another process has just taken it."""
    free = or_(UploadRow.lease_until.is_(None), UploadRow.lease_until < now, UploadRow.worker == worker)
    taken = conn.execute(
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.state.in_(WORKING), free)
        .values(worker=worker, lease_until=now + LEASE)
    )
    return get(conn, upload_id) if taken.rowcount == 1 else None


def renew(conn: Connection, upload: Upload, now: datetime) -> None:
    """Keeps the claim on an upload while nothing is committed for long: a large workbook is being opened."""
    mine = (UploadRow.id == upload.id) & (UploadRow.worker == upload.worker) & (UploadRow.state == upload.state.value)
    conn.execute(update(UploadRow).where(mine).values(lease_until=now + LEASE))


def advance(conn: Connection, upload: Upload, start: int, now: datetime, **values: Any) -> None:
    """Moves an upload on from row `start` and renews its lease, in the transaction of what was done.

    Raises LeaseLost when another process has taken it, it stands elsewhere, or staff has changed its course.
    """
    moved = conn.execute(_mine(upload, start).values(lease_until=now + LEASE, **values))
    if moved.rowcount != 1:
        raise LeaseLost(f"Upload {upload.id} is worked on by another process, or was stopped.")


def release(conn: Connection, upload_id: int) -> None:
    """Ends the lease on an upload whose work is done."""
    conn.execute(update(UploadRow).where(UploadRow.id == upload_id).values(worker="", lease_until=None))


def _mine(upload: Upload, start: int) -> Update:
    return update(UploadRow).where(
        UploadRow.id == upload.id,
        UploadRow.worker == upload.worker,
        UploadRow.state == upload.state.value,
        UploadRow.next_row == start,
    )


def note_outcomes(conn: Connection, upload_id: int, outcomes: Sequence[RowOutcome], *, dry: bool) -> None:
    """Stores what became of rows; a later dry run replaces what an earlier one foretold."""
    rows = [
        (upload_id, dry, each.row, each.outcome.value, each.reason, each.nps, each.interaction) for each in outcomes
    ]
    _NOTE_OUTCOMES.written(conn, rows)


def outcome_counts(conn: Connection, upload_id: int, *, dry: bool) -> dict[Outcome, int]:
    """Returns how many rows had each outcome."""
    counted = conn.execute(
        select(UploadOutcomeRow.outcome, func.count())
        .where(UploadOutcomeRow.upload_id == upload_id, UploadOutcomeRow.dry == dry)
        .group_by(UploadOutcomeRow.outcome)
    )
    return {Outcome(outcome): count for outcome, count in counted}


def outcomes(
    conn: Connection,
    upload_id: int,
    *,
    dry: bool,
    of: Sequence[Outcome] = (),
    after: int = -1,
    limit: int = 100,
) -> list[RowOutcome]:
    """Returns what became of rows, in order, from the row behind `after`; `of`: only these outcomes."""
    statement = select(
        UploadOutcomeRow.row,
        UploadOutcomeRow.outcome,
        UploadOutcomeRow.reason,
        UploadOutcomeRow.nps,
        UploadOutcomeRow.interaction_id,
    ).where(UploadOutcomeRow.upload_id == upload_id, UploadOutcomeRow.dry == dry, UploadOutcomeRow.row > after)
    if of:
        statement = statement.where(UploadOutcomeRow.outcome.in_(of))
    rows = conn.execute(statement.order_by(UploadOutcomeRow.row).limit(limit))
    return [RowOutcome(row.row, Outcome(row.outcome), row.reason, row.nps, row.interaction_id) for row in rows]


def who_answered(conn: Connection, interactions: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Returns the customer of each interaction: (id, name, or the address where there is none)."""
    if not interactions:
        return {}
    rows = conn.execute(
        select(InteractionRow.id, CustomerRow.id.label("customer_id"), CustomerRow.display_name, IdentityRow.value)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(InteractionRow.id.in_(interactions))
    )
    return {row.id: (row.customer_id, row.display_name or row.value) for row in rows}


def forget_outcomes(conn: Connection, upload_id: int, first: int) -> None:
    """Removes what became of the rows from `first` on, once they are taken out again."""
    conn.execute(
        delete(UploadOutcomeRow).where(
            UploadOutcomeRow.upload_id == upload_id, UploadOutcomeRow.dry.is_(False), UploadOutcomeRow.row >= first
        )
    )


def nps_of(conn: Connection, upload_ids: Sequence[int]) -> dict[int, NpsScore]:
    """Returns the Net Promoter Score of the accepted rows of each upload; those without a score are left out."""
    counted = conn.execute(
        select(UploadOutcomeRow.upload_id, UploadOutcomeRow.nps, func.count())
        .where(
            UploadOutcomeRow.upload_id.in_(upload_ids),
            UploadOutcomeRow.dry.is_(False),
            UploadOutcomeRow.outcome == Outcome.ACCEPTED,
            UploadOutcomeRow.nps.is_not(None),
        )
        .group_by(UploadOutcomeRow.upload_id, UploadOutcomeRow.nps)
    )
    answers: dict[int, dict[int, int]] = {}
    for upload_id, value, count in counted:
        if value is not None:
            answers.setdefault(upload_id, {})[value] = count
    return {upload_id: score_of(found) for upload_id, found in answers.items()}


def score_of(answers: Mapping[int, int]) -> NpsScore:
    """Returns the Net Promoter Score of so many answers of each value."""
    promoters = sum(count for value, count in answers.items() if value >= 9)
    detractors = sum(count for value, count in answers.items() if value <= 6)
    return NpsScore(promoters, sum(answers.values()) - promoters - detractors, detractors)


def _upload(row: Any) -> Upload:
    return Upload(**{**row._mapping, "state": UploadState(row.state)})
