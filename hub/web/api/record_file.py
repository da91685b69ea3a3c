"""What became of a file of records, as the API tells it."""

from __future__ import annotations

from typing import Literal

from hub.web.api.values import Id, Told


class RecordFileRow(Told):
    """One row; `line` counts from 1 and includes the headings, `id` is that of its record."""

    line: int
    external_id: str
    outcome: Literal["created", "changed", "unchanged", "rejected"]
    reason: str
    field: str
    id: Id | None


class RecordFileReport(Told):
    """What became of a file, or would: `dry` stores nothing."""

    dry: bool
    encoding: str
    columns: dict[str, str]
    counts: dict[str, int]
    rows: list[RecordFileRow]
