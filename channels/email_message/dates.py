"""The Date header (RFC 5322 3.3) as programs really write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# As nearly all programs write it: `Fri, 6 Mar 2026 10:19:01 +0000`.
_BY_THE_BOOK = re.compile(
    rf"(?:[A-Z][a-z]{{2}}, )?(\d{{1,2}}) ({'|'.join(_MONTH_NAMES)}) ((?:19|20)\d\d) (\d\d):(\d\d):(\d\d)"
    r" ([+-])(\d\d)(\d\d)",
    re.ASCII,
)
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
_ENGLISH = ("", *_MONTH_NAMES)
# Names of zones beyond those of RFC 5322 4.3, where they mean one thing only; minutes east of Greenwich.
_ZONES = {
    "CET": 60, "CEST": 120, "MET": 60, "MEST": 120, "MEZ": 60, "MESZ": 120, "WET": 0, "WEST": 60, "BST": 60, "EET": 120,
    "EEST": 180, "MSK": 180, "MSD": 240, "SAST": 120, "PKT": 300, "HKT": 480, "SGT": 480, "AWST": 480, "JST": 540,
    "KST": 540, "AEST": 600, "AEDT": 660, "ACST": 570, "NZST": 720, "NZDT": 780, "BRT": -180, "ART": -180, "CLT": -240,
    "AKST": -540, "AKDT": -480, "HST": -600,
}  # fmt: skip
_NAMED_ZONE = re.compile(rf"(?<=[\d ])({'|'.join(_ZONES)})\Z", re.IGNORECASE)
_OFFSET = re.compile(r"\s*(?:GMT|UTC)?\s?([+-])(\d{1,2}):?(\d\d)\Z")
_COLON = re.compile(r"(?<=\d)\s{0,20}:\s{0,20}(?=\d)")
_FRACTION = re.compile(r"(?<=:\d\d)\.\d{1,9}")
_HALF_DAY = re.compile(r"\b(\d{1,2})((?::\d\d){1,2}) ?([AP])\.?M\.?(?!\w)", re.IGNORECASE)
_SLASHED = re.compile(r"\A(?:\w{3,9},? )?(\d{1,2})/(\d{1,2})/(\d{4})(?=\D)")


def read_date(value: str) -> datetime | None:
    """Returns the instant a Date header names, in UTC, or None; a time without a zone is taken as UTC."""
    return _by_the_book(value) or _as_it_comes(value)


def _by_the_book(value: str) -> datetime | None:
    found = _BY_THE_BOOK.fullmatch(value)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes))
    at = (int(year), _MONTH_NAMES.index(month) + 1, int(day), int(hour), int(minute), min(int(second), 59))
    try:
        return datetime(*at, tzinfo=timezone(east if sign == "+" else -east)).astimezone(UTC)
    except ValueError:
        return None


def _as_it_comes(value: str) -> datetime | None:
    value = " ".join(_COMMENT.sub(" ", value[:200]).split()).strip("\"'")
    value = _FRACTION.sub("", _COLON.sub(":", value)) if "T" not in value[8:12] else value
    value = _HALF_DAY.sub(_whole_day, value)
    value = _SLASHED.sub(_month_first, value, count=1)
    value = _NAMED_ZONE.sub(lambda found: _numeric(_ZONES[found[1].upper()]), value)
    tidy = _OFFSET.sub(lambda found: f" {found[1]}{found[2]:0>2}{found[3]}", value)
    return _rfc(tidy) or _iso(value) or _rfc(_in_english(tidy))


def _whole_day(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[3] in "pP" else 0) if int(found[1]) <= 12 else int(found[1])
    return f"{hour:02}{found[2]}"


def _month_first(found: re.Match[str]) -> str:
    """Programs that write 11/21/1997 are American; where only the second number can be the month it comes second."""
    first, second = int(found[1]), int(found[2])
    month, day = (second, first) if first > 12 else (first, second)
    return f"{day} {_ENGLISH[month] if month <= 12 else ''} {found[3]}"


def _numeric(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _rfc(value: str) -> datetime | None:
    try:
        parsed = parsedate_tz(value)
        if parsed is None:
            return None
        year, month, day, hour, minute, second, *_, offset = parsed
        year += 1900 if 100 <= year < 200 else 0  # RFC 5322 4.3: years of three digits, which a defect of 2000 wrote
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
