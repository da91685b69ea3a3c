"""The sandbox page: plays a customer, and shows what reached their phone and mailbox; nothing leaves this machine."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web import FileField
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.store.forms import newest
from hub.web import mail_html
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.mail_html import Picture
from hub.web.pages.fields import form_of, read, text_of
from hub.web.rendering import redirect, render
from hub.web.sandbox_door import File, Letter, LiveCall, PhoneEntry, Ringing, SandboxDoor, ShownMail
from hub.web.sandbox_people import PEOPLE, Person, person_of
from hub.web.services import SERVICES

PLAYERS = ("agent", "marketer", "admin")
# Looking at the page is no work: it stops asking before the session would have ended.
_LOOKS_FOR_SECONDS = 600
_MAIL = r"{mail:[\w.@:=,-]{1,200}}"
_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}\Z")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the page shows of the phone and the mailbox, and a mark by which a later look knows that nothing changed."""

    entries: Sequence[PhoneEntry]
    mails: Sequence[ShownMail]
    rings: Sequence[Ringing] = ()

    @property
    def phone_mark(self) -> str:
        shown = [f"{each.at}{each.kind}{each.incoming}" for each in self.entries]
        return _mark([*shown, *[each.id for each in self.rings]])

    @property
    def mail_mark(self) -> str:
        return _mark([each.id for each in self.mails])


def door_of(request: web.Request) -> SandboxDoor:
    """Returns the door to the sandbox. Raises NotFound where nothing is in it."""
    door = request.app[SERVICES].sandbox
    if door is None:
        raise NotFound(_("Nothing is in the sandbox."), next_step=_("Switch a channel to the sandbox first."))
    return door


def played(request: web.Request, given: Mapping[str, str]) -> Person:
    """Returns who is played. Raises Refused."""
    return person_of(given, request.app[SERVICES].settings.hub.region)


