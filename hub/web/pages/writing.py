"""Writing: the form in which staff writes an answer or a message, filled for whom it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import senders
from hub.desk.drafts import Draft
from hub.desk.replies import Recipient
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.store import consents
from hub.web.auth import STAFF
from hub.web.i18n import N_, _
from hub.web.pages.fields import Form, id_of, new_draft, text_of
from hub.web.services import SERVICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """A form to write in. `problem`: why what was sent was refused; then `text` and `subject` are what was typed."""

    draft: str
    to: str
    mail: bool
    channel: str
    channels: tuple[str, ...]
    signature: str
    seen: int = 0
    subject: str = ""
    text: str = ""
    problem: str = ""
    warnings: tuple[str, ...] = ()


def able_senders(request: web.Request, to: Identity, *, answering: str = "") -> tuple[str, ...]:
    """Returns the channels that can send to an address, the natural one first."""
    services = request.app[SERVICES]
    return senders.senders(to.scheme, services.settings.channels, services.channels, answering=answering)


def composer_for(
    request: web.Request,
    to: Recipient,
    reasons: Sequence[str],
    *,
    answering: str = "",
    typed: Form | None = None,
    problem: str = "",
) -> Composer:
    """Returns a form to write to somebody. `reasons`: why they should rather not be written to.

    Raises Refused where no channel can send to them.
    """
    able = able_senders(request, to.identity, answering=answering)
    channel = senders.chosen_sender("", able)
    typed = typed or {}
    chosen = text_of(typed, "channel")
    return Composer(
        draft=new_draft(),
        seen=to.came_in,
        to=f"{to.name} <{to.identity.value}>" if to.name else to.identity.value,
        mail=to.identity.scheme == "mailto",
        channel=chosen if chosen in able else channel,
        channels=able,
        signature=request[STAFF].signature,
        subject=text_of(typed, "subject") or to.subject,
        text=text_of(typed, "text"),
        problem=problem,
        warnings=tuple(_(_SILENCE.get(reason, reason)) for reason in reasons),
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


def draft_of(request: web.Request, form: Form, to: Identity, *, answering: str = "") -> Draft:
    """Returns what a form says as a draft. Raises Refused for a sender that cannot."""
    services = request.app[SERVICES]
    able = able_senders(request, to, answering=answering)
    channel = senders.chosen_sender(text_of(form, "channel"), able)
    return Draft(
        id=text_of(form, "draft"),
        text=text_of(form, "text"),
        subject=text_of(form, "subject"),
        channel=channel,
        signature=request[STAFF].signature,
        domain=senders.message_domain(channel, services.settings.channels, services.public_url),
        seen=id_of(form, "seen"),
        close=text_of(form, "then") == "close",
    )


def told(refused: Refused) -> str:
    """Returns what was refused and what to do, in one line."""
    return " ".join(part for part in (refused.message, refused.next_step) if part)
