"""Import of appointments from a CSV file, each by its external id, with who comes and when."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from hub.desk.appointment_columns import end_of, moment, read_sheet, state_of
from hub.desk.import_report import Report, Tell, unheard
from hub.desk.record_import import Importing, RowReport, import_records
from hub.desk.sheet import Row
from hub.desk.sheet_people import customer_of
from hub.store import appointments
from hub.store.session import Database


async def import_appointments(
    database: Database, content: bytes, now: datetime, *, time_zone: str, region: str, dry: bool, tell: Tell = unheard
) -> Report[RowReport]:
    """Imports a file; each row is created, changed, unchanged or rejected by its external id, and never stops the next.

    `time_zone`: of rows that name none; `region`: country of phone numbers written without one, and of dates. Raises
    Refused and TooLarge when the file as a whole cannot be used.
    """
    sheet = read_sheet(content, region=region)
    take = partial(_take, time_zone)
    importing = Importing(sheet=sheet, key="external_id", region=region, comma=False, now=now, take=take)
    return await import_records(database, importing, dry=dry, tell=tell)


def _take(time_zone: str, conn: Connection, importing: Importing, row: Row) -> tuple[int, str]:
    fields = _fields(time_zone, importing, row)
    customer = customer_of(conn, row, row.get("name", ""), importing.region, importing.now)
    return appointments.upsert(
        conn, row["external_id"], customer_id=customer, now=importing.now, source="import", **fields
    )


def _fields(time_zone: str, importing: Importing, row: Row) -> dict[str, Any]:
    """Returns what a row says of its appointment; a column the file does not have changes nothing."""
    place, columns = row.get("time_zone", "") or time_zone, importing.sheet.columns
    day_first = importing.sheet.day_first
    starts_at = moment(row, "start", place, day_first=day_first)
    fields: dict[str, Any] = {
        "title": row.get("title", "") or "Appointment",
        "starts_at": starts_at,
        "time_zone": place,
    }
    if {"end", "minutes"} & set(columns):
        fields["ends_at"] = end_of(row, starts_at, place, day_first=day_first)
    fields |= {name: row[name] for name in ("location", "note") if name in columns}
    if "state" in columns:
        fields["state"] = state_of(row["state"])
    return fields
