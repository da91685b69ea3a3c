"""Composing: what a page or the API says becomes a draft that can be sent, with all that the hub adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from channels.base import Listed
from hub.desk import senders
from hub.desk.addressing import read_parties
from hub.desk.drafting import check_room, originals_of
from hub.desk.drafts import Draft, DraftFile, DraftKind, Then
from hub.desk.quoting import forwarded, quoted, spoken
from hub.desk.recipients import Recipient, entry_of, original_of
from hub.model.contact import Party
from hub.model.errors import Refused
from hub.model.identity import Identity, email_identity
from hub.outreach.house import House
from hub.outreach.phrases import phrase
from hub.outreach.text_limits import SESSION, last_heard
from hub.store import canned, mail_tokens
from hub.store.tables import CustomerRow, StaffRow
from hub.web.customer_clock import clock_of
from hub.web.formats import zone
from hub.web.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed, unread yet. `to` None: whoever is answered; `originals` None: every file of what is forwarded.

    `send_at`: on the customer's clock, empty: at once; `template`: an approved wording for WhatsApp, instead of `text`.
    """

    kind: DraftKind = DraftKind.REPLY
    text: str = ""
    subject: str = ""
    channel: str = ""
    to: str | None = None
    cc: str = ""
    bcc: str = ""
    quote: bool = False
    originals: tuple[int, ...] | None = None
    send_at: str = ""
    template: str = ""
    about: int | None = None
    seen: int | None = None
    then: Then = Then.WAIT

    def content(self) -> dict[str, Any]:
        """Returns what a kept draft keeps of it."""
        return {
            "text": self.text,
            "subject": self.subject,
            "channel": self.channel,
            "to": self.to,
            "cc": self.cc,
            "bcc": self.bcc,
            "quote": self.quote,
            "originals": None if self.originals is None else list(self.originals),
            "send_at": self.send_at,
            "template": self.template,
        }

    @classmethod
    def of(
        cls, kind: str, about: int | None, seen: int | None, content: Mapping[str, Any], then: Then = Then.WAIT
    ) -> Typed:
        """Returns it as a kept draft has it."""
        originals = content.get("originals")
        return cls(
            kind=DraftKind(kind),
            about=about,
            seen=seen,
            then=then,
            text=str(content.get("text", "")),
            subject=str(content.get("subject", "")),
            channel=str(content.get("channel", "")),
            to=content.get("to"),
            cc=str(content.get("cc", "")),
            bcc=str(content.get("bcc", "")),
            quote=bool(content.get("quote")),
            originals=None if originals is None else tuple(originals),
            send_at=str(content.get("send_at", "")),
            template=str(content.get("template", "")),
        )


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation in which something is written: the channel of what is answered, and how it is called."""

    id: int | None = None
    channel: str = ""
    subject: str = ""


NOWHERE = Talk()


def able_senders(services: Services, scheme: str, answering: str = "") -> tuple[str, ...]:
    """Returns the channels that can send to an address of a scheme, the natural one first."""
    return senders.senders(scheme, services.settings.channels, services.channels, answering=answering)


def draft_of(
    services: Services,
    conn: Connection,
    draft_id: str,
    typed: Typed,
    to: Recipient | None,
    *,
    talk: Talk = NOWHERE,
    files: Sequence[DraftFile] = (),
    signature: str = "",
    send_at: datetime | None = None,
) -> Draft:
    """Returns what was typed as a draft that can be queued. `to`: whom it goes to, where nobody is named in it;
    `send_at`: when it leaves, where it was not typed.

    Raises Refused for what cannot be read or no channel can send.
    """
    sections = services.settings.channels
    mail = to is None or to.identity.scheme == "mailto"
    channel = senders.chosen_sender(
        typed.channel, able_senders(services, to.identity.scheme if to else "mailto", talk.channel)
    )
    domain = senders.message_domain(channel, sections, services.public_url)
    message_id = mail_tokens.message_id(services.keys.mail_tokens, domain, f"reply/{draft_id}") if mail else ""
    everything = tuple(files)
    about = typed.about if typed.about is not None else (to.about if to else None)
    if typed.kind is DraftKind.FORWARD and about is not None and mail:
        everything += originals_of(conn, about, talk.id, typed.originals)
    check_room(everything, senders.room_for_files(channel, sections))
    if everything and not mail:
        _check_reach(services, channel)
    now = services.clock()
    leaves_at = send_at or clock_of(conn, to, services.settings.hub.time_zone, now).moment(typed.send_at)
    if to is not None and to.identity.scheme == "whatsapp" and not typed.template:
        _check_session(conn, to, leaves_at or now)
    return Draft(
        id=draft_id,
        kind=typed.kind,
        text=typed.text,
        subject=typed.subject,
        channel=channel,
        to=_named(typed.to) if mail else (),
        cc=read_parties(typed.cc, "cc") if mail else (),
        bcc=read_parties(typed.bcc, "bcc") if mail else (),
        signature=signature,
        below=below(services, conn, typed, to, talk, about, channel) if mail else "",
        message_id=message_id,
        reply_to=senders.answer_address(channel, sections, talk.channel, message_id) if mail else "",
        about=typed.about,
        seen=typed.seen,
        then=typed.then,
        files=everything,
        hold=timedelta(seconds=services.settings.hub.undo_seconds),
        send_at=leaves_at,
        template=typed.template if to and to.identity.scheme == "whatsapp" else "",
        keeper=senders.keeper_of(channel, sections, talk.channel) if mail else "",
        written={"kind": typed.kind.value, "about": typed.about, "seen": typed.seen, **typed.content()},
    )


def _check_reach(services: Services, channel: str) -> None:
    """Raises Refused where the provider of a channel could not fetch the files of a text from us."""
    opened = services.channels.get(channel)
    if isinstance(opened, Listed) and opened.only_recalls:
        raise Refused(
            f"Files cannot go with a text by {channel}: {opened.provider} fetches them, and cannot reach this hub.",
            field="files",
            next_step="Set the hub's public address (https) on the page Address, or send the files by mail.",
        )


def _check_session(conn: Connection, to: Recipient, at: datetime) -> None:
    """Raises Refused for own words at a time at which WhatsApp would not take them."""
    heard = last_heard(conn, [to.identity_id]).get(to.identity_id)
    if heard is None or at >= heard + SESSION:
        raise Refused(
            "WhatsApp takes your own words only within 24 hours of the customer's last message.",
            field="text",
            next_step="Choose an approved wording, or write by text or mail; it is open again as soon as they write.",
        )


def _named(typed: str | None) -> tuple[Party, ...]:
    if typed is None:
        return ()
    named = read_parties(typed, "to")
    if not named:
        raise Refused("This goes to nobody yet.", field="to", next_step="Write an address into To.")
    return named


def below(
    services: Services,
    conn: Connection,
    typed: Typed,
    to: Recipient | None,
    talk: Talk,
    about: int | None,
    channel: str,
) -> str:
    """Returns what stands below the text: the mail that is quoted or forwarded, introduced as its reader speaks."""
    passes_on = typed.kind is DraftKind.FORWARD
    if about is None or not (passes_on or (typed.kind.answers and typed.quote)):
        return ""
    original = original_of(conn, entry_of(conn, about, talk.id), ours(services, channel))
    hub = services.settings.hub
    language = spoken((to.language if to else "") or hub.language, hub.language)
    return (forwarded if passes_on else quoted)(original, language, zone(hub.time_zone))


def ours(services: Services, channel: str) -> Party:
    """Returns how we are named where a mail of ours is quoted."""
    own = services.settings.channels[channel].settings if channel in services.settings.channels else {}
    address = email_identity(str(own.get("from_address") or own.get("address") or ""))
    return Party(address or Identity("mailto", ""), services.settings.hub.business_name)


def signature_of(
    services: Services, conn: Connection, staff_id: int, channel: str, to: Recipient | None, talk: Talk = NOWHERE
) -> str:
    """Returns how a staff member signs mails of a channel, filled in; as it was written where that cannot be."""
    row = _row(conn, StaffRow, staff_id)
    source = canned.signatures(conn, staff_id).get(channel) or str(row.get("signature", ""))
    try:
        return filled(services, conn, source, to, talk=talk, staff=row, channel=channel)
    except Refused:
        return source


def signatures_of(
    services: Services, conn: Connection, staff_id: int, channels: Sequence[str], to: Recipient | None, talk: Talk
) -> set[str]:
    """Returns every signature that may stand below what a staff member writes here."""
    return {signature_of(services, conn, staff_id, channel, to, talk).strip() for channel in channels} - {""}


def filled(
    services: Services,
    conn: Connection,
    source: str,
    to: Recipient | None,
    *,
    talk: Talk = NOWHERE,
    staff: Mapping[str, Any] | None = None,
    channel: str = "",
) -> str:
    """Returns a canned text or signature, filled in for whom it goes to. Raises Refused where a value is missing."""
    customer = _row(conn, CustomerRow, to.customer_id) if to else None
    language = (to.language if to else "") or services.settings.hub.language
    house = House.of(services.settings, services.channels, services.public_url)
    conversation = {"number": talk.id or "", "subject": talk.subject}
    return phrase(
        source, house, language=language, channel=channel, customer=customer, staff=staff, conversation=conversation
    )


def staff_row(conn: Connection, staff_id: int | None) -> Mapping[str, Any]:
    """Returns a staff member as canned texts name them; nobody for the commands of this machine."""
    return _row(conn, StaffRow, staff_id) if staff_id else {}


def _row(conn: Connection, table: type[Any], number: int) -> dict[str, Any]:
    row = conn.execute(select(table.__table__).where(table.id == number)).one_or_none()
    return dict(row._mapping) if row else {}
