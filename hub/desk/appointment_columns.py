"""Columns of an appointment file: found by their headings, in several languages, and read into values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from charset_normalizer import from_bytes

from hub.model.clean import clean_text
from hub.model.errors import Refused, TooLarge
from hub.model.fold import fold
from hub.model.local_time import local_instant, zone

MOST_ROWS = 50_000
_HEADINGS: Mapping[str, Sequence[str]] = {
    "external_id": ("external id", "id", "appointment id", "booking id", "reference", "cislo", "codigo", "номер"),
    "email": ("email", "e mail", "mail", "email address", "correio", "почта", "эл почта"),
    "phone": ("phone", "mobile", "telephone", "tel", "phone number", "telefone", "telefon", "mobil", "телефон"),
    "customer": ("customer", "customer id", "client id", "cliente", "zakaznik", "клиент"),
    "name": ("name", "customer name", "full name", "client", "patient", "nome", "jmeno", "имя", "фио"),
    "start": ("start", "starts at", "start time", "begin", "when", "datetime", "inicio", "zacatek", "начало"),
    "date": ("date", "day", "start date", "data", "datum", "дата"),
    "time": ("time", "hour", "hora", "cas", "время"),
    "end": ("end", "ends at", "end time", "fim", "konec", "конец", "окончание"),
    "minutes": ("minutes", "duration", "length", "duracao", "delka", "длительность"),
    "time_zone": ("time zone", "timezone", "zone", "tz", "fuso horario", "casove pasmo", "часовои пояс"),
    "title": ("title", "subject", "service", "what", "titulo", "servico", "nazev", "sluzba", "услуга", "тема"),
    "location": ("location", "place", "address", "where", "local", "endereco", "misto", "место", "адрес"),
    "note": ("note", "notes", "comment", "observacao", "poznamka", "примечание"),
    "state": ("state", "status", "situacao", "stav", "состояние", "статус"),
}  # fmt: skip
STATE_WORDS: Mapping[str, Sequence[str]] = {
    "booked": ("", "booked", "scheduled", "planned", "open", "new", "agendado", "marcado", "objednano", "запланирован"),
    "confirmed": ("confirmed", "confirmado", "potvrzeno", "подтвержден", "подтверждено"),
    "cancelled": ("cancelled", "canceled", "cancelado", "zruseno", "storno", "отменен", "отменено"),
    "attended": ("attended", "done", "completed", "concluido", "hotovo", "завершен"),
    "missed": ("missed", "no show", "noshow", "faltou", "nedostavil se", "неявка"),
}
_WORDS = re.compile(r"\w+")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST_OR_NOT = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4})")
_CLOCK = re.compile(r"(\d{1,2})[:.h](\d{2})(?::(\d{2}))?\s*([ap]\.?m\.?)?|(\d{1,2})\s*([ap]\.?m\.?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was understood: its encoding, delimiter, the column of each field, and its rows by line number."""

    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    day_first: bool


def read_sheet(content: bytes, *, region: str) -> Sheet:
    """Reads a CSV file. Raises Refused where it is none, or says neither who nor when; TooLarge over 50,000 rows."""
    text, encoding = _decoded(content)
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        headings = next(lines, [])
        columns = _columns(headings)
        rows = tuple(_rows(lines, columns))
    except csv.Error as error:
        raise Refused(f"The file is no readable CSV: {error}.", field="file") from error
    _check(columns)
    used = set(columns.values())
    return Sheet(
        encoding=encoding,
        delimiter=delimiter,
        columns={name: headings[at] for name, at in columns.items()},
        ignored=tuple(heading for at, heading in enumerate(headings) if at not in used and heading.strip()),
        rows=rows,
        day_first=_day_first(rows, region),
    )


def moment(row: Mapping[str, str], name: str, place_name: str, *, day_first: bool) -> datetime:
    """Returns the instant in a field of a row, on the clock of a place unless it names its own. Raises Refused."""
    text = row.get(name, "")
    if name == "start" and not text:
        text = f"{row.get('date', '')} {row.get('time', '')}".strip()
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = _parsed(text, name, day_first=day_first)
    if parsed.tzinfo is not None:
        return parsed
    if len(text) <= len("2026-01-31") and "T" not in text and ":" not in text:
        raise Refused(f"{text!r} names no time of day.", field=name)
    return local_instant(parsed, zone(place_name))


def end_of(row: Mapping[str, str], starts_at: datetime, place_name: str, *, day_first: bool) -> datetime | None:
    """Returns when an appointment ends: by its end, which may be a time of day only, or its minutes; None if unsaid."""
    if minutes := row.get("minutes", ""):
        if not minutes.isdecimal():
            raise Refused(f"{minutes!r} is no number of minutes.", field="minutes")
        return starts_at + timedelta(minutes=int(minutes))
    text = row.get("end", "")
    if not text:
        return None
    if clock := _CLOCK.fullmatch(text):
        local = starts_at.astimezone(zone(place_name)).date()
        return local_instant(datetime.combine(local, _time_of(clock, "end")), zone(place_name))
    return moment(row, "end", place_name, day_first=day_first)


def state_of(text: str) -> str:
    """Returns the state that a word means. Raises Refused for a word that nobody knows."""
    word = _folded(text)
    for state, words in STATE_WORDS.items():
        if word in {_folded(known) for known in words}:
            return state
    raise Refused(f"{text!r} is no state of an appointment: {', '.join(STATE_WORDS)}.", field="state")


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


def _folded(text: str) -> str:
    return " ".join(_WORDS.findall(fold(text).replace("_", " ")))


_BY_HEADING = {_folded(word): name for name, words in _HEADINGS.items() for word in words}


def _columns(headings: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, heading in enumerate(headings):
        name = _BY_HEADING.get(_folded(heading))
        if name is not None:
            columns.setdefault(name, at)
    return columns


def _check(columns: Mapping[str, int]) -> None:
    if "external_id" not in columns:
        raise Refused(
            "The file has no column that names each appointment.",
            field="external_id",
            next_step="Add one called external_id: by it the file can be read again without doubling anything.",
        )
    if not {"email", "phone", "customer"} & set(columns):
        raise Refused("The file does not say who comes.", field="customer", next_step="Add email, phone or customer.")
    if "start" not in columns and "date" not in columns:
        raise Refused("The file does not say when.", field="start", next_step="Add start, or date and time.")


def _rows(lines: Iterator[list[str]], columns: Mapping[str, int]) -> Iterator[tuple[int, Mapping[str, str]]]:
    for count, cells in enumerate(lines):
        if count >= MOST_ROWS:
            raise TooLarge(f"The file has more than {MOST_ROWS:,} rows.", field="file", next_step="Split it.")
        if any(cell.strip() for cell in cells):
            yield count + 2, {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}


def _day_first(rows: Sequence[tuple[int, Mapping[str, str]]], region: str) -> bool:
    """Tells how dates such as 05/03/2026 are meant: as any row of the file proves, else as the region writes them."""
    for _, row in rows:
        found = _DAY_FIRST_OR_NOT.match(row.get("start", "") or row.get("date", ""))
        if found and found[2] != "." and int(found[1]) > 12:
            return True
        if found and found[2] != "." and int(found[3]) > 12:
            return False
    return region not in ("US", "PH", "FM", "MH", "PW")


def _parsed(text: str, name: str, *, day_first: bool) -> datetime:
    clock = _CLOCK.search(text, _date_end(text))
    if clock is None:
        raise Refused(f"{text!r} names no time of day.", field=name)
    at = _time_of(clock, name)
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


def _time_of(found: re.Match[str], name: str) -> time:
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
