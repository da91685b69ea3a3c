"""Times as survey tools and people write them, read in the order of day and month that their column shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# How the names of months begin, short or long and in any case: en, de, fr, es, pt, it, nl, cs, pl, ru.
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "jan jän ene gen janv led sty янв", "feb fev fév févr úno lut фев", "mar mär mrt bře мар",
            "apr abr avr dub kwi апр", "may mai mag mei maj kvě май мая", "jun juin giu čvn červen červn cze июн",
            "jul juil lug čvc červenc červene lip июл", "aug ago août aoû srp sie авг", "sep set zář wrz сен",
            "oct okt out ott říj paź paz окт", "nov lis ноя", "dec dez déc dic pro gru дек",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_LONGEST_BEGINNING = max(map(len, _MONTHS))
# RFC 5322 4.3 names the American zones; the European ones have one meaning in Europe.
_ZONE_HOURS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "BST": 1,
}  # fmt: skip
_AFTERNOON = frozenset({"pm", "odp", "下午", "오후", "午後", "μμ"})
_MORNING = frozenset({"am", "dop", "上午", "오전", "午前", "πμ"})
_CLOCK = r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
_AT = r"(?:at|um|à|às|as|a las?|a la\(s\)|alle|alle ore|ore|ora|o|o godz\.|godz\.|v|ve|в|kl\.?) "
_TAIL = re.compile(
    r"(?:\s?(?:г|r)\.?(?!\w))?"  # the Russian and the Polish year
    rf"(?:[\s,.T]*(?P<early>[ap]\.?\s?m\.?|[^\W\d]{{2}}(?=\s?\d))?\s*(?:{_AT})?\s*{_CLOCK}\s*"
    r"(?P<half>[ap]\.?\s?m\.?|odp\.?|dop\.?|[^\W\da-zA-Z]{2})?\s*(?:uhr\b)?)?"
    r"\s*(?P<zone>Z|[A-Z]{2,4}|(?:GMT|UTC)?\s?[+\u2212-]\d{1,2}(?::?\d{2})?)?\s*(?:\([^)]*\))?\Z",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(\d{1,4})\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,4})日?(?=\D|\Z)")
_DAY_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:de )?([^\W\d]+)\.?,?[\s-]+(?:de )?(\d{4})"
)
_MONTH_FIRST = re.compile(r"(?:[^\W\d]+\.?,?\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?\Z")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?\Z")
_LONGEST = 64
_EXCEL_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock; its zone comes later
# LimeSurvey writes this where a survey keeps no dates ("date stamp: no").
_NOT_GIVEN = "1980-01-01"


class DateOrder:
    """Collects from the values of one column whether the day or the month comes first."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def look(self, text: str) -> None:
        match = _NUMERIC.match(text.strip())
        if not match or len(match[1]) > 2:
            return
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:
            self._found.add("dmy")
        elif second > 12 >= first:
            self._found.add("mdy")

    @property
    def order(self) -> str | None:
        """`dmy` or `mdy`; None where no value tells (or they contradict each other)."""
        return next(iter(self._found)) if len(self._found) == 1 else None


@lru_cache(maxsize=1024)
def zone_of(text: str) -> tzinfo | None:
    """Returns the time zone of `Europe/Berlin`, `GMT+2`, `UTC-05:00`, `CET` or `Z`, else None."""
    text = text.strip().replace("\u2212", "-")
    if match := re.fullmatch(r"(?:(?:GMT|UTC)\s?)?([+-])(\d{1,2})(?::?(\d{2}))?", text, re.IGNORECASE):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(offset if match[1] == "+" else -offset) if offset < timedelta(hours=24) else None
    if text.upper() in _ZONE_HOURS:
        return timezone(timedelta(hours=_ZONE_HOURS[text.upper()]))
    if "/" not in text:
        return None
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_given(text: str) -> bool:
    return bool(text) and not (text.startswith(_NOT_GIVEN) and not text[len(_NOT_GIVEN) :].strip(" T0:."))


def read_time(text: str, order: str, zone: tzinfo) -> datetime | None:
    """Returns the aware UTC time of a cell, or None where it holds none.

    `order` (dmy or mdy) decides where the year does not come first; `zone` is for times that name none.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    try:
        read = _wall_clock(text, order)
        if read is None:
            return None
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _wall_clock(text: str, order: str) -> datetime | None:
    if len(text) >= 10 and text[4:5] == "-":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # not quite ISO ("2024-03-01 09:12:33 UTC"): the patterns below read it
    if _SERIAL.match(text):
        return _EXCEL_DAY_ZERO + timedelta(seconds=round(float(text) * 86_400))
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if match := _NUMERIC.match(text):
        order = "dmy" if text[match.end(1) :].lstrip().startswith(".") else order  # dots are written day first
        year, month, day = _ordered(match[1], match[2], match[3], order)
    elif match := _DAY_FIRST.match(text):
        day, month, year = int(match[1]), _month(match[2]), int(match[3])
    elif match := _MONTH_FIRST.match(text):
        month, day, year = _month(match[1]), int(match[2]), int(match[3])
    else:
        return None
    tail = _TAIL.match(text, match.end())
    if not tail:
        return None
    zone = zone_of(tail["zone"]) if tail["zone"] else None
    if tail["hour"] is None:
        return datetime(year, month, day, tzinfo=zone)
    hour = _hour(int(tail["hour"]), tail["half"] or tail["early"] or "")
    return datetime(year, month, day, hour, int(tail["minute"]), int(tail["second"] or 0), tzinfo=zone)


def _ordered(first: str, second: str, third: str, order: str) -> tuple[int, int, int]:
    if len(first) == 4:
        return int(first), int(second), int(third)
    a, b, year = int(first), int(second), int(third)
    if a > 12 or (order == "dmy" and b <= 12):
        a, b = b, a
    return year + 2000 if len(third) <= 2 else year, a, b


def _month(name: str) -> int:
    name = name.lower()
    beginnings = (name[:length] for length in range(_LONGEST_BEGINNING, 2, -1))
    return next((_MONTHS[beginning] for beginning in beginnings if beginning in _MONTHS), 0)


def _hour(hour: int, half: str) -> int:
    half = half.lower().replace(".", "").replace(" ", "")
    if half in _AFTERNOON and hour < 12:
        return hour + 12
    return 0 if half in _MORNING and hour == 12 else hour
