"""Reminders: every rule with when it goes out, by which channel and with which words; switched on and off."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.store import audit as acts
from hub.store import reminders as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, path_id, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Lists the rules, the earliest before the event first."""
    rules: list[dict[str, Any]] = await read(request, lambda conn, _arg: store.rules(conn), None)
    channels = request.app[SERVICES].settings.channels
    return render(request, "reminders.html", rules=rules, channels=channels, of_a_day=store.OF_A_DAY)


@allow(*EDITORS)
async def switch(request: web.Request) -> web.StreamResponse:
    """Switches a rule on or off; what it has planned already stays."""
    rule_id, form, by = path_id(request), await form_of(request), audit.by(request)
    enabled = text_of(form, "enabled") == "yes"

    def change(conn: Connection, number: int) -> None:
        store.change_rule(conn, number, {"enabled": enabled})
        acts.note(conn, by, "reminder_rule.changed", f"reminder_rule/{number}", {"enabled": enabled})

    await write(request, change, rule_id)
    return redirect(request, "/reminders", say=_("Saved."))


def routes() -> list[web.RouteDef]:
    return [web.get("/reminders", show), web.post(r"/reminders/{id:\d+}", switch)]
