"""Looks at an uploaded survey: what it is, what each column holds, and how it should be read in."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from channels.survey_upload.columns import Column
from channels.survey_upload.delimited import Broken, Record
from channels.survey_upload.headers import columns_of
from channels.survey_upload.limits import Limits
from channels.survey_upload.mapping import propose
from channels.survey_upload.reading import Reading, recognise, records
from channels.survey_upload.source import find_header
from channels.survey_upload.times import DateOrder
from channels.survey_upload.totals import FOOTER_ROWS, is_totals, marking_last
from hub.model.errors import Unreadable

_SAMPLE_ROWS = 1_000
_SAMPLE_CELLS = 100_000
_FIRST_ROWS = 30
_QUALTRICS_ZONE = re.compile(r"""["']timeZone["']\s*:\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyShape:
    """One survey file as it was found.

    `rows` counts what `SurveyUpload.rows` will yield; `responses` are those without totals at the end and without
    what cannot be read. `dup_headers` and `empty_headers` count within the first header row.
    """

    source: str
    reading: Reading
    rows: int
    responses: int
    columns: tuple[Column, ...]
    ragged: bool
    dup_headers: int
    empty_headers: int
    multiline_cells: bool
    mapping: dict[str, Any]

    @property
    def encoding(self) -> str:
        return self.reading.encoding

    @property
    def delimiter(self) -> str:
        return self.reading.delimiter

    @property
    def header_rows(self) -> int:
        return self.reading.header_rows

    def as_json(self) -> dict[str, Any]:
        """Returns everything but the mapping; `rows` are those of the whole file."""
        return {
            "source": self.source,
            "format": self.reading.format,
            "encoding": self.encoding,
            "bom": self.reading.bom,
            "newline": self.reading.newline,
            "delimiter": self.delimiter,
            "sheet": self.reading.sheet,
            "rows": self.rows + self.reading.before + self.header_rows,
            "cols": len(self.columns),
            "ragged": self.ragged,
            "dup_headers": self.dup_headers,
            "empty_headers": self.empty_headers,
            "multiline_cells": self.multiline_cells,
            "header_rows": self.header_rows,
            "responses": self.responses,
            "columns": [
                {"name": column.name, "kind": column.kind, "header": column.header, "question": column.question}
                for column in self.columns
            ],
        }


def look_at(file: Path, limits: Limits | None = None) -> SurveyShape:
    """Returns the shape of a survey file, read as a stream from end to end.

    Raises Unreadable (no table of text), Refused (entities, encryption) or TooLarge.
    """
    limits = limits or Limits()
    found = recognise(file, limits)
    stream = records(file, found, limits)
    first = _take(stream, _FIRST_ROWS)
    readable = [record for record in first if not isinstance(record, Broken)]
    if not readable:
        raise Unreadable("The file has no rows.", next_step="Export the survey again and upload that file.")
    source, before, depth = find_header(readable)
    reading = replace(found, before=before, header_rows=depth)
    header = readable[before : before + depth]
    width = max(map(len, header or readable[:1]))
    answers = _after(chain(first, stream), before + depth)
    sample = _take_sample(answers, width)
    table = [row for row, last in marking_last(sample) if not isinstance(row, Broken) and not (last and is_totals(row))]
    columns = columns_of(header, table, source, width)
    filled = [sum(1 for row in table if at < len(row) and row[at].strip()) for at in range(width)]
    mapping = propose(source, columns, reading, filled, _qualtrics_zone(header))
    tally = _Tally(width, mapping["occurred_at"])
    for record in chain(sample, answers):
        tally.add(record)
    mapping["date_order"] = tally.order.order
    names = [cell.strip() for cell in header[0]] if header else []
    return SurveyShape(
        source=source,
        reading=reading,
        rows=tally.rows,
        responses=tally.responses,
        columns=tuple(columns),
        ragged=tally.ragged or len({len(row) for row in header}) > 1,
        dup_headers=len(names) - len(set(names)),
        empty_headers=names.count(""),
        multiline_cells=tally.multiline or any("\n" in cell for row in header for cell in row),
        mapping=mapping,
    )


def describe_survey(path: Path) -> dict[str, Any]:
    """Returns what `hub inspect survey` prints. Raises Unreadable, Refused or TooLarge."""
    shape = look_at(path)
    mapping = {key: value for key, value in shape.mapping.items() if key not in {"reading", "columns"}}
    return {**shape.as_json(), "mapping": mapping}


class _Tally:
    """What only the whole file tells."""

    def __init__(self, width: int, time_column: int | None) -> None:
        self._width = width
        self._time_column = time_column
        self.rows = self.broken = 0
        self.ragged = self.multiline = False
        self.order = DateOrder()
        self.last: deque[Record] = deque(maxlen=FOOTER_ROWS)

    @property
    def responses(self) -> int:
        return self.rows - self.broken - sum(is_totals(row) for row in self.last if not isinstance(row, Broken))

    def add(self, record: Record) -> None:
        self.rows += 1
        self.last.append(record)
        if isinstance(record, Broken):
            self.broken += 1
            return
        self.ragged = self.ragged or len(record) != self._width
        self.multiline = self.multiline or "\n" in "".join(record)
        if self._time_column is not None and self._time_column < len(record):
            self.order.look(record[self._time_column])


def _take(stream: Iterator[Record], count: int) -> list[Record]:
    return [record for _, record in zip(range(count), stream, strict=False)]


def _take_sample(answers: Iterator[Record], width: int) -> list[Record]:
    return _take(answers, min(_SAMPLE_ROWS, max(50, _SAMPLE_CELLS // width)))


def _after(stream: Iterable[Record], count: int) -> Iterator[Record]:
    """Skips the header: the first `count` records that can be read."""
    for record in stream:
        if count and not isinstance(record, Broken):
            count -= 1
        elif not count:
            yield record


def _qualtrics_zone(header: Sequence[Sequence[str]]) -> str:
    cells = (cell for row in header[2:3] for cell in row)
    return next((match[1] for match in map(_QUALTRICS_ZONE.search, cells) if match), "")
