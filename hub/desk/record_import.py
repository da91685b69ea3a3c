"""Import of records, a row each: a dry run first, then for good; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.desk.import_report import Report, Tell, Undone, unheard
from hub.desk.sheet import Row, Sheet
from hub.model.errors import HubError, Refused
from hub.store.session import Database

# House rule: bulk work in chunks of at most 250 rows, or live traffic waits behind it.
CHUNK = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What became of one row (`line` counts from 1 and includes the headings), or would become; `id`: of its record."""

    line: int
    external_id: str
    outcome: str
    reason: str = ""
    field: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """How the rows of a file are taken in: `take` returns the record and created, changed or unchanged.

    `region`: country of phone numbers and amounts written without one. `key`: the field that names a record for ever.
    """

    sheet: Sheet
    key: str
    region: str
    comma: bool
    now: datetime
    take: Callable[[Connection, Importing, Row], tuple[int, str]]


async def import_records(
    database: Database, importing: Importing, *, dry: bool, tell: Tell = unheard
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected, and never stops the next."""
    sheet, reports = importing.sheet, list[RowReport]()
    for start in range(0, len(sheet.rows), CHUNK):
        chunk = sheet.rows[start : start + CHUNK]
        reports += await database.write(_import, (importing, chunk, dry), bulk=True)
        await tell(len(reports), len(sheet.rows))
    return Report(
        dry=dry,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        columns=sheet.columns,
        ignored=sheet.ignored,
        rows=reports,
    )


def _import(conn: Connection, given: tuple[Importing, Sequence[tuple[int, Row]], bool]) -> list[RowReport]:
    """Imports some rows; a dry run does the same and takes it back."""
    importing, rows, dry = given
    reports: list[RowReport] = []
    try:
        with conn.begin_nested():
            reports += [_row(conn, importing, line, row) for line, row in rows]
            if dry:
                raise Undone
    except Undone:
        # Ids that a dry run has made were taken back with everything else.
        return [replace(report, id=None) if report.outcome == "created" else report for report in reports]
    return reports


def _row(conn: Connection, importing: Importing, line: int, row: Row) -> RowReport:
    key = row.get(importing.key, "")
    try:
        with conn.begin_nested():
            if not key:
                raise Refused(f"The row has no {importing.key.replace('_', ' ')}.", field=importing.key)
            made, outcome = importing.take(conn, importing, row)
    except HubError as error:
        where = error.field if isinstance(error, Refused) else ""
        reason = " ".join(filter(None, (error.message, error.next_step)))
        return RowReport(line=line, external_id=key, outcome="rejected", reason=reason, field=where)
    except IntegrityError:
        reason = "Somebody else is changing this record; import the file again."
        return RowReport(line=line, external_id=key, outcome="rejected", reason=reason)
    return RowReport(line=line, external_id=key, outcome=outcome, id=made)
