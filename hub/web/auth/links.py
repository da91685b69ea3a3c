"""One-time links: the first administrator, an invitation, a reset; a page on GET, consumed by POST."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.store import audit, links, staff
from hub.store.links import Link
from hub.store.staff import StaffMember
from hub.web.auth.access import visitor
from hub.web.auth.first_admin import become
from hub.web.auth.first_restore import offered
from hub.web.auth.passwords import PASSWORDS, check_new
from hub.web.auth.sign_in import signed_in
from hub.web.i18n import _
from hub.web.rendering import render
from hub.web.services import SERVICES, Services


@visitor
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what a link is for. A mail scanner that opens it uses nothing up."""
    link, member = await _open(request)
    return _page(request, link, member)


@visitor
async def use(request: web.Request) -> web.StreamResponse:
    """Uses a link up: keeps the new password and signs its owner in."""
    services = request.app[SERVICES]
    link, member = await _open(request)
    form = {name: str(value) for name, value in (await request.post()).items()}
    email = member.email if member else form.get("email", "")
    try:
        staff.known_email(email)
        check_new(form.get("password", ""), form.get("again", ""), email=email)
    except Refused as error:
        return _page(request, link, member, status=422, form=form, problem=error.message)
    act = _Act(services, request.match_info["token"], email, form.get("display_name", ""), request.remote or "")
    kept = await request.app[PASSWORDS].hash(form["password"])
    return await signed_in(request, await services.database.write(act.run, kept), "/")


def _page(
    request: web.Request,
    link: Link,
    member: StaffMember | None,
    *,
    status: int = 200,
    form: Mapping[str, str] | None = None,
    problem: str = "",
) -> web.StreamResponse:
    given = form or {"email": member.email if member else "", "display_name": member.display_name if member else ""}
    return render(
        request,
        "link.html",
        status=status,
        purpose=link.purpose,
        member=member,
        email=given.get("email", ""),
        display_name=given.get("display_name", ""),
        problem=problem,
        restore=offered(request) if link.purpose == links.FIRST_ADMIN else None,
    )


async def _open(request: web.Request) -> tuple[Link, StaffMember | None]:
    services = request.app[SERVICES]

    def look(conn: Connection, token: str) -> tuple[Link, StaffMember | None] | None:
        link = links.look_up(conn, services.keys, token, services.clock())
        if link is None or (link.purpose == links.FIRST_ADMIN and staff.anyone(conn)):
            return None
        return link, staff.member(conn, link.staff_id) if link.staff_id is not None else None

    found = await services.database.read(look, request.match_info["token"])
    if found is None or (found[1] is not None and found[1].disabled):
        raise _gone()
    return found


@dataclass(frozen=True, slots=True)
class _Act:
    services: Services
    token: str
    email: str
    display_name: str
    ip: str

    def run(self, conn: Connection, password_hash: str) -> StaffMember:
        """Consumes the link and keeps the password, in one transaction. Raises NotFound."""
        keys, now = self.services.keys, self.services.clock()
        link = links.consume(conn, keys, self.token, now)
        if link is None:
            raise _gone()
        staff_id = link.staff_id if link.staff_id is not None else become(conn, self.email, self.display_name, now)
        staff.set_password(conn, staff_id, password_hash, display_name=self.display_name)
        member = staff.member(conn, staff_id)
        if member.disabled:
            raise _gone()
        by = audit.Actor(name=member.email, staff_id=member.id, ip=self.ip, at=now, key=keys.audit)
        audit.note(conn, by, "link.used", f"staff/{member.id}", {"purpose": link.purpose})
        return member


def _gone() -> NotFound:
    return NotFound(
        _("This link is unknown, used or too old."), next_step=_("Ask an administrator for a new one, or sign in.")
    )


def routes() -> list[web.RouteDef]:
    return [web.get("/link/{token}", show), web.post("/link/{token}", use)]
