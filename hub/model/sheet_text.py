"""Rows as a CSV text that a spreadsheet opens without computing anything: the one place that writes cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

# OWASP, CSV injection: what begins so is a formula to a spreadsheet.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def sheet_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Returns a CSV text (RFC 4180) with a row of names; a cell that would be a formula begins with an apostrophe."""
    stream = io.StringIO()
    sheet = csv.writer(stream)
    sheet.writerow(columns)
    sheet.writerows([_cell(row[name]) for name in columns] for row in rows)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text
