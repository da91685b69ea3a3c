"""Contact forms that mail: how a website's form mails become submissions, in versions, tried on the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from hub.capture.form_candidates import form_candidates
from hub.capture.form_mails import from_address
from hub.capture.rereading import TRIED, PastMails, Tried
from hub.desk import mail_forms as desk
from hub.insight.paging import read_id
from hub.model.errors import HubError, NotFound, Refused
from hub.model.mail_form import Gives, read_mail_form
from hub.store import mail_forms
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _, ngettext
from hub.web.pages.fields import EVERYBODY, Form, form_of, read, text_of, write
from hub.web.pages.kept_versions import Studio, based_on, versions_shown
from hub.web.pages.mail_form_draft import Draft, labels_text, new_draft, of_contact, posted_draft, proposed_draft
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = r"{name:[a-z0-9][a-z0-9_-]{0,79}}"
_LONGEST_PASTED = 200_000


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the forms whose mails are read."""
    listed = await read(request, lambda conn, _arg: mail_forms.all_current(conn), None)
    return render(request, "mail_forms.html", listed=listed)


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows mails that look like a form's, to choose one or paste one; `?interaction=`: what that one seems to hold."""
    region = request.app[SERVICES].settings.hub.region
    number = read_id(request.query.get("interaction", ""), "interaction")
    if number is None:
        found = await form_candidates(_past(request))
        return await _editor(request, new_draft(region), based_on=0, candidates=found)
    contact = await _past(request).read(number)
    if contact is None:
        raise NotFound(_("This is no mail that can be read again."))
    return await _editor(request, of_contact(contact, from_address(contact), region), based_on=0)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows how a form's mails are read, its versions (`?version=` to bring one back)."""
    name = request.match_info["name"]
    every, shown = await versions_shown(request, mail_forms.versions, name)
    return await _editor(
        request, dict(shown.definition), based_on=every[0].version, name=name, versions=every, shown=shown
    )


async def _editor(
    request: web.Request,
    draft: Draft,
    *,
    based_on: int,
    name: str = "",
    error: HubError | None = None,
    status: int = 200,
    **more: Any,
) -> web.Response:
    page: dict[str, Any] = {
        "versions": [], "shown": None, "typed": "", "tried": None, "candidates": (), "pasted": "", **more
    }  # fmt: skip
    return render(
        request,
        "mail_form.html",
        status=status,
        draft=draft,
        name=name,
        based_on=based_on,
        problem=error,
        wrong=error.field if isinstance(error, Refused) else "",
        gives=[each.value for each in Gives],
        labels_text=labels_text,
        most=TRIED,
        before=read_id(request.query.get("before", "")),
        **page,
    )


_STUDIO: Studio[Draft] = Studio("/mail-forms", posted_draft, dict, desk.save_mail_form, _editor)


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new one, or shows the page again with what was asked for."""
    return await _save(request, "")


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores the next version, by which the next mail is read; earlier ones stay."""
    return await _save(request, request.match_info["name"])


async def _save(request: web.Request, name: str) -> web.Response:
    posted = await form_of(request)
    region = request.app[SERVICES].settings.hub.region
    act = text_of(posted, "act")
    if act == "propose":
        pasted = text_of(posted, "pasted")[:_LONGEST_PASTED]
        sender = text_of(posted, "sender").strip()
        draft = proposed_draft(pasted, pasted if "<" in pasted else "", region, sender=sender)
        return await _editor(request, draft, based_on=0, pasted=pasted)
    if act == "try":
        return await _try(request, posted, name)
    return await _STUDIO.keep(request, name)


async def _try(request: web.Request, posted: Form, name: str) -> web.Response:
    draft, seen, typed = posted_draft(posted), based_on(posted), text_of(posted, "name").strip()
    try:
        tried: Sequence[Tried] = await _past(request).try_on(read_mail_form(draft, name))
    except Refused as error:
        return await _editor(request, draft, based_on=seen, name=name, typed=typed, error=error, status=422)
    return await _editor(request, draft, based_on=seen, name=name, typed=typed, tried=tried)


@allow(*EDITORS)
async def apply(request: web.Request) -> web.Response:
    """Reads the past mails of a form anew."""
    name, by = request.match_info["name"], audit.by(request)
    before = read_id(text_of(await form_of(request), "before"), "before")
    row = await read(request, mail_forms.current, name)
    done = await _past(request).apply(row.form, by.at, before)
    await write(request, lambda conn, read: desk.note_applied(conn, name, read, by), done.read)
    said = ngettext("%(num)s mail became a submission.", "%(num)s mails became submissions.", done.read)
    said %= {"num": done.read}
    if done.unread:
        more = ngettext("%(num)s names nobody and stays a mail.", "%(num)s name nobody and stay mails.", done.unread)
        said = f"{said} {more % {'num': done.unread}}"
    where = f"/mail-forms/{name}" if done.before is None else f"/mail-forms/{name}?before={done.before}"
    return redirect(request, where, say=said)


@allow(*EDITORS)
async def retire(request: web.Request) -> web.Response:
    """Lets a form's mails be ordinary mails again."""
    name, by = request.match_info["name"], audit.by(request)
    await write(request, lambda conn, chosen: desk.retire_mail_form(conn, chosen, by), name)
    return redirect(request, "/mail-forms", say=_("Its mails are ordinary mails from now on."))


def _past(request: web.Request) -> PastMails:
    services = request.app[SERVICES]
    return PastMails(services.database, services.blobs, services.channels)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/mail-forms", show_all),
        web.get("/mail-forms/new", begin),
        web.post("/mail-forms", create),
        web.get(f"/mail-forms/{_NAME}", show),
        web.post(f"/mail-forms/{_NAME}", change),
        web.post(f"/mail-forms/{_NAME}/apply", apply),
        web.post(f"/mail-forms/{_NAME}/retire", retire),
    ]
