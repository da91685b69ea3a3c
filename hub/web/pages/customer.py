"""One customer: the timeline over all channels, and the card beside it."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import drafting, notes
from hub.desk.erasing import Erased, erased
from hub.desk.recipients import person_of
from hub.insight.advice import Belonging, Beside, belongings, beside
from hub.insight.card import CustomerCard, customer_card
from hub.insight.entries import Entry
from hub.insight.history import MEDIA, timeline
from hub.insight.paging import Page, read_id
from hub.model.errors import NotFound, Refused
from hub.outreach.reasons import in_words
from hub.outreach.sequencing import told as ways
from hub.outreach.sequencing.told import Way
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages import segment_words as words
from hub.web.pages.fields import (
    EVERYBODY,
    WORKERS,
    form_of,
    id_of,
    is_part,
    new_draft,
    path_id,
    read,
    text_of,
    write,
)
from hub.web.pages.writing import Asked, Composer, composer_for, told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

# So many ways through sequences are shown; the sequences tell of all.
_WAYS = 5
_WRITABLE = ("mailto", "tel", "whatsapp", "sms")


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the timeline with the card, or older entries for htmx. Who was merged leads to whom they are part of."""
    customer_id, now = path_id(request), request.app[SERVICES].clock()
    before = read_id(request.query.get("before", ""))
    media = request.query.getall("medium", [])
    words = request.query.get("words", "")[:200]

    zone = request.app[SERVICES].settings.hub.time_zone

    def ask(conn: Connection, number: int) -> tuple[CustomerCard, Page[Entry], Beside, Erased | None, list[Way]]:
        page = timeline(conn, number, before=before, media=media, words=words)
        aside, gone = beside(conn, number, now, zone), erased(conn, number)
        return customer_card(conn, number, now), page, aside, gone, ways.of_customer(conn, number, _WAYS)

    card, page, aside, gone, on_the_way = await read(request, ask, customer_id)
    if card.merged_into is not None:
        return redirect(request, f"/customers/{card.merged_into}")
    return render(
        request,
        "customer.html",
        block="older" if is_part(request) else None,
        card=card,
        beside=aside,
        erased=gone,
        ways=on_the_way,
        page=page,
        chosen=media,
        media=MEDIA,
        words_given=words,
        before=before,
        zone_day=request.query.get("day", ""),
        writable=any(held.scheme in _WRITABLE and held.closed_at is None for held in card.identities),
        note_draft=new_draft(),
        in_words=in_words,
    )


@allow(*EVERYBODY)
async def segments(request: web.Request) -> web.StreamResponse:
    """Shows which segments a customer belongs to now, and why."""
    customer_id, now = path_id(request), request.app[SERVICES].business_now()

    def ask(conn: Connection, number: int) -> tuple[str, list[Belonging]]:
        return customer_card(conn, number, now).name, belongings(conn, number, now)

    name, found = await read(request, ask, customer_id)
    told = [(each.segment, [(words.sentence(said), so) for said, so in each.told]) for each in found]
    return render(request, "customer_segments.html", name=name, customer=customer_id, told=told)


@allow(*WORKERS)
async def note(request: web.Request) -> web.StreamResponse:
    """Adds a note to the customer."""
    customer_id, by, form = path_id(request), audit.by(request), await form_of(request)

    def add(conn: Connection, number: int) -> int:
        return notes.note_customer(conn, number, text_of(form, "text"), by, draft_id=text_of(form, "draft"))

    added = await write(request, add, customer_id)
    return redirect(request, f"/customers/{customer_id}#i{added}")


@allow(*WORKERS)
async def write_to(request: web.Request) -> web.StreamResponse:
    """Shows the form of a new message to one of the customer's addresses."""
    return await writing(request, path_id(request), id_of(request.query, "identity"))


@allow(*WORKERS)
async def write_letter(request: web.Request) -> web.StreamResponse:
    """Shows the form of a new mail to any address."""
    return await writing(request, None, None)


async def writing(
    request: web.Request,
    customer_id: int | None,
    identity_id: int | None,
    *,
    asked: Asked | None = None,
    status: int = 200,
) -> web.StreamResponse:
    """Returns the form of a new message: to an address of a customer, the first that can be written to where none is
    named, or to anybody. Raises NotFound.
    """
    now, wanted, by = request.app[SERVICES].clock(), asked or Asked.of(request), audit.by(request)

    def ask(conn: Connection, number: int | None) -> tuple[CustomerCard | None, int | None, Composer | None, str]:
        kept = drafting.own(conn, wanted.draft, by) if wanted.draft else None
        if number is None:
            return None, None, composer_for(request, conn, None, wanted, address="/write", kept=kept), ""
        card = customer_card(conn, number, now)
        open_ones = [held.id for held in card.identities if held.scheme in _WRITABLE and held.closed_at is None]
        if identity_id is not None and identity_id not in open_ones:
            raise NotFound(_("This customer holds no such address."))
        chosen = identity_id if identity_id is not None else next(iter(open_ones), None)
        if chosen is None:
            return card, None, None, ""
        try:
            to = person_of(conn, number, chosen)
            address = f"/customers/{number}/write"
            composer = composer_for(request, conn, to, wanted, address=address, kept=kept, customer_id=number)
        except Refused as refused:
            return card, chosen, None, told(refused)
        return card, chosen, composer, ""

    try:
        card, chosen, composer, no_answer = await read(request, ask, customer_id)
    except Refused as refused:
        card, chosen, composer, no_answer = None, None, None, told(refused)
    return render(
        request,
        "write.html",
        status=status,
        name=(card.name or customer_id) if card else "",
        customer_id=customer_id,
        identity_id=chosen,
        targets=[held for held in card.identities if held.scheme in _WRITABLE and held.closed_at is None]
        if card
        else [],
        composer=composer,
        no_answer=no_answer or _("This customer has no address that can be written to. Add one first."),
        go=request.cookies.get("hub_go", "stay"),
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/customers/{id:\d+}", show),
        web.get(r"/customers/{id:\d+}/write", write_to),
        web.get(r"/customers/{id:\d+}/segments", segments),
        web.post(r"/customers/{id:\d+}/notes", note),
        web.get("/write", write_letter),
    ]
