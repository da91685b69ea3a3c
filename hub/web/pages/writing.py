"""Writing: the form in which staff writes an answer or a message, filled for whom it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import canned, drafting, senders
from hub.desk.drafts import DraftFile, DraftKind, Then, signed
from hub.desk.recipients import Recipient
from hub.model.errors import HubError, Refused
from hub.model.identity import Identity
from hub.store import canned as phrases
from hub.store import consents, drafts, interactions
from hub.store.drafts import KeptDraft, Writer
from hub.web import composing
from hub.web.auth import STAFF
from hub.web.composing import NOWHERE, Talk, Typed
from hub.web.customer_clock import CustomerClock, clock_of
from hub.web.i18n import N_
from hub.web.pages.fields import Form, id_of, new_draft, text_of
from hub.web.pages.rewriting import turned
from hub.web.pages.texting import Texting, texting
from hub.web.services import SERVICES

_PREVIEW_LINES = 400
_ONE_WAY = N_("This goes out under a name instead of a number: they cannot answer it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalFile:
    """A file of what is forwarded, and whether it goes along."""

    id: int
    filename: str
    size: int | None
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """A form to write in. `address`: where it is sent to; `problem`: why what was sent was refused.

    `warnings` are not translated yet; `quoted` is what stands below, `room` how many bytes of files fit, `hold` how
    many seconds it can be taken back, `clock` the customer's; `texting` what a text needs beside.
    """

    address: str
    draft: str
    typed: Typed
    shown_to: str
    mail: bool
    channels: tuple[str, ...]
    hold: int
    room: int
    talk: Talk = NOWHERE
    customer_id: int | None = None
    identity_id: int | None = None
    quoted: str = ""
    files: tuple[DraftFile, ...] = ()
    originals: tuple[OriginalFile, ...] = ()
    offered: tuple[phrases.CannedText, ...] = ()
    writers: tuple[Writer, ...] = ()
    others: bool = False
    came_in: int = 0
    kept_at: datetime | None = None
    problem: str = ""
    warnings: tuple[str, ...] = ()
    texting: Texting | None = None
    clock: CustomerClock | None = None

    @property
    def missed(self) -> int:
        """How many entries came in since this was begun."""
        return max(0, self.came_in - self.typed.seen) if self.typed.seen is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page is asked to show in its composer: a kept draft, another kind, or what was just typed and refused."""

    draft: str = ""
    kind: DraftKind | None = None
    about: int | None = None
    typed: Typed | None = None
    problem: str = ""

    @classmethod
    def of(cls, request: web.Request) -> Asked:
        """Reads the address of a page."""
        kind = request.query.get("mode", "")
        return cls(
            draft=request.query.get("draft", "")[:64],
            kind=DraftKind(kind) if kind in set(DraftKind) else None,
            about=id_of(request.query, "about"),
        )


def composer_for(
    request: web.Request,
    conn: Connection,
    to: Recipient | None,
    asked: Asked,
    *,
    address: str,
    talk: Talk = NOWHERE,
    kept: KeptDraft | None = None,
    customer_id: int | None = None,
) -> Composer:
    """Returns a form to write to somebody: with what is kept, or with what one begins with.

    Raises Refused where no channel can send to them.
    """
    services, staff = request.app[SERVICES], request[STAFF]
    scheme = to.identity.scheme if to else "mailto"
    able = composing.able_senders(services, scheme, talk.channel)
    channel = senders.chosen_sender("", able)
    kept_typed = Typed.of(kept.kind, kept.about_id, kept.seen, kept.content) if kept else None
    typed = asked.typed or kept_typed or _begun(request, conn, to, asked, talk, channel)
    if asked.typed is None and asked.kind is not None and asked.kind is not typed.kind:
        typed = turned(request, typed, asked.kind, to)
    typed = replace(typed, channel=typed.channel if typed.channel in able else channel)
    about = typed.about if typed.about is not None else (to.about if to else None)
    forwarding = typed.kind is DraftKind.FORWARD and about is not None
    text_side = None
    if to is not None and scheme != "mailto":
        text_side = texting(conn, to, typed.text, services.clock(), services.settings.hub.language)
    return Composer(
        address=address,
        texting=text_side,
        clock=clock_of(conn, to, services.settings.hub.time_zone, services.clock()),
        draft=asked.draft or (kept.id if kept else new_draft()),
        typed=typed,
        shown_to=(f"{to.name} <{to.identity.value}>" if to.name else to.identity.value) if to else "",
        mail=scheme == "mailto",
        channels=able,
        hold=services.settings.hub.undo_seconds,
        room=senders.room_for_files(typed.channel, services.settings.channels),
        talk=talk,
        customer_id=customer_id,
        identity_id=to.identity_id if to and customer_id is not None else None,
        quoted=_preview(request, conn, typed, to, talk, about) if scheme == "mailto" else "",
        files=drafting.files_of(kept),
        originals=_originals(conn, about, typed) if forwarding and about is not None else (),
        offered=tuple(_offered(conn, staff.id, to, services.settings.hub.language)),
        writers=tuple(drafts.writers(conn, talk.id, without=staff.id)) if talk.id is not None else (),
        others=bool(to and to.everybody_else(senders.own_addresses(services.settings.channels))),
        came_in=to.came_in if to else 0,
        kept_at=kept.changed_at if kept else None,
        problem=asked.problem,
        warnings=(
            *(_SILENCE.get(reason, reason) for reason in (silences(conn, to.identity) if to else ())),
            *((_ONE_WAY,) if senders.is_one_way(typed.channel, services.settings.channels) else ()),
        ),
    )


