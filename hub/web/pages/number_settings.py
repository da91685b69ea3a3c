"""What a number is told besides how it signs in, on a page of its own."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hub.desk.connections import kind_of
from hub.desk.number_settings import ANSWERED, MACHINES, read_number_settings, settings_of
from hub.model.errors import NotFound, Refused
from hub.model.opt_tables import LANGUAGES
from hub.web import audit, connecting
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import Form, form_of, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_PATH = r"/channels/{name:\w+}/number"
_PLAIN = ("business_name", "countries", "price_per_part", "price_currency", "daily_spend", "whatsapp_number")


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what a number says."""
    kind, now = await _kept(request)
    return _page(request, kind, settings_of(kind, now))


@allow("admin")
async def change(request: web.Request) -> web.StreamResponse:
    """Keeps what was written; the channel is opened again with it."""
    services, name = request.app[SERVICES], request.match_info["name"]
    kind, now = await _kept(request)
    given = _given(kind, await form_of(request))
    try:
        await connecting.change(services, audit.by(request), name, read_number_settings(kind, given, now), {})
    except Refused as error:
        return _page(request, kind, {**settings_of(kind, now), **given}, error)
    return redirect(request, f"/channels/{name}/number", say=_("Kept."))


async def _kept(request: web.Request) -> tuple[str, dict[str, Any]]:
    standing = await connecting.standing(request.app[SERVICES], request.match_info["name"])
    kind = kind_of(standing.connection.adapter)
    if kind not in ("texts", "calls"):
        raise NotFound(_("This channel has no number."))
    return kind, dict(standing.connection.settings)


def _given(kind: str, form: Form) -> dict[str, Any]:
    if kind == "calls":
        return {"answering_machine": text_of(form, "answering_machine")}
    answers = {
        what: {language: text_of(form, f"answers.{what}.{language}") for language in LANGUAGES} for what in ANSWERED
    }
    return {
        **{name: text_of(form, name) for name in _PLAIN},
        "count_clicks": "count_clicks" in form,
        "answers": answers,
    }


def _page(request: web.Request, kind: str, said: dict[str, Any], problem: Refused | None = None) -> web.StreamResponse:
    countries = said.get("countries") or ()
    return render(
        request,
        "number_settings.html",
        status=422 if problem else 200,
        name=request.match_info["name"],
        kind=kind,
        values=said,
        countries=countries if isinstance(countries, str) else ", ".join(countries),
        languages=LANGUAGES,
        answered=ANSWERED,
        own={language for words in said.get("answers", {}).values() for language, each in words.items() if each},
        machines=MACHINES,
        problem=problem,
    )


def routes() -> list[web.RouteDef]:
    return [web.get(_PATH, show), web.post(_PATH, change)]
