"""Which form stands at an address; remembered, so that a database that is down loses nobody's words."""

from __future__ import annotations

import logging
from weakref import WeakKeyDictionary

from aiohttp import web

from hub.desk.forms import shown_form
from hub.model.errors import NotFound, Unavailable
from hub.model.form import Form
from hub.web import i18n
from hub.web.i18n import _
from hub.web.services import SERVICES

log = logging.getLogger(__name__)

_REMEMBERED: WeakKeyDictionary[web.Application, dict[str, Form]] = WeakKeyDictionary()


async def form_at(request: web.Request) -> Form:
    """Returns the form that visitors see at this address, the last one seen while the database is down.

    Raises NotFound when there is none or it is closed, and Unavailable.
    """
    slug = request.match_info["slug"]
    remembered = _REMEMBERED.setdefault(request.app, {})
    try:
        form = await request.app[SERVICES].database.read(shown_form, slug)
    except Unavailable:
        if slug not in remembered:
            raise
        log.warning("The form %s is shown as it was seen last", slug)
        return remembered[slug]
    if form is None:
        remembered.pop(slug, None)
        raise NotFound(_("There is no form at this address, or it is closed."))
    remembered[slug] = form
    return form


def speak(request: web.Request, form: Form, asked: str) -> str:
    """Chooses the language: the one asked for, else the browser's, else the hub's; the page's own words follow it."""
    accepted = [part.partition(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")[:20]]
    own = request.app[SERVICES].settings.hub.language
    language = form.language([each for each in (asked[:35], *accepted, own) if each])
    i18n.use(language.partition("-")[0])
    return language
