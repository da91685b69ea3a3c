"""XLSX as a stream of records; formulas give the value that was stored with them, dates are ISO 8601.

The reader loads a sheet whole, so only files that `zip_check.vet` let through may come here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from channels.survey_upload.limits import Limits
from hub.model.errors import TooLarge, Unreadable

Cell = int | float | str | bool | time | date | datetime | timedelta
_HALF_SECOND = timedelta(milliseconds=500)


def fullest_sheet(file: Path) -> str:
    """Returns the name of the visible sheet with the most rows, the first of equals. Raises Unreadable."""
    with _opened(file) as book:
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
        names = visible or [sheet.name for sheet in sheets]
        if not names:
            raise Unreadable("The workbook has no sheet.", next_step="Export the survey again.")
        return names[0] if len(names) == 1 else max(names, key=lambda name: _sheet(book, name).height)


def records(file: Path, sheet: str, limits: Limits) -> Iterator[list[str]]:
    """Yields every row of a sheet that is not blank, as text. Raises TooLarge or Unreadable."""
    with _opened(file) as book:
        table = _sheet(book, sheet)
        if table.width > limits.columns:
            raise TooLarge(f"A row has {table.width:,} columns; at most {limits.columns:,} are read.")
        for row in table.iter_rows():
            cells = [cell if type(cell) is str else _text(cell) for cell in row]
            if any(cells) and any(map(str.strip, cells)):
                yield cells


def _opened(file: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(file)
    except BaseException as failure:  # a panic of the reader is a BaseException (PyO3 PanicException)
        raise _unreadable(failure) from failure


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except BaseException as failure:
        raise _unreadable(failure) from failure


def _unreadable(failure: BaseException) -> BaseException:
    if isinstance(failure, KeyboardInterrupt | SystemExit | MemoryError):
        return failure
    return Unreadable(
        f"The workbook cannot be read: {str(failure)[:200]}",
        next_step="Open it, save it again as .xlsx or CSV, upload that.",
    )


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):  # serial days are floats: 09:12:33 may come as 09:12:32.9999
        return (cell + _HALF_SECOND).replace(microsecond=0).isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
