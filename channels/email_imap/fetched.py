"""Reads the parts of one untagged FETCH response (RFC 3501 section 7.4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]*)"')
_QUOTED_BODY = re.compile(rb'\bBODY\[[A-Z]*\](?:<\d+>)? "((?:[^"\\]|\\.)*)"')
_DATE_PARTS = re.compile(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Literal:
    """A counted string; `content` is None where it was over the reader's limit and thrown away."""

    size: int
    content: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What the server told of one mail in one response; None where it did not tell.

    `oversized`: a body came that was longer than the size announced and over the limit; it was thrown away.
    """

    uid: int
    size: int | None = None
    flags: frozenset[str] = frozenset()
    internal_date: datetime | None = None
    content: bytes | None = field(default=None, repr=False)
    oversized: bool = False


def read_fetched(parts: Sequence[bytes | Literal]) -> Fetched | None:
    """Returns what one response says, or None when it names no UID (an unsolicited change of flags)."""
    line = b"".join(part for part in parts if isinstance(part, bytes))
    body = next((part for part in parts if isinstance(part, Literal)), None)
    content = body.content if body else None
    if body is None and (quoted := _QUOTED_BODY.search(line)):
        content = re.sub(rb"\\(.)", rb"\1", quoted[1])
        line = line[: quoted.start()] + line[quoted.end() :]
    flags = _FLAGS.search(line)
    if flags:
        line = line[: flags.start()] + line[flags.end() :]
    uid = _UID.search(line)
    if uid is None:
        return None
    size = _SIZE.search(line)
    date = _DATE.search(line)
    return Fetched(
        uid=int(uid[1]),
        size=int(size[1]) if size else None,
        flags=frozenset(flags[1].decode("ascii", "replace").lower().split()) if flags else frozenset(),
        internal_date=read_internal_date(date[1].decode("ascii", "replace")) if date else None,
        content=content,
        oversized=body is not None and body.content is None,
    )


@lru_cache(maxsize=1024)  # many mails of a page came in the same second
def read_internal_date(text: str) -> datetime | None:
    """Returns an INTERNALDATE (` 1-Feb-2026 09:05:00 +0100`) in UTC, or None when it is no date."""
    match = _DATE_PARTS.fullmatch(text)
    if match is None or match[2].lower() not in MONTHS:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        return datetime(
            int(year),
            MONTHS.index(month.lower()) + 1,
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),  # a leap second
            tzinfo=timezone(offset if sign == "+" else -offset),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
