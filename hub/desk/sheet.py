"""A CSV file of another system as rows: its columns found by their headings, in several languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from charset_normalizer import from_bytes

from hub.model.clean import clean_text
from hub.model.errors import Refused, TooLarge
from hub.model.fold import fold
from hub.model.local_time import local_instant, zone

_WORDS = re.compile(r"\w+")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST_OR_NOT = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4})")
CLOCK = re.compile(r"(\d{1,2})[:.h](\d{2})(?::(\d{2}))?\s*([ap]\.?m\.?)?|(\d{1,2})\s*([ap]\.?m\.?)", re.IGNORECASE)

Headings = Mapping[str, Sequence[str]]
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was understood: its encoding, delimiter, the column of each field, and its rows by line number."""

    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]
    day_first: bool


def read_table(
    content: bytes, headings: Headings, dated: Sequence[str], *, region: str, most_rows: int, family: str = ""
) -> Sheet:
    """Reads a CSV file. `headings`: the words that name each field; `dated`: the fields that hold dates.

    `region`: whose way of writing dates counts where the file does not show it. `family`: a word before headings of the
    file's own, such as "fact: size", whose field is then `fact.size`. Raises Refused where it is no CSV, and TooLarge.
    """
    text, encoding = _decoded(content)
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = next(lines, [])
        columns = _columns(names, headings, family)
        rows = tuple(_rows(lines, columns, most_rows))
    except csv.Error as error:
        raise Refused(f"The file is no readable CSV: {error}.", field="file") from error
    used = set(columns.values())
    return Sheet(
        encoding=encoding,
        delimiter=delimiter,
        columns={name: names[at] for name, at in columns.items()},
        ignored=tuple(heading for at, heading in enumerate(names) if at not in used and heading.strip()),
        rows=rows,
        day_first=_day_first(rows, dated, region),
    )


def instant(text: str, place_name: str, field: str, *, day_first: bool, midnight: bool = False) -> datetime:
    """Returns the instant that a text names, on the clock of a place unless it names its own. Raises Refused.

    `midnight`: a day without a time is its beginning; else it is refused.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = _parsed(text, field, day_first=day_first, midnight=midnight)
    if parsed.tzinfo is not None:
        return parsed
    if not midnight and len(text) <= len("2026-01-31") and "T" not in text and ":" not in text:
        raise Refused(f"{text!r} names no time of day.", field=field)
    return local_instant(parsed, zone(place_name))


def folded(text: str) -> str:
    """Returns a word as it is compared: small letters, no accents, no punctuation."""
    return " ".join(_WORDS.findall(fold(text).replace("_", " ")))


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        return clean_text(content.decode("utf-8-sig")), "utf-8"
    except UnicodeDecodeError:
        best = from_bytes(content[:200_000]).best()
        encoding = best.encoding if best else "cp1252"
        return clean_text(content.decode(encoding, "replace")), encoding


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)


def _columns(names: Sequence[str], headings: Headings, family: str) -> dict[str, int]:
    fields = {folded(word): name for name, words in headings.items() for word in words}
    columns: dict[str, int] = {}
    for at, heading in enumerate(names):
        name = fields.get(folded(heading))
        word, colon, own = heading.partition(":")
        if name is None and family and colon and own.strip() and folded(word) == family:
            name = f"{family}.{own.strip()}"
        if name is not None:
            columns.setdefault(name, at)
    return columns


def _rows(lines: Iterator[list[str]], columns: Mapping[str, int], most: int) -> Iterator[tuple[int, Row]]:
    for count, cells in enumerate(lines):
        if count >= most:
            raise TooLarge(f"The file has more than {most:,} rows.", field="file", next_step="Split it.")
        if any(cell.strip() for cell in cells):
            yield count + 2, {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}


def _day_first(rows: Sequence[tuple[int, Row]], dated: Sequence[str], region: str) -> bool:
    """Tells how dates such as 05/03/2026 are meant: as any row of the file proves, else as the region writes them."""
    for _, row in rows:
        found = _DAY_FIRST_OR_NOT.match(next((row[name] for name in dated if row.get(name)), ""))
        if found and found[2] != "." and int(found[1]) > 12:
            return True
        if found and found[2] != "." and int(found[3]) > 12:
            return False
    return region not in ("US", "PH", "FM", "MH", "PW")


def _parsed(text: str, name: str, *, day_first: bool, midnight: bool) -> datetime:
    clock = CLOCK.search(text, _date_end(text))
    if clock is None and not midnight:
        raise Refused(f"{text!r} names no time of day.", field=name)
    at = time_of(clock, name) if clock else time()
    try:
        if iso := _ISO.match(text):
            return datetime.combine(datetime(int(iso[1]), int(iso[2]), int(iso[3])), at)  # noqa: DTZ001  # local
        if found := _DAY_FIRST_OR_NOT.match(text):
            first, second = int(found[1]), int(found[3])
            day, month = (first, second) if day_first or found[2] == "." else (second, first)
            return datetime.combine(datetime(int(found[4]), month, day), at)  # noqa: DTZ001  # local
    except ValueError as error:
        raise Refused(f"{text!r} is no date: {error}.", field=name) from error
    raise Refused(f"{text!r} is no date and time; write it as 2026-03-05 10:00.", field=name)


def _date_end(text: str) -> int:
    found = _ISO.match(text) or _DAY_FIRST_OR_NOT.match(text)
    return found.end() if found else 0


def time_of(found: re.Match[str], name: str) -> time:
    """Returns the time of day that CLOCK found. Raises Refused."""
    hour, minute = int(found[1] or found[5]), int(found[2] or 0)
    half = (found[4] or found[6] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise Refused(f"{found[0]!r} is no time of day.", field=name)
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return time(hour, minute, int(found[3] or 0))
    except ValueError as error:
        raise Refused(f"{found[0]!r} is no time of day.", field=name) from error
