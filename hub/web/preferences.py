"""What a reader chooses for this browser, signed in or not: the theme."""

from __future__ import annotations

from aiohttp import web

from hub.web.auth.access import visitor
from hub.web.auth.sign_in import own_path

_YEAR_SECONDS = 31_536_000


@visitor
async def choose_theme(request: web.Request) -> web.StreamResponse:
    """Keeps a theme: light, dark, or whatever the system says."""
    form = await request.post()
    chosen = str(form.get("theme", ""))
    response = web.Response(status=303, headers={"Location": own_path(str(form.get("back", "")))})
    if chosen in ("light", "dark"):
        response.set_cookie("hub_theme", chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax")
    else:
        response.del_cookie("hub_theme")
    return response


def routes() -> list[web.RouteDef]:
    return [web.post("/theme", choose_theme)]
