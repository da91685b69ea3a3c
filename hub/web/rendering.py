"""Pages: Jinja templates with the words, times and money of who reads them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hub.config import shipped
from hub.outreach.reasons import Words
from hub.store.staff import StaffMember
from hub.web import assets, formats, i18n, invited
from hub.web.keys import FORM_TOKEN, STAFF
from hub.web.navigation import rooms
from hub.web.services import SERVICES

Folder = Literal["pages", "public"]
_SAID = "hub_said"


def render(
    request: web.Request,
    template: str,
    *,
    status: int = 200,
    block: str | None = None,
    folder: Folder = "pages",
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> web.Response:
    """Returns a page from `templates/pages` (or `templates/public`), or one block of it for htmx.

    Every template has: `staff` (a StaffMember, or None before sign-in), `path`, `now`, `language`, `languages`,
    `settings`, `sandboxed`, `would_have_sent`, `navigation`, `theme`, `said`, `sent_id`, `csrf`; `csrf_field()`,
    `may(*roles)`, `query(name=value)` (this address with other parameters), `static(name)`; and the filters of
    `hub.web.formats`; `told` says a sentence about a message in the reader's language.
    """
    services = request.app[SERVICES]
    staff = request.get(STAFF)
    formats.use(formats.Reader(zone=reader_zone(request), now=services.clock(), language=i18n.language()))
    _token.set(request.get(FORM_TOKEN, ""))
    said = _said(request)
    values = {
        "staff": staff,
        "path": request.path,
        "now": services.clock(),
        "language": i18n.language(),
        "languages": i18n.LANGUAGES,
        "settings": services.settings,
        "sandboxed": services.sandboxed,
        "would_have_sent": services.would_have_sent(),
        "navigation": rooms(request, staff) if folder == "pages" else (),
        "theme": theme(request),
        "said": said,
        "sent_id": sent_id(request),
        "csrf": request.get(FORM_TOKEN, ""),
        "may": lambda *roles: staff is not None and staff.role in roles,
        "query": lambda **changes: query(request, **changes),
        **context,
    }
    found = environment(folder).get_template(template)
    text = "".join(found.blocks[block](found.new_context(values))) if block else found.render(values)
    response = web.Response(status=status, text=text, content_type="text/html", headers=headers)
    response.headers["Vary"] = "HX-Request, HX-Request-Type, Accept-Language"
    response.headers["Content-Language"] = i18n.language()
    if said and block is None:
        response.del_cookie(_SAID)
    return response


def redirect(request: web.Request, path: str, *, say: str = "") -> web.Response:
    """Sends the browser to another page of ours after a POST, to be told there what was done.

    htmx is told in a header, since it would put the page that it is sent to into a part of this one.
    """
    if request.headers.get("HX-Request"):
        response = web.Response(status=200, headers={"HX-Redirect": path})
    else:
        response = web.Response(status=303, headers={"Location": path})
    if say:
        text = base64.urlsafe_b64encode(say.encode()[:1500]).decode().rstrip("=")
        response.set_cookie(_SAID, text, max_age=60, httponly=True, samesite="Lax")
    return response


def reader_zone(request: web.Request) -> ZoneInfo:
    """Returns the time zone in which this request's reader lives."""
    staff: StaffMember | None = request.get(STAFF)
    return formats.zone((staff.time_zone if staff else "") or request.app[SERVICES].settings.hub.time_zone)


def theme(request: web.Request) -> str:
    """Returns the theme that the reader chose: light, dark, or empty for that of their system."""
    chosen = request.cookies.get("hub_theme", "")
    return chosen if chosen in ("light", "dark") else ""


def sent_id(request: web.Request) -> str:
    """Returns the message that was queued on the page before this one, and may still be taken back."""
    number = request.query.get("sent", "")
    return number if number.isascii() and number.isdecimal() and len(number) < 19 else ""


def query(request: web.Request, **changes: Any) -> str:
    """Returns this page's address with some parameters changed; None removes one."""
    kept = [(name, value) for name, value in request.query.items() if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{request.path}?{urlencode(kept + added)}" if kept or added else request.path


@lru_cache(maxsize=2)
def environment(folder: Folder) -> Environment:
    """Returns how templates of a folder are read: everything escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(shipped("templates", folder)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(i18n._, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    made.globals |= {"static": assets.address, "csrf_field": _csrf_field, "_": _worded}
    made.filters |= formats.FILTERS | invited.FILTERS | {"told": _told}
    return made


def _told(words: str) -> str:
    """Says what became of a message in the reader's language; what somebody wrote stays as it is."""
    return words.said_by(i18n._) if isinstance(words, Words) else words


def _worded(message: str, **values: Any) -> Markup:
    """Says `_("...")` as the extension does, by a shorter way: a page says 145 such words."""
    return Markup(i18n._(message)) % values if values else _plain(i18n.language(), message)  # noqa: S704  # our words


@lru_cache(maxsize=8_192)
def _plain(language: str, message: str) -> Markup:
    """Returns a message without values; `language` is the request's, in which it is said."""
    return Markup(i18n.catalogue(language).gettext(message) if message else "") % {}  # noqa: S704  # our words


_token: ContextVar[str] = ContextVar("form_token", default="")


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(_token.get())


def _said(request: web.Request) -> str:
    text = request.cookies.get(_SAID, "")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
