"""How much memory a worksheet will take, reckoned from its XML as it streams by."""

from __future__ import annotations

import re
from array import array
from itertools import groupby

from hub.model.errors import Refused

_CELL_STARTS = tuple(prefix + b"c" + end for prefix in (b"<", b":") for end in (b" ", b">", b"/", b"\n", b"\r", b"\t"))
_PLAIN_COLUMN = re.compile(rb' r="([A-Z]+)(?=[0-9])')
_PLAIN_ROW = re.compile(rb' r="[A-Z]+([0-9]+)"')
_CELL_OR_ROW = re.compile(rb"<(?:\w+:)?(c|row)[\s/>]")
_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)[0-9]""")
_CELL_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]+([0-9]+)["']""")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["']([0-9]+)["']""")
_STRINGS_START = re.compile(rb"<(?:\w+:)?sst[\s>]")
_STRING_END = re.compile(rb"</(?:\w+:)?si\s*>|<(?:\w+:)?si\s*/>")
_INDEX = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*([0-9]+)")
_ODD_INDEX = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*(?:&#|<!)")


class SheetSize:
    """The rectangle that the cells of one sheet span: the reader keeps every cell of it, empty or not."""

    def __init__(self) -> None:
        self._rows = self._columns = self._row_tags = self._run = 0

    @property
    def cells(self) -> int:
        return self._rows * self._columns

    def look(self, xml: bytes) -> None:
        columns = _PLAIN_COLUMN.findall(xml)
        if len(columns) == sum(map(xml.count, _CELL_STARTS)):  # as every known program writes: the quick way
            self._columns = max(self._columns, *map(_column_number, set(columns)), 0)
            self._rows = max(self._rows, *(int(row[:9]) for row in set(_PLAIN_ROW.findall(xml))), 0)
            self._run = 0
        else:
            self._look_closely(xml)

    def _look_closely(self, xml: bytes) -> None:
        references = _COLUMN.findall(xml)
        tags = _CELL_OR_ROW.findall(xml)
        # A row without cells costs nothing, however far down it stands; its number counts where cells have none.
        rows = set(_CELL_ROW.findall(xml))
        if tags.count(b"c") > len(references):
            rows.update(_ROW_NUMBER.findall(xml))
        self._columns = max(self._columns, *map(_column_number, set(references)), 0)
        self._rows = max(self._rows, *(int(row[:9]) for row in rows), 0)
        self._count(tags)

    def _count(self, tags: list[bytes]) -> None:
        """Counts too, because references may be left out: then a cell stands beside the one before it."""
        for tag, run in groupby(tags):
            times = sum(1 for _ in run)
            if tag == b"row":
                self._row_tags += times
                self._run = 0
            else:
                self._run += times
                self._columns = max(self._columns, self._run)
        self._rows = max(self._rows, self._row_tags)


class StringUse:
    """How many bytes the shared strings take once every cell has its own copy."""

    def __init__(self) -> None:
        self._lengths = array("L")
        self._open = self._longest = self._uses = self.weight = 0

    @property
    def at_most(self) -> int:
        return self._longest * self._uses

    def look(self, xml: bytes) -> None:
        first = _STRINGS_START.search(xml)
        start = first.start() if first else -self._open
        ends = _STRING_END.finditer(xml) if b"si>" in xml or b"si/" in xml or b"si " in xml else ()
        for match in ends:
            self._lengths.append(match.end() - start)
            self._longest = max(self._longest, match.end() - start)
            start = match.end()
        self._open = len(xml) - start
        self._uses += xml.count(b'"s"') + xml.count(b"'s'")

    def weigh(self, xml: bytes) -> None:
        if _ODD_INDEX.search(xml):
            raise Refused("A cell of the workbook is written in an unusual way.", next_step="Upload the survey as CSV.")
        known = len(self._lengths)
        self.weight += sum(self._lengths[index] for index in map(int, _INDEX.findall(xml)) if index < known)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - 64
    return number
