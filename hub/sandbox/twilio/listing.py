"""Lists as Twilio's API gives them: filters on text and date, newest first, in pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

Row = TypeVar("Row")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DATES = frozenset({"DateSent", "StartTime", "EndTime", "DateCreated"})
DEFAULT_PAGE, LARGEST_PAGE = 50, 1000


class BadFilter(ValueError):
    """A filter that cannot be read."""


def check(query: Mapping[str, str]) -> None:
    """Raises BadFilter where a date cannot be read, whether or not there is anything to filter."""
    for name, given in query.items():
        if given and name.rstrip("<>") in DATES:
            _span(given)


def within(query: Mapping[str, str], name: str, moment: datetime | None) -> bool:
    """Applies `Name`, `Name<` and `Name>` by whole days, as Twilio does; rows without the date fall out.

    The published description writes the comparisons as part of the name: `DateSent>=2026-01-31`.
    """
    for suffix in ("", "<", ">"):
        given = query.get(name + suffix)
        if not given:
            continue
        if moment is None:
            return False
        begin, end = _span(given)
        fits = {"": begin <= moment < end, "<": moment < end, ">": moment >= begin}
        if not fits[suffix]:
            return False
    return True


def page(
    rows: Iterable[Row],
    query: Mapping[str, str],
    path: str,
    key: str,
    face: Callable[[Row], dict[str, Any]],
    largest: int = LARGEST_PAGE,
) -> dict[str, Any]:
    """Returns one page, of at most `largest` rows, with its neighbours' addresses. Raises BadFilter."""
    newest_first = list(rows)[::-1]
    size, number = min(_whole(query, "PageSize", DEFAULT_PAGE), largest), _whole(query, "Page", 0)
    if number and query.get("PageToken") != f"PA{number}":
        raise BadFilter("Page needs the PageToken of the page before")  # Twilio: absolute paging is not supported
    start = number * size
    shown = newest_first[start : start + size]

    def address(page_number: int) -> str:
        token = {"PageToken": f"PA{page_number}"} if page_number else {}
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': page_number, **token})}"

    return {
        key: [face(row) for row in shown],
        "first_page_uri": address(0),
        "next_page_uri": address(number + 1) if start + size < len(newest_first) else None,
        "previous_page_uri": address(number - 1) if number else None,
        "uri": address(number),
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(shown) - 1),
    }


def _span(given: str) -> tuple[datetime, datetime]:
    try:
        begin = datetime.fromisoformat(given.replace("Z", "+00:00"))
    except ValueError:
        raise BadFilter(f"{given!r} is no date") from None
    begin = begin.astimezone(UTC) if begin.tzinfo else begin.replace(tzinfo=UTC)
    begin = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    given = query.get(name, str(default))
    if not given.isdecimal():
        raise BadFilter(f"{name} must be a whole number")
    return int(given)


def newer_page(
    request: web.Request,
    rows: Sequence[Any],
    key: str,
    face: Callable[[Any], dict[str, Any]],
    host: str = "messaging",
) -> web.Response:
    """Returns a page in the newer form, whose neighbours stand under `meta` (www.twilio.com/docs/usage/api)."""
    older = page(rows, request.query, request.path, key, face)
    address = {name: older[f"{name}_page_uri"] for name in ("first", "next", "previous")}
    meta = {f"{name}_page_url": f"https://{host}.twilio.com{uri}" if uri else None for name, uri in address.items()}
    url = f"https://{host}.twilio.com{older['uri']}"
    meta |= {"key": key, "page": older["page"], "page_size": older["page_size"], "url": url}
    return web.json_response({key: older[key], "meta": meta})
