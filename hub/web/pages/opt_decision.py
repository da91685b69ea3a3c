"""Did they mean stop? One click says so, on the tasks' page and in the conversation."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import opt_decision
from hub.web import audit
from hub.web.auth import allow
from hub.web.auth.sign_in import own_path
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, form_of, path_id, text_of, write
from hub.web.rendering import redirect
from hub.web.services import SERVICES


@allow(*WORKERS)
async def decide(request: web.Request) -> web.StreamResponse:
    """Notes what somebody meant, and does it."""
    form, by, key = await form_of(request), audit.by(request), request.app[SERVICES].keys.consent
    stop = text_of(form, "meant") == "stop"

    def act(conn: Connection, number: int) -> int | None:
        return opt_decision.decide(conn, number, by, key, meant_stop=stop)

    conversation = await write(request, act, path_id(request))
    usual = f"/conversations/{conversation}" if conversation is not None else "/tasks"
    say = _("They get no more promotions.") if stop else _("Promotions go on as they agreed to.")
    return redirect(request, own_path(text_of(form, "back") or usual), say=say)


def routes() -> list[web.RouteDef]:
    return [web.post(r"/tasks/{id:\d+}/meant", decide)]
