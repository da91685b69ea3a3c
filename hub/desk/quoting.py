"""Quoting: the older mail below an answer or inside a forward, introduced in the language of who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from hub.model.clean import clean_text
from hub.model.contact import Party

# Mail programs show a quotation folded; what is longer than this nobody unfolds, and each answer would double it.
_LONGEST = 50_000
_CUT = "[…]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The mail or text that is answered or forwarded; `text` is all of it, as it was read."""

    author: Party
    at: datetime
    subject: str
    text: str
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class _Words:
    """How mail programs of a language introduce an older mail: over a quotation, and as the head of a forward."""

    wrote: str
    forwarded: str
    sender: str
    date: str
    subject: str
    to: str
    cc: str


_WORDS = {
    "en": _Words("On {date} at {time}, {who} wrote:", "Forwarded message", "From", "Date", "Subject", "To", "Cc"),
    "pt": _Words("Em {date} às {time}, {who} escreveu:", "Mensagem encaminhada", "De", "Data", "Assunto", "Para", "Cc"),
    "cs": _Words("{date} v {time} {who} napsal(a):", "Přeposlaná zpráva", "Od", "Datum", "Předmět", "Komu", "Kopie"),
    "ru": _Words("{date} в {time}, {who} пишет:", "Пересланное сообщение", "От", "Дата", "Тема", "Кому", "Копия"),
    "de": _Words("Am {date} um {time} schrieb {who}:", "Weitergeleitete Nachricht", "Von", "Datum", "Betreff", "An",
                 "Kopie"),
    "fr": _Words("Le {date} à {time}, {who} a écrit :", "Message transféré", "De", "Date", "Objet", "À", "Cc"),
    "es": _Words("El {date} a las {time}, {who} escribió:", "Mensaje reenviado", "De", "Fecha", "Asunto", "Para", "Cc"),
    "it": _Words("Il giorno {date} alle {time} {who} ha scritto:", "Messaggio inoltrato", "Da", "Data", "Oggetto", "A",
                 "Cc"),
    "nl": _Words("Op {date} om {time} schreef {who}:", "Doorgestuurd bericht", "Van", "Datum", "Onderwerp", "Aan",
                 "Cc"),
    "pl": _Words("{date} o {time} {who} napisał(a):", "Przekazana wiadomość", "Od", "Data", "Temat", "Do", "Dw"),
    "uk": _Words("{date} о {time} {who} пише:", "Переслане повідомлення", "Від", "Дата", "Тема", "Кому", "Копія"),
    "sk": _Words("{date} o {time} {who} napísal(a):", "Preposlaná správa", "Od", "Dátum", "Predmet", "Komu", "Kópia"),
    "sv": _Words("Den {date} kl. {time} skrev {who}:", "Vidarebefordrat meddelande", "Från", "Datum", "Ämne", "Till",
                 "Kopia"),
}  # fmt: skip


def spoken(language: str, fallback: str = "en") -> str:
    """Returns the first of two languages in which older mails are introduced, else English."""
    codes = (language, language.partition("-")[0].partition("_")[0], fallback.partition("-")[0])
    return next((code for code in codes if code in _WORDS), "en")


def attribution(original: Original, language: str, zone: ZoneInfo) -> str:
    """Returns the line over a quotation: who wrote, when, as mail programs of that language say it."""
    day, time = _when(original.at, language, zone)
    return _WORDS[language].wrote.format(date=day, time=time, who=_named(original.author))


def quoted(original: Original, language: str, zone: ZoneInfo) -> str:
    """Returns what stands below an answer: the attribution, and each line marked with `>` (RFC 3676 section 4.5)."""
    lines = _bounded(original.text).split("\n")
    marked = [f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines]
    return "\n".join([attribution(original, language, zone), "", *marked])


def forwarded(original: Original, language: str, zone: ZoneInfo) -> str:
    """Returns what stands below the words of who forwards: the head of the mail, then all of its text."""
    words = _WORDS[language]
    head = [
        (words.sender, _named(original.author)),
        (words.date, " ".join(_when(original.at, language, zone))),
        (words.subject, original.subject),
        (words.to, _listed(original.to)),
        (words.cc, _listed(original.cc)),
    ]
    lines = [f"{name}: {value}" for name, value in head if value]
    return "\n".join([f"---------- {words.forwarded} ----------", *lines, "", _bounded(original.text)])


def _when(at: datetime, language: str, zone: ZoneInfo) -> tuple[str, str]:
    try:
        locale = Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        locale = Locale.parse("en")
    local = at.astimezone(zone)
    return _plain(format_date(local, "medium", locale)), _plain(format_time(local, "short", locale=locale))


def _plain(text: str) -> str:
    # Readers of other programs know only the ordinary space of a date.
    return text.replace("\u202f", " ").replace("\xa0", " ")


def _named(party: Party) -> str:
    name = " ".join(party.display_name.split())
    address = party.identity.value
    return f"{name} <{address}>" if name and name != address else address


def _listed(parties: Sequence[Party]) -> str:
    return ", ".join(_named(party) for party in parties)


def _bounded(text: str) -> str:
    text = clean_text(text).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}\n{_CUT}"
