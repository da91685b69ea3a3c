"""What a customer is reached by: identities, consent, addresses to be left alone, and who is the same person."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import consents as consenting
from hub.desk import customers as desk
from hub.desk import merging
from hub.insight.people import customer_of, read_identity
from hub.model.bases import Basis
from hub.model.errors import NotFound
from hub.store.audit import Actor
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, form_of, needed_id, path_id, read, text_of, write
from hub.web.rendering import redirect
from hub.web.services import SERVICES


async def _act(
    request: web.Request, work: Callable[[Connection, int, int, Actor], None], say: str
) -> web.StreamResponse:
    """Does something to one identity of a customer and leads back to the customer."""
    customer_id, identity_id, by = path_id(request), path_id(request, "identity"), audit.by(request)
    await write(request, lambda conn, number: work(conn, number, identity_id, by), customer_id)
    return redirect(request, f"/customers/{customer_id}", say=say)


@allow(*WORKERS)
async def add(request: web.Request) -> web.StreamResponse:
    """Gives the customer one more address or number."""
    customer_id, by, form = path_id(request), audit.by(request), await form_of(request)
    identity = read_identity(text_of(form, "identity"), request.app[SERVICES].settings.hub.region)
    await write(request, lambda conn, number: desk.add_identity(conn, number, identity, by), customer_id)
    return redirect(request, f"/customers/{customer_id}", say=_("Added."))


@allow(*WORKERS)
async def close(request: web.Request) -> web.StreamResponse:
    """Ends the customer's hold on an identity."""
    return await _act(request, desk.close_identity, _("No longer theirs; what came by it stays here."))


@allow(*WORKERS)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Notes that an identity is proven."""
    return await _act(request, desk.confirm_identity, _("Noted."))


@allow(*WORKERS)
async def silence(request: web.Request) -> web.StreamResponse:
    """Notes that an address must be left alone."""

    def leave(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> None:
        consenting.leave_alone(conn, customer_id, identity_id, "", by)

    return await _act(request, leave, _("Nothing is written to this address any more."))


@allow(*WORKERS)
async def allow_again(request: web.Request) -> web.StreamResponse:
    """Ends one reason for which an address was left alone."""
    suppression = needed_id(await form_of(request), "suppression")

    def end(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> None:
        consenting.write_again(conn, customer_id, identity_id, suppression, by)

    return await _act(request, end, _("It may be written to again."))


@allow(*WORKERS)
async def consent(request: web.Request) -> web.StreamResponse:
    """Records what the customer said about being written to."""
    form, key = await form_of(request), request.app[SERVICES].keys.consent

    def record(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> None:
        consenting.record_consent(
            conn,
            customer_id,
            identity_id,
            text_of(form, "purpose"),
            text_of(form, "granted") == "yes",
            text_of(form, "wording"),
            by,
            key,
            text_of(form, "basis") or Basis.CONSENT,
        )

    return await _act(request, record, _("Noted, with what they said."))


@allow(*WORKERS)
async def decide(request: web.Request) -> web.StreamResponse:
    """Accepts or dismisses a suggestion; accepting one of another customer makes the two one."""
    customer_id, suggestion, by = path_id(request), path_id(request, "suggestion"), audit.by(request)
    accept = text_of(await form_of(request), "accept") == "yes"

    def choose(conn: Connection, number: int) -> int:
        same = desk.decide_suggestion(conn, number, suggestion, by, accept=accept)
        if same is None:
            return number
        merging.merge(conn, *same, by)
        return same[0]

    return redirect(request, f"/customers/{await write(request, choose, customer_id)}")


@allow(*WORKERS)
async def merge(request: web.Request) -> web.StreamResponse:
    """Makes another customer, named by number or address, a part of this one."""
    customer_id, by = path_id(request), audit.by(request)
    written = text_of(await form_of(request), "other").strip()
    if written.isascii() and written.isdecimal() and len(written) < 10:
        other: int | None = int(written)
    else:
        identity = read_identity(written, request.app[SERVICES].settings.hub.region)
        other = await read(request, customer_of, identity)
    if other is None:
        raise NotFound(_("Nobody has this address."))
    merged = other
    await write(request, lambda conn, number: merging.merge(conn, number, merged, by), customer_id)
    return redirect(request, f"/customers/{customer_id}", say=_("They are one now; you can part them again here."))


@allow(*WORKERS)
async def unmerge(request: web.Request) -> web.StreamResponse:
    """Makes a merged customer their own again."""
    customer_id, by = path_id(request), audit.by(request)
    await write(request, lambda conn, number: merging.unmerge(conn, number, by), customer_id)
    return redirect(request, f"/customers/{customer_id}", say=_("They are two again."))


def routes() -> list[web.RouteDef]:
    one = r"/customers/{id:\d+}/identities/{identity:\d+}"
    return [
        web.post(r"/customers/{id:\d+}/identities", add),
        web.post(f"{one}/close", close),
        web.post(f"{one}/confirm", confirm),
        web.post(f"{one}/silence", silence),
        web.post(f"{one}/allow", allow_again),
        web.post(f"{one}/consent", consent),
        web.post(r"/customers/{id:\d+}/suggestions/{suggestion:\d+}", decide),
        web.post(r"/customers/{id:\d+}/merge", merge),
        web.post(r"/customers/{id:\d+}/unmerge", unmerge),
    ]