@allow(*PLAYERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the person's phone and mailbox, and what can be done with them."""
    services, door, person = request.app[SERVICES], request.app[SERVICES].sandbox, played(request, request.query)
    if door is None:
        return render(request, "sandbox.html", door=None, people=PEOPLE, person=person, live=None)
    seen = await _look(door, person)
    live = await door.line(request.query["call"]) if request.query.get("call") else None
    answered = next((mail for mail in seen.mails if mail.id == request.query.get("answer")), None)
    return render(
        request,
        "sandbox.html",
        door=door,
        people=PEOPLE,
        person=person,
        seen=seen,
        live=live,
        answered=answered,
        forms=await read(request, _open_forms, None),
        until=int(services.clock().timestamp()) + _LOOKS_FOR_SECONDS,
        looking=True,
    )


@allow(*PLAYERS)
async def phone(request: web.Request) -> web.StreamResponse:
    """Shows the phone anew; 204 where nothing changed."""
    return await _part(request, "_sandbox_phone.html", lambda seen: seen.phone_mark)


@allow(*PLAYERS)
async def mailbox(request: web.Request) -> web.StreamResponse:
    """Shows the mailbox anew; 204 where nothing changed."""
    return await _part(request, "_sandbox_mailbox.html", lambda seen: seen.mail_mark)


async def _part(request: web.Request, template: str, mark: Callable[[_Seen], str]) -> web.StreamResponse:
    door, person = door_of(request), played(request, request.query)
    seen = await _look(door, person)
    until = request.query.get("until", "")[:12]
    looking = until.isdecimal() and int(until) > request.app[SERVICES].clock().timestamp()
    if looking and request.query.get("seen") == mark(seen):
        return web.Response(status=204)
    return render(request, template, person=person, seen=seen, until=until, looking=looking)


async def _look(door: SandboxDoor, person: Person) -> _Seen:
    entries, mails, rings = await asyncio.gather(
        door.phone(person.phone), door.mails(person.address), door.ringing(person.phone)
    )
    return _Seen(entries, mails, rings)


@allow(*PLAYERS, body="files")
async def mail(request: web.Request) -> web.StreamResponse:
    """Writes a mail to a mailbox of the hub, or drops a whole one."""
    door, form, files = door_of(request), await fields_of(request), await files_of(request)
    person, channel = played(request, form), text_of(form, "mailbox")
    if dropped := files.get("eml"):
        await door.drop(channel, dropped[0].content)
        return back(request, person, _("The mail was dropped into the mailbox."), "mailbox")
    if not person.address:
        raise Refused(_("This person has no mail address."), field="address")
    letter = Letter(
        name=person.name,
        address=person.address,
        mailbox=channel,
        subject=text_of(form, "subject")[:300],
        text=text_of(form, "text"),
        in_reply_to=text_of(form, "in_reply_to")[:300],
        files=tuple(files.get("file", ())),
    )
    await door.write(letter)
    return back(request, person, _("The mail is on its way to the hub."), "mailbox")


@allow(*PLAYERS, body="files")
async def text(request: web.Request) -> web.StreamResponse:
    """Texts the hub."""
    door, form, files = door_of(request), await fields_of(request), await files_of(request)
    person = played(request, form)
    number, body, pictures = text_of(form, "number"), text_of(form, "body"), files.get("picture", ())
    check_numbers(person, number, door.texts)
    if not body and not pictures:
        raise Refused(_("A text needs words or a picture."), field="body")
    await door.text(person.phone, number, body[:1600], pictures)
    return back(request, person, _("The hub has the text."), "phone")


@allow(*PLAYERS)
async def unsubscribe(request: web.Request) -> web.StreamResponse:
    """Presses "Unsubscribe" as mail programs do."""
    door, form = door_of(request), await fields_of(request)
    await door.unsubscribe(text_of(form, "mail"))
    person = played(request, form)
    return back(request, person, _("The mail program has told the hub."), "mailbox")


@allow(*PLAYERS, hidden=True)
async def html(request: web.Request) -> web.StreamResponse:
    """Shows what a mail looks like, for its frame."""
    inside = await door_of(request).inside(request.match_info["mail"])
    pictures = [Picture(name, kind, content) for name, kind, content in inside.pictures]
    note = _("Pictures from elsewhere are not loaded.")
    shown = await asyncio.to_thread(mail_html.frame, inside.html, mail_html.data_urls(pictures), note)
    headers = {"Content-Security-Policy": mail_html.POLICY}
    return web.Response(text=shown, content_type="text/html", charset="utf-8", headers=headers)


def back(request: web.Request, person: Person, say: str, place: str, *, call: LiveCall | None = None) -> web.Response:
    """Sends the browser back to the page of this person."""
    under_way = f"&call={call.id}" if call else ""
    return redirect(request, f"/sandbox?{person.query}{under_way}#{place}", say=say)


def check_numbers(person: Person, number: str, numbers: Sequence[str]) -> None:
    """Raises Refused where the person has no phone, or the number is none of ours in the sandbox."""
    if not person.phone:
        raise Refused(_("This person has no phone."), field="phone")
    if number not in numbers:
        raise Refused(_("None of the hub's numbers in the sandbox is %s.") % (number or "?"), field="number")


async def fields_of(request: web.Request) -> dict[str, str]:
    """Returns the fields of a form."""
    return {name: str(value) for name, value in (await form_of(request)).items()}


async def files_of(request: web.Request) -> dict[str, list[File]]:
    """Returns the files of a form by their fields; a field left empty has none."""
    found: dict[str, list[File]] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, FileField) and value.filename:
            kind = value.content_type if _TYPE.match(value.content_type or "") else "application/octet-stream"
            found.setdefault(name, []).append(File(value.filename[:200], kind, value.file.read()))
    return {name: files for name, files in found.items() if any(file.content for file in files)}


def _open_forms(conn: Connection, _arg: None) -> list[dict[str, Any]]:
    return [{"slug": row["slug"], "name": row["name"]} for row in newest(conn) if row["active"]]


def _mark(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sandbox", show),
        web.get("/sandbox/phone", phone),
        web.get("/sandbox/mailbox", mailbox),
        web.post("/sandbox/mail", mail),
        web.post("/sandbox/text", text),
        web.post("/sandbox/unsubscribe", unsubscribe),
        web.get(f"/sandbox/mails/{_MAIL}/html", html),
    ]
