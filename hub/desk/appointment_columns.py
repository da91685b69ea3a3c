"""Columns of an appointment file: found by their headings, in several languages, and read into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hub.desk.sheet import CLOCK, Sheet, folded, instant, read_table, time_of
from hub.model.errors import Refused
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


def read_sheet(content: bytes, *, region: str) -> Sheet:
    """Reads a CSV file. Raises Refused where it is none, or says neither who nor when; TooLarge over 50,000 rows."""
    sheet = read_table(content, _HEADINGS, ("start", "date"), region=region, most_rows=MOST_ROWS)
    _check(sheet.columns)
    return sheet


def moment(row: Mapping[str, str], name: str, place_name: str, *, day_first: bool) -> datetime:
    """Returns the instant in a field of a row, on the clock of a place unless it names its own. Raises Refused."""
    text = row.get(name, "")
    if name == "start" and not text:
        text = f"{row.get('date', '')} {row.get('time', '')}".strip()
    return instant(text, place_name, name, day_first=day_first)


def end_of(row: Mapping[str, str], starts_at: datetime, place_name: str, *, day_first: bool) -> datetime | None:
    """Returns when an appointment ends: by its end, which may be a time of day only, or its minutes; None if unsaid."""
    if minutes := row.get("minutes", ""):
        if not minutes.isdecimal():
            raise Refused(f"{minutes!r} is no number of minutes.", field="minutes")
        return starts_at + timedelta(minutes=int(minutes))
    text = row.get("end", "")
    if not text:
        return None
    if clock := CLOCK.fullmatch(text):
        local = starts_at.astimezone(zone(place_name)).date()
        return local_instant(datetime.combine(local, time_of(clock, "end")), zone(place_name))
    return moment(row, "end", place_name, day_first=day_first)


def state_of(text: str) -> str:
    """Returns the state that a word means. Raises Refused for a word that nobody knows."""
    word = folded(text)
    for state, words in STATE_WORDS.items():
        if word in {folded(known) for known in words}:
            return state
    raise Refused(f"{text!r} is no state of an appointment: {', '.join(STATE_WORDS)}.", field="state")


def _check(columns: Mapping[str, str]) -> None:
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
