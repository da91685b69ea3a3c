"""The Date header (RFC 5322 3.3) as programs really write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_COMMENT = re.compile(r"\([^()]{0,80}\)")
_WORD = re.compile(r"[^\W\d_]+\.?")
# Month names that programs localise against the RFC, by the letters that tell them apart.
_MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "led": 1, "янв": 1, "feb": 2, "fév": 2, "fev": 2, "úno": 2, "фев": 2,
    "mar": 3, "mär": 3, "mrz": 3, "maa": 3, "mrt": 3, "мар": 3, "apr": 4, "avr": 4, "abr": 4, "dub": 4,
    "апр": 4, "may": 5, "mai": 5, "mag": 5, "mei": 5, "maj": 5, "мая": 5, "май": 5, "jun": 6, "juin": 6,
    "giu": 6, "июн": 6, "jul": 7, "juil": 7, "lug": 7, "июл": 7, "aug": 8, "aoû": 8, "aou": 8, "ago": 8,
    "srp": 8, "авг": 8, "sep": 9, "set": 9, "zář": 9, "сен": 9, "oct": 10, "okt": 10, "out": 10, "ott": 10,
    "окт": 10, "nov": 11, "lis": 11, "ноя": 11, "dec": 12, "dez": 12, "déc": 12, "dic": 12, "pro": 12,
    "дек": 12,
}  # fmt: skip
_ENGLISH = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_date(value: str) -> datetime | None:
    """Returns the instant a Date header names, in UTC, or None; a time without a zone is taken as UTC."""
    value = " ".join(_COMMENT.sub(" ", value[:200]).split())
    return _rfc(value) or _iso(value) or _rfc(_in_english(value))


def _rfc(value: str) -> datetime | None:
    try:
        parsed = parsedate_tz(value)
        if parsed is None:
            return None
        year, month, day, hour, minute, second, *_, offset = parsed
        zone = timezone(timedelta(seconds=offset or 0)) if abs(offset or 0) < 86_400 else UTC
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None  # the standard library's reader raises each of these on one input or another


def _iso(value: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", value.removesuffix(" UTC")))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _in_english(value: str) -> str:
    """Replaces a localised month name and drops a localised weekday."""

    def english(found: re.Match[str]) -> str:
        word = found[0].lower().rstrip(".")
        month = _MONTHS.get(word[:4]) or _MONTHS.get(word[:3])
        return _ENGLISH[month] if month else (found[0] if word in ("gmt", "utc", "am", "pm") else "")

    return " ".join(_WORD.sub(english, value.partition(",")[2] or value).split())
