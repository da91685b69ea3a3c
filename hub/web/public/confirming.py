"""Confirming an address: the page behind the link in a mail. Looking changes nothing, whoever looks; a POST does."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import double_opt_in
from hub.desk.double_opt_in import Asking, Confirming
from hub.desk.leaving import Evidence
from hub.model.form import Form
from hub.web import i18n
from hub.web.auth.access import public
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.fields import read, write
from hub.web.public.leaving import hidden_middle
from hub.web.rendering import render
from hub.web.services import SERVICES

_LINK = r"{token:[A-Za-z0-9_-]{1,100}}"
_HEADERS = {"X-Robots-Tag": "noindex, nofollow"}


async def ask(request: web.Request, form: Form, language: str, interaction: int | None) -> None:
    """Asks for proof of the addresses that agreed in a submission, by the channel that its form answers with."""
    services, house = request.app[SERVICES], house_of(request)
    section = services.settings.channels.get(form.channel)
    named = section.sends_with if section is not None else ""
    by_mail = [name for name, lane in house.lanes.items() if "mailto" in lane.schemes]
    if interaction is None or not by_mail:
        return
    channel = named if named in by_mail else by_mail[0]
    spoken = language.partition("-")[0]
    if spoken in i18n.LANGUAGES:
        i18n.use(spoken)
    business = house.business_name
    subject = _("%(business)s: please confirm your address") % {"business": business}
    text = _(
        "Somebody, we hope you, signed up with this address at %(business)s.\n\n"
        "Please confirm it here:\n%(link)s\n\n"
        "If it was not you, do nothing: you will get nothing more."
    )
    base, keys, now = services.public_url.rstrip("/"), services.keys, services.clock()
    asking = Asking(
        channel=channel,
        domain=house.message_domain(channel),
        language=i18n.language(),
        words=lambda link: {"subject": subject, "text": text % {"business": business, "link": link}},
        link=lambda token: f"{base}/c/{token}",
    )
    if await write(request, lambda conn, number: double_opt_in.ask(conn, number, asking, keys, now), interaction):
        services.nudge()


@public
async def show(request: web.Request) -> web.Response:
    """Shows what confirming means; changes nothing, whoever looks."""
    services = request.app[SERVICES]
    now = services.clock()

    def look(conn: Connection, token: str) -> Confirming | None:
        return double_opt_in.about(conn, services.keys, token, now)

    return _page(request, await read(request, look, request.match_info["token"]))


@public
async def confirm(request: web.Request) -> web.Response:
    """Takes the proof, with its evidence."""
    services = request.app[SERVICES]
    evidence = Evidence(
        wording="",
        language=i18n.language(),
        source="form, confirmed by the link in a mail",
        ip=request.remote or "",
        user_agent=request.headers.get("User-Agent", "")[:300],
        at=services.clock(),
    )

    def act(conn: Connection, token: str) -> Confirming | None:
        return double_opt_in.confirm(conn, services.keys, token, evidence)

    return _page(request, await write(request, act, request.match_info["token"]))


def _page(request: web.Request, found: Confirming | None) -> web.Response:
    if found is None:
        return render(request, "unknown_link.html", status=404, folder="public", headers=_HEADERS)
    asked = request.query.get("lang", "")[:35] or found.language
    if asked:
        i18n.use(asked.partition("-")[0])
    return render(
        request,
        "confirm_address.html",
        folder="public",
        headers=_HEADERS,
        found=found,
        shown=hidden_middle(found.address),
        address=request.match_info["token"],
    )


def routes() -> list[web.RouteDef]:
    return [web.get(f"/c/{_LINK}", show), web.post(f"/c/{_LINK}", confirm)]
