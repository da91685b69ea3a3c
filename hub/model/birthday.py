"""Birthdays: a day of the year, of which the year may be unknown."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from hub.model.errors import Refused

# A leap year long ago stands for "no year", as in Apple's X-APPLE-OMIT-YEAR, so that 29 February can be kept.
NO_YEAR: Final = 1604
_WITHOUT_YEAR = re.compile(r"(?:--)?(\d{2})-(\d{2})\Z")


def read_birthday(text: str) -> date:
    """Reads 1815-12-10, or --12-10 where the year is unknown (RFC 6350, 4.3.1). Raises Refused."""
    found = _WITHOUT_YEAR.match(text.strip())
    try:
        return date(NO_YEAR, int(found[1]), int(found[2])) if found else date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(
            f"{text[:40]!r} is no date.",
            field="birthday",
            next_step="Write it as 1815-12-10, or as --12-10 where the year is not known.",
        ) from None


def write_birthday(birthday: date) -> str:
    """Writes a birthday as `read_birthday` reads it."""
    return f"--{birthday:%m-%d}" if birthday.year == NO_YEAR else birthday.isoformat()


def celebrated(birthday: date, year: int) -> date:
    """Returns the day on which a birthday is celebrated in a year: 29 February on the 28th where there is none."""
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
