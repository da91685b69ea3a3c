"""Invitations on the timeline: one click makes an appointment of one, or changes, confirms or cancels it."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import invitations
from hub.model.calendar_event import Step
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import N_, _
from hub.web.pages.fields import WORKERS, form_of, path_id, text_of, write
from hub.web.rendering import redirect
from hub.web.services import SERVICES

_SAID = {
    Step.BOOK: N_("Booked."),
    Step.CHANGE: N_("The appointment is changed."),
    Step.CONFIRM: N_("The appointment is confirmed."),
    Step.CANCEL: N_("The appointment is cancelled."),
    Step.NOTHING: N_("That was done already."),
}


@allow(*WORKERS)
async def act(request: web.Request) -> web.StreamResponse:
    """Does what the invitation asks for, and shows the appointment."""
    invitation_id, by, seen = path_id(request), audit.by(request), text_of(await form_of(request), "step")
    local = request.app[SERVICES].settings.hub.time_zone

    def work(conn: Connection, number: int) -> tuple[int, Step]:
        return invitations.act(conn, number, seen, local, by)

    appointment_id, step = await write(request, work, invitation_id)
    return redirect(request, f"/appointments/{appointment_id}", say=_(_SAID[step]))


def routes() -> list[web.RouteDef]:
    return [web.post(r"/invitations/{id:\d+}", act)]
