"""Acknowledging: whether a mailbox tells by itself that a mail came, when, and with which words."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import acknowledging as desk
from hub.model.acknowledgement import TEMPLATE, Acknowledging, acknowledging_as_json, read_acknowledging
from hub.model.errors import Refused
from hub.model.opening_hours import WEEKDAYS
from hub.store import acknowledging as store
from hub.store import authserv, templates
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.mailboxes import mailbox
from hub.web.pages.fields import EVERYBODY, Form, form_of, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_USUAL = ["09:00-17:00"]


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows how a mailbox acknowledges mail."""
    name = mailbox(request.app[SERVICES], request.match_info["name"])
    how: Acknowledging = await read(request, store.setting, name)
    definition = acknowledging_as_json(how)
    if not how.enabled and not how.hours.week and not how.hours.days:
        definition["week"] = dict.fromkeys(WEEKDAYS[:5], _USUAL)
    return await _page(request, definition)


@allow("admin")
async def save(request: web.Request) -> web.StreamResponse:
    """Sets how a mailbox acknowledges mail, or shows the form again with what is wrong."""
    name, by = mailbox(request.app[SERVICES], request.match_info["name"]), audit.by(request)
    definition = _posted(await form_of(request))
    try:
        how = read_acknowledging(definition)
        await write(request, lambda conn, given: desk.set_acknowledging(conn, name, given, by), how)
    except Refused as error:
        return await _page(request, definition, error)
    said = (
        _("Saved. First mails are acknowledged from now on.") if how.enabled else _("Saved. Nothing is acknowledged.")
    )
    return redirect(request, f"/channels#{name}", say=said)


async def _page(request: web.Request, definition: dict[str, Any], error: Refused | None = None) -> web.StreamResponse:
    def ask(conn: Connection, chosen: str) -> dict[str, list[str]]:
        rows = [row for row in templates.listed(conn) if row["purpose"] == "service" and row["faces"].get("subject")]
        found: dict[str, list[str]] = {chosen: []}
        for row in rows:
            found.setdefault(row["name"], []).append(row["language"])
        return found

    offered = await read(request, ask, str(definition.get("template") or TEMPLATE))
    stamps = await read(request, authserv.stamps, request.match_info["name"])
    settings = request.app[SERVICES].settings
    checks_dkim = settings.channels[request.match_info["name"]].settings.get("verify_dkim")
    return render(
        request,
        "acknowledging.html",
        status=422 if error else 200,
        name=request.match_info["name"],
        how=definition,
        days="\n".join(" ".join([day, ", ".join(spans)]).strip() for day, spans in definition.get("days", {}).items()),
        offered=offered,
        weekdays=WEEKDAYS,
        business_zone=settings.hub.time_zone,
        error=error,
        nobody_proved=not stamps.judged and not checks_dkim and not definition.get("unproven"),
    )


def _posted(form: Form) -> dict[str, Any]:
    lines = [line.strip().partition(" ") for line in text_of(form, "days").split("\n") if line.strip()]
    return {
        "enabled": bool(text_of(form, "enabled")),
        "template": text_of(form, "template").strip() or TEMPLATE,
        "when": text_of(form, "when"),
        "week": {day: spans for day in WEEKDAYS if (spans := _spans(text_of(form, day)))},
        "days": {day: _spans(spans) for day, _space, spans in lines},
        "time_zone": text_of(form, "time_zone").strip(),
        "unproven": bool(text_of(form, "unproven")),
        "null_sender": bool(text_of(form, "null_sender")),
    }


def _spans(written: str) -> list[str]:
    return [part.strip() for part in written.split(",") if part.strip()]


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/channels/{name:\w+}/acknowledging", show),
        web.post(r"/channels/{name:\w+}/acknowledging", save),
    ]
