"""CSV and TSV as streams of records: delimiter, line ends, quotes and cells of several lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from channels.survey_upload.limits import Limits
from hub.model.errors import TooLarge

DELIMITERS = ",;\t|"
_SAMPLE = 1 << 17
_SAMPLE_RECORDS = 60
_HEAD = 1 << 13


class Broken(str):
    """Why one record could not be read; the records after it can."""

    __slots__ = ()


Record = list[str] | Broken


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the records are written; `newline` is lf, crlf or cr."""

    delimiter: str
    newline: str


def open_text(file: Path, codec: str) -> TextIO:
    return file.open(encoding=codec, errors="replace", newline="")


def detect(file: Path, codec: str) -> Dialect:
    """Returns the delimiter and the line end by reading the beginning of the file."""
    with open_text(file, codec) as stream:
        sample = stream.read(_SAMPLE)
    first_line = sample.split("\n", 1)[0].strip()
    if first_line.lower().startswith("sep=") and len(first_line) == len("sep=") + 1:  # written by Excel
        return Dialect(first_line[-1], _newline(sample))
    complete = len(sample) < _SAMPLE
    return Dialect(max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter, complete)), _newline(sample))


def records(file: Path, codec: str, delimiter: str, limits: Limits) -> Iterator[Record]:
    """Yields every record that is not blank, its cells cleaned of NUL.

    Raises TooLarge when a record or its width is over the limit.
    """
    with open_text(file, codec) as stream:
        spaced = _quotes_after_spaces(stream.read(_HEAD), delimiter)
        stream.seek(0)
        lines = _Lines(stream, limits.record_characters)
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=spaced)
        first = True
        while True:
            lines.taken = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Broken(f"line {reader.line_num} has a cell of over {csv.field_size_limit():,} characters")
                continue
            whole = "".join(cells)
            if not whole or whole.isspace():
                continue
            if first:
                first = False
                if cells[0].lower().startswith("sep=") and not any(cells[1:]):
                    continue
            elif len(cells) == 1 and cells[0] == "\x1a":  # the end-of-file mark of DOS
                continue
            if len(cells) > limits.columns:
                raise TooLarge(f"A row has {len(cells):,} columns; at most {limits.columns:,} are read.")
            yield [cell.replace("\0", "") for cell in cells] if "\0" in whole else cells


class _Lines:
    """Lines of a text file; stops a record that never ends (a quote that is never closed)."""

    def __init__(self, stream: TextIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self.taken = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(self._limit + 1)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken > self._limit:
            raise TooLarge(
                f"One row is longer than {self._limit:,} characters.",
                next_step="Look for a quotation mark that is never closed, or export the survey again.",
            )
        return line


def _quotes_after_spaces(head: str, delimiter: str) -> bool:
    """Whether cells are quoted behind a space, as people type them: `1, "fine, thanks"`."""
    return re.search(rf'{re.escape(delimiter)} +"', head) is not None and f'" {delimiter}' not in head


def _newline(sample: str) -> str:
    quoted = False
    for at, character in enumerate(sample):
        if character == '"':
            quoted = not quoted
        elif character in "\r\n" and not quoted:
            if character == "\n":
                return "lf"
            return "crlf" if sample[at + 1 : at + 2] == "\n" else "cr"
    return "lf"


def _evenness(sample: str, delimiter: str, complete: bool) -> tuple[bool, float, int]:
    """Rates a delimiter: does it split at all, how many records have the commonest width, how wide they are."""
    lines = sample.splitlines(keepends=True)
    try:
        found = list(islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_RECORDS))
    except csv.Error:
        return False, 0.0, 0
    if not complete and 1 < len(found) < _SAMPLE_RECORDS:
        found.pop()
    widths = Counter(len(cells) for cells in found if cells)
    if not widths:
        return False, 0.0, 0
    width, times = max(widths.items(), key=lambda entry: (entry[1], entry[0]))
    return width > 1, round(times / widths.total(), 1), width
