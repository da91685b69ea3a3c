"""Languages: gettext catalogues, read at start; `_` speaks the language of the request at hand.

The catalogues are written anew from the sources with

    pybabel extract -F hub/locale/babel.cfg -k N_ --no-location --omit-header --sort-output -o hub.pot .
    pybabel update -D hub -i hub.pot -d hub/locale --no-fuzzy-matching --omit-header --ignore-obsolete -w 118
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from aiohttp import web
from babel import Locale, UnknownLocaleError, negotiate_locale

from hub.web.catalogue import read

FOLDER = Path(__file__).resolve().parent.parent / "locale"
# Each language in its own words, as the profile page offers it; English is what the sources are written in.
LANGUAGES = {"en": "English", "pt": "Português", "cs": "Čeština", "ru": "Русский"}

_language: ContextVar[str] = ContextVar("language", default="en")


def _(message: str) -> str:
    """Returns a message in the language of the request."""
    return catalogue(_language.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, number: int) -> str:
    """Returns the form of a message that goes with a number, in the language of the request."""
    return catalogue(_language.get()).ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802  # gettext's own name
    """Marks a message that is written here and translated where it is shown."""
    return message


def language() -> str:
    """Returns the language of the request at hand."""
    return _language.get()


def use(name: str) -> None:
    """Makes everything of this request speak a language; an unknown one is English."""
    _language.set(name if name in LANGUAGES else "en")


def locale() -> Locale:
    """Returns Babel's locale of the request, for dates, numbers and money."""
    return Locale.parse(_language.get())


def preferred(request: web.Request, fallback: str) -> str:
    """Returns the language that the browser asks for, or the fallback (RFC 9110 section 12.5.4)."""
    header = request.headers.get("Accept-Language", "")[:500]
    return _negotiated(header, fallback) if header else fallback


@lru_cache(maxsize=256)
def _negotiated(header: str, fallback: str) -> str:
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _semicolon, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag))
        except ValueError:
            continue
    tags = [tag for _quality, tag in sorted(wanted, key=lambda each: each[0]) if tag]
    try:
        return negotiate_locale(tags, list(LANGUAGES), sep="-") or fallback
    except (ValueError, UnknownLocaleError):
        return fallback


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(name: str) -> NullTranslations:
    """Returns the messages of a language."""
    file = FOLDER / name / "LC_MESSAGES" / "hub.po"
    return read(file, name) if file.is_file() else NullTranslations()
