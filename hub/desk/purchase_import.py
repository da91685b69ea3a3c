"""Import of purchases from a CSV file: a dry run first, then for good; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from babel.numbers import get_territory_currencies
from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell, unheard
from hub.desk.purchase_columns import Group, Reading, groups_of, read_sheet
from hub.model.purchase import Told
from hub.store.session import Database

# House rule: bulk work in chunks of at most 250 rows, or live traffic waits behind it.
CHUNK = 250


class Taken(Protocol):
    """What became of one purchase: created, changed, unchanged or refused."""

    @property
    def outcome(self) -> str: ...
    @property
    def id(self) -> int | None: ...
    @property
    def customer_id(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def field(self) -> str: ...


# The one way in, which stands on this floor too and is therefore handed in.
Take = Callable[[Connection, Sequence[Told], datetime], Sequence[Taken]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What became of the purchase of one row (`line` counts from 1 and includes the headings), or would become."""

    line: int
    external_id: str
    outcome: str
    reason: str = ""
    field: str = ""
    purchase: int | None = None
    customer: int | None = None


@dataclass(frozen=True, slots=True)
class _Chunk:
    groups: Sequence[Group]
    take: Take
    now: datetime
    dry: bool


async def import_purchases(
    database: Database,
    take: Take,
    content: bytes,
    now: datetime,
    *,
    time_zone: str,
    region: str,
    dry: bool,
    source: str = "",
    currency: str = "",
    tell: Tell = unheard,
) -> Report[RowReport]:
    """Imports a file; each purchase is created, changed, unchanged or rejected, and never stops the next.

    `time_zone`, `source` and `currency`: of rows that name none; `region`: country of phone numbers and amounts written
    without one. Raises Refused and TooLarge when the file as a whole cannot be used.
    """
    sheet = read_sheet(content, region=region)
    reading = Reading(
        time_zone=time_zone, region=region, source=source or "import", currency=currency.upper() or _currency_of(region)
    )
    reports: list[RowReport] = []
    for groups in _chunks(groups_of(sheet, reading)):
        reports += await database.write(_import, _Chunk(groups, take, now, dry), bulk=True)
        await tell(len(reports), len(sheet.rows))
    return Report(
        dry=dry,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        columns=sheet.columns,
        ignored=sheet.ignored,
        rows=sorted(reports, key=lambda row: row.line),
    )


def _currency_of(region: str) -> str:
    return next(iter(get_territory_currencies(region)), "") if region else ""


def _chunks(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """Yields groups together as long as they have few rows; one of many lines stands alone."""
    chunk: list[Group] = []
    for group in groups:
        if chunk and sum(len(each.lines) for each in chunk) + len(group.lines) > CHUNK:
            yield chunk
            chunk = []
        chunk.append(group)
    if chunk:
        yield chunk


def _import(conn: Connection, chunk: _Chunk) -> list[RowReport]:
    """Imports some purchases; a dry run does the same and takes it back."""
    told = [group.told for group in chunk.groups if group.told is not None]
    with conn.begin_nested() as savepoint:
        outcomes = iter(chunk.take(conn, told, chunk.now))
        if chunk.dry:
            savepoint.rollback()
    reports: list[RowReport] = []
    for group in chunk.groups:
        reports += _reports(group, None if group.told is None else next(outcomes), dry=chunk.dry)
    return reports


def _reports(group: Group, taken: Taken | None, *, dry: bool) -> list[RowReport]:
    report = RowReport(
        line=group.lines[0], external_id=group.external_id, outcome="rejected", reason=group.reason, field=group.field
    )
    if taken is not None and taken.outcome == "refused":
        report = replace(report, reason=taken.reason, field=taken.field)
    elif taken is not None:
        report = replace(report, outcome=taken.outcome, reason=taken.reason, field=taken.field)
        # Ids that a dry run has made were taken back with everything else.
        if not (dry and taken.outcome == "created"):
            report = replace(report, purchase=taken.id, customer=taken.customer_id)
    return [replace(report, line=line) for line in group.lines]