def _begun(
    request: web.Request, conn: Connection, to: Recipient | None, asked: Asked, talk: Talk, channel: str
) -> Typed:
    """Returns what a new form begins with: whom it goes to, its subject, the writer's signature."""
    kind = asked.kind or (DraftKind.REPLY if talk.id is not None else DraftKind.NEW)
    mail = to is None or to.identity.scheme == "mailto"
    text = ""
    if mail:
        signature = composing.signature_of(request.app[SERVICES], conn, request[STAFF].id, channel, to, talk)
        text = signed("", signature) if signature.strip() else ""
    started = Typed(
        kind=kind,
        text=text,
        quote=True,
        subject=to.subject if to else "",
        about=asked.about,
        seen=to.came_in if to and talk.id is not None else None,
        then=Then.OPEN if kind is DraftKind.FORWARD else Then.WAIT,
    )
    return turned(request, started, kind, to) if mail and talk.id is not None else started


def typed_of(form: Form, posted: Sequence[tuple[str, str]] = ()) -> Typed:
    """Returns what a form says; a field that it has not (To of a text) was not asked. Raises NotFound."""
    kind = text_of(form, "kind")
    then = text_of(form, "then")
    known = DraftKind(kind) if kind in set(DraftKind) else DraftKind.REPLY
    usual = Then.OPEN if known is DraftKind.FORWARD else Then.WAIT
    ticked = [id_of({"id": value}, "id") for name, value in posted if name == "original"]
    return Typed(
        kind=known,
        text=text_of(form, "text").replace("\r\n", "\n"),
        subject=text_of(form, "subject"),
        channel=text_of(form, "channel"),
        to=text_of(form, "to") if "to" in form else None,
        cc=text_of(form, "cc"),
        bcc=text_of(form, "bcc"),
        quote=text_of(form, "quote") == "yes",
        originals=tuple(number for number in ticked if number) if text_of(form, "originals") else None,
        send_at=text_of(form, "send_at").strip(),
        template=text_of(form, "template").strip(),
        about=id_of(form, "about"),
        seen=id_of(form, "seen"),
        then=Then(then) if then in set(Then) else usual,
    )


def silences(conn: Connection, to: Identity) -> list[str]:
    """Returns the reasons for which even an answer to this address should not be written."""
    rows = consents.suppressions(conn, [str(to)]).get(str(to), [])
    return sorted({row["reason"] for row in rows if row["purpose"] in ("", "service")})


_SILENCE = {
    "stop": N_("They asked us to stop: what you write by that channel will not be sent."),
    "bounce": N_("Mail to this address comes back."),
    "staff": N_("Staff wants this address left alone."),
}


def told(refused: Refused) -> str:
    """Returns what was refused and what to do, in one line."""
    return " ".join(part for part in (refused.message, refused.next_step) if part)


def _offered(conn: Connection, staff_id: int, to: Recipient | None, own: str) -> list[phrases.CannedText]:
    return canned.offered(phrases.usable(conn, staff_id), to.language if to else "", own)


def _originals(conn: Connection, about: int, typed: Typed) -> tuple[OriginalFile, ...]:
    return tuple(
        OriginalFile(
            id=file["id"],
            filename=file["filename"],
            size=file["size"],
            chosen=typed.originals is None or file["id"] in typed.originals,
        )
        for file in interactions.attachments_of(conn, [about]).get(about, [])
        if file["state"] == "stored"
    )


def _preview(
    request: web.Request, conn: Connection, typed: Typed, to: Recipient | None, talk: Talk, about: int | None
) -> str:
    try:
        whole = composing.below(request.app[SERVICES], conn, replace(typed, quote=True), to, talk, about, typed.channel)
    except HubError:
        return ""
    return "\n".join(whole.split("\n")[:_PREVIEW_LINES])
