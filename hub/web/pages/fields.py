"""Fields: what an address or a form says, read into values; what cannot be is told with the field's name."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.model.local_time import local_instant
from hub.web.i18n import _
from hub.web.rendering import reader_zone
from hub.web.services import SERVICES

A = TypeVar("A")
R = TypeVar("R")
LARGEST_ID = (1 << 63) - 1
EVERYBODY = ("viewer", "agent", "marketer", "admin", "auditor")
READERS = ("viewer", "agent", "admin", "auditor")
WORKERS = ("agent", "admin")

Form = Mapping[str, object]


def path_id(request: web.Request, name: str = "id") -> int:
    """Returns a number of the address. Raises NotFound for one that no row can have."""
    number = int(request.match_info[name][:20])
    if number > LARGEST_ID:
        raise NotFound(_("There is nothing at this address."))
    return number


async def form_of(request: web.Request) -> Form:
    """Returns the fields of a form; a file is no text."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def text_of(form: Form, name: str) -> str:
    """Returns a field's text, empty where it was not sent."""
    return str(form.get(name, ""))


def id_of(form: Form, name: str) -> int | None:
    """Returns the number in a field, None where it is empty. Raises NotFound for what is no id."""
    written = text_of(form, name).strip()
    if not written:
        return None
    if not (written.isascii() and written.isdecimal()) or int(written[:20]) > LARGEST_ID:
        raise NotFound(_("There is no such entry."))
    return int(written)


def needed_id(form: Form, name: str) -> int:
    """Returns the number in a field. Raises NotFound where there is none."""
    number = id_of(form, name)
    if number is None:
        raise NotFound(_("There is no such entry."))
    return number


def moment_of(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    """Returns the instant that a `datetime-local` field names in a zone, None where it is empty. Raises Refused."""
    written = text_of(form, name).strip()
    if not written:
        return None
    try:
        wall = datetime.fromisoformat(written)
    except ValueError:
        raise Refused(
            _("This is no date and time."), field=name, next_step=_("Write it as 2026-03-02T10:00.")
        ) from None
    if wall.tzinfo is not None:
        raise Refused(_("Write the time as the clock there shows it."), field=name)
    return local_instant(wall, zone)


def day_of(written: str, fallback: date) -> date:
    """Returns the date in an address. Raises Refused."""
    if not written:
        return fallback
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refused(_("This is no date."), field="day", next_step=_("Write it as 2026-03-02.")) from None


def today_of(request: web.Request) -> date:
    """Returns the day it is where the reader is."""
    return request.app[SERVICES].clock().astimezone(reader_zone(request)).date()


def day_span(request: web.Request, first: date, days: int = 1) -> tuple[datetime, datetime]:
    """Returns when a day (or some) begins and ends where the reader is, aware."""
    zone = reader_zone(request)
    begin, end = (datetime.combine(day, time()) for day in (first, first + timedelta(days=days)))
    return local_instant(begin, zone), local_instant(end, zone)


def new_draft() -> str:
    """Returns an id for a form, by which the same one sent twice counts once."""
    return secrets.token_urlsafe(12)


def is_part(request: web.Request) -> bool:
    """Whether htmx asks for a part of a page, not for the page."""
    return "HX-Request" in request.headers and request.headers.get("HX-Request-Type") != "full"


def read(request: web.Request, work: Callable[[Connection, A], R], arg: A) -> Awaitable[R]:
    """Runs a reading work on the database of this hub."""
    return request.app[SERVICES].database.read(work, arg)


def write(request: web.Request, work: Callable[[Connection, A], R], arg: A) -> Awaitable[R]:
    """Runs a writing work; answers after the commit."""
    return request.app[SERVICES].database.write(work, arg)
