"""Import of appointments from a CSV file: a dry run first, then for good; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.desk.appointment_columns import end_of, moment, read_sheet, state_of
from hub.desk.import_report import Report, Undone
from hub.desk.sheet import Sheet
from hub.desk.sheet_people import customer_of
from hub.model.errors import HubError, Refused
from hub.store import appointments
from hub.store.session import Database

# Measured on surveys: larger chunks make live traffic wait.
CHUNK = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What became of one row (`line` counts from 1 and includes the headings), or would become."""

    line: int
    external_id: str
    outcome: str
    reason: str = ""
    field: str = ""
    appointment: int | None = None
    customer: int | None = None


@dataclass(frozen=True, slots=True)
class _Chunk:
    sheet: Sheet
    rows: Sequence[tuple[int, Mapping[str, str]]]
    now: datetime
    time_zone: str
    region: str
    dry: bool


async def import_appointments(
    database: Database, content: bytes, now: datetime, *, time_zone: str, region: str, dry: bool
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected by its external id, and never stops the next.

    `time_zone`: of rows that name none; `region`: country of phone numbers written without one, and of dates. Raises
    Refused and TooLarge when the file as a whole cannot be used.
    """
    sheet = read_sheet(content, region=region)
    rows: list[RowReport] = []
    for start in range(0, len(sheet.rows), CHUNK):
        chunk = _Chunk(sheet, sheet.rows[start : start + CHUNK], now, time_zone, region, dry)
        rows += await database.write(_import, chunk, bulk=True)
    return Report(
        dry=dry,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        columns=sheet.columns,
        ignored=sheet.ignored,
        rows=rows,
    )


def _import(conn: Connection, chunk: _Chunk) -> list[RowReport]:
    """Imports some rows; a dry run does the same and takes it back."""
    reports: list[RowReport] = []
    try:
        with conn.begin_nested():
            reports += [_row(conn, chunk, line, row) for line, row in chunk.rows]
            if chunk.dry:
                raise Undone
    except Undone:
        return [_unstored(report) for report in reports]
    return reports


def _unstored(report: RowReport) -> RowReport:
    """Leaves out ids that a dry run has made and taken back."""
    made = report.outcome == "created"
    return RowReport(
        line=report.line,
        external_id=report.external_id,
        outcome=report.outcome,
        reason=report.reason,
        field=report.field,
        appointment=None if made else report.appointment,
        customer=None if made else report.customer,
    )


def _row(conn: Connection, chunk: _Chunk, line: int, row: Mapping[str, str]) -> RowReport:
    external_id = row["external_id"]
    try:
        with conn.begin_nested():
            if not external_id:
                raise Refused("The row has no external id.", field="external_id")
            fields = _fields(chunk, row)
            customer = customer_of(conn, row, row.get("name", ""), chunk.region, chunk.now)
            made, outcome = appointments.upsert(
                conn, external_id, customer_id=customer, now=chunk.now, source="import", **fields
            )
    except HubError as error:
        where = error.field if isinstance(error, Refused) else ""
        return RowReport(line=line, external_id=external_id, outcome="rejected", reason=error.message, field=where)
    except IntegrityError:
        reason = "Somebody else is changing this appointment; import the file again."
        return RowReport(line=line, external_id=external_id, outcome="rejected", reason=reason)
    return RowReport(line=line, external_id=external_id, outcome=outcome, appointment=made, customer=customer)


def _fields(chunk: _Chunk, row: Mapping[str, str]) -> dict[str, Any]:
    """Returns what a row says of its appointment; a column the file does not have changes nothing."""
    place = row.get("time_zone", "") or chunk.time_zone
    day_first = chunk.sheet.day_first
    starts_at = moment(row, "start", place, day_first=day_first)
    fields: dict[str, Any] = {
        "title": row.get("title", "") or "Appointment",
        "starts_at": starts_at,
        "time_zone": place,
    }
    if {"end", "minutes"} & set(chunk.sheet.columns):
        fields["ends_at"] = end_of(row, starts_at, place, day_first=day_first)
    fields |= {name: row[name] for name in ("location", "note") if name in chunk.sheet.columns}
    if "state" in chunk.sheet.columns:
        fields["state"] = state_of(row["state"])
    return fields
