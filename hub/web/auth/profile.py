"""What staff members choose for themselves: name, language, time zone, signature, password."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.local_time import zone_names
from hub.outreach.phrases import try_phrase
from hub.store import audit, canned, staff, throttle
from hub.store.staff import ROLES
from hub.web import audit as acts
from hub.web import i18n
from hub.web.auth.access import allow
from hub.web.auth.passwords import PASSWORDS, check_new
from hub.web.auth.sign_in import TRIES_PER_ACCOUNT, WITHIN, signed_in
from hub.web.composing import able_senders
from hub.web.i18n import _
from hub.web.keys import STAFF
from hub.web.pace import throttled
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_LONGEST_NAME, _LONGEST_SIGNATURE = 200, 2_000


@allow(*ROLES)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what is chosen."""
    return await _page(request)


@allow(*ROLES)
async def change(request: web.Request) -> web.StreamResponse:
    """Keeps name, language, time zone and signatures."""
    form = {name: str(value).strip() for name, value in (await request.post()).items()}
    own = {
        name: form.get(f"signature.{name}", "").replace("\r\n", "\n")[:_LONGEST_SIGNATURE] for name in _senders(request)
    }
    zone, language, by = form.get("time_zone", ""), form.get("language", ""), acts.by(request)
    values = {
        "display_name": form.get("display_name", "")[:_LONGEST_NAME],
        "language": language,
        "time_zone": zone,
        "signature": form.get("signature", "").replace("\r\n", "\n")[:_LONGEST_SIGNATURE],
    }
    if not values["display_name"]:
        return await _page(request, form, problem=_("A name is needed: colleagues see it."))
    if (language and language not in i18n.LANGUAGES) or (zone and zone not in zone_names()):
        return await _page(request, form, problem=_("There is no such language or time zone."))
    try:
        for text in filter(None, (values["signature"], *own.values())):
            try_phrase(text)
    except Refused as error:
        return await _page(request, form, problem=_("A signature cannot be filled in: %s") % error.message)

    def act(conn: Connection, staff_id: int) -> None:
        staff.set_profile(conn, staff_id, **values)
        canned.set_signatures(conn, staff_id, own)
        audit.note(conn, by, "staff.profile_changed", f"staff/{staff_id}")

    await request.app[SERVICES].database.write(act, request[STAFF].id)
    if language:
        i18n.use(language)
    return redirect(request, "/profile", say=_("Saved."))


@allow(*ROLES)
async def change_password(request: web.Request) -> web.StreamResponse:
    """Keeps a new password and signs out everywhere; this browser goes on under a new session."""
    services, passwords, me, by = request.app[SERVICES], request.app[PASSWORDS], request[STAFF], acts.by(request)
    form = await request.post()
    current, new, again = (str(form.get(name, "")) for name in ("current", "password", "again"))
    tried = await throttled(request, "sign-in", me.email, TRIES_PER_ACCOUNT, WITHIN)
    kept = await services.database.read(staff.password_of, me.id)
    if not await passwords.fits(current, kept):
        return await _page(request, problem=_("The current password is another one."))
    try:
        check_new(new, again, email=me.email)
    except Refused as error:
        return await _page(request, problem=error.message)

    def act(conn: Connection, password_hash: str) -> None:
        throttle.give_back(conn, [tried])
        staff.set_password(conn, me.id, password_hash)
        audit.note(conn, by, "staff.password_changed", f"staff/{me.id}")

    await services.database.write(act, await passwords.hash(new))
    return await signed_in(request, me, "/profile")


async def _page(
    request: web.Request, typed: Mapping[str, str] | None = None, *, problem: str = ""
) -> web.StreamResponse:
    kept = await request.app[SERVICES].database.read(canned.signatures, request[STAFF].id)
    shown = {"": request[STAFF].signature, **{name: kept.get(name, "") for name in _senders(request)}}
    if typed is not None:
        shown = {name: typed.get(f"signature.{name}" if name else "signature", "") for name in shown}
    return render(
        request,
        "profile.html",
        status=422 if problem else 200,
        problem=problem,
        zones=zone_names(),
        signatures=shown,
    )


def _senders(request: web.Request) -> tuple[str, ...]:
    """Returns the channels that send mail, each of which may be signed otherwise."""
    return able_senders(request.app[SERVICES], "mailto")


def routes() -> list[web.RouteDef]:
    return [
        web.get("/profile", show),
        web.post("/profile", change),
        web.post("/profile/password", change_password),
    ]
