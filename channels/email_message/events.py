"""From one fetched mail to what it tells the hub: a contact, and news of messages that bounced."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from channels.base import Raw
from channels.email_message.forwarded import forwarded_mail
from channels.email_message.guard import read_mail_guarded
from channels.email_message.html import sanitise
from channels.email_message.mail import Mail, Mailbox
from channels.email_message.ourselves import Ourselves
from channels.email_message.trust import Verdict, domains_of, judge
from channels.email_message.unanswerable import by_people
from hub.model.calendar_event import CalendarEvent
from hub.model.contact import Attachment, Direction, InboundContact, Kind, Medium, Party, Trust
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent, DeliveryStatus, StatusUpdate
from hub.model.identity import Identity, email_identity

_NO_REPLY = re.compile(
    r"(no|not?|do-?not|dont)[._-]?(reply|answer|respond)|(web)?mailer|(web-?)?forms?|notifications?|notify|wordpress|www-data|apache"
    r"|nobody|automailer|contact-?form|mailbot|system|robot|bounces?\b",
    re.IGNORECASE,
)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=1)
_QUOTED = re.compile(r"^'(.*)'\Z")
_NO_SENDER = "unknown-sender"


def mail_events(
    raw: Raw,
    *,
    channel: str,
    own_addresses: frozenset[str],
    staff_addresses: frozenset[str],
    authserv_ids: tuple[str, ...] = (),
    arc_sealers: tuple[str, ...] = (),
    trusted_sent_folder: bool = False,
    read: Callable[[bytes], Mail] = read_mail_guarded,
) -> Sequence[ChannelEvent]:
    """Reads a fetched mail: one contact, then a status update per failed recipient of a bounce or complaint.

    `own_addresses`, `staff_addresses`: in lower case. `authserv_ids`, `arc_sealers`: see trust.judge.
    `trusted_sent_folder`: the mail stands in a Sent folder, so staff wrote it. Message-IDs come without angle brackets.
    `read`: what makes a Mail of its bytes. Raises Unreadable, also where a header smuggles line ends (CVE-2024-6923).
    """
    mail = read(raw.content)
    if mail.hostile_headers:
        raise Unreadable(
            "A header of this mail hides line breaks that would add headers to an answer. Its raw bytes are kept:"
            " look at them; do not answer from them."
        )
    us = Ourselves(own_addresses, staff_addresses)
    verdict = judge(mail, authserv_ids, signed_by=domains_of(raw.note), arc_sealers=arc_sealers, raw=raw.content)
    if trusted_sent_folder:
        verdict = Verdict(True, said="it stands in the Sent folder")
    outbound = verdict.verified and (trusted_sent_folder or us.include(_from(mail)))
    contact = _contact(mail, raw, channel, us, verdict, outbound=outbound)
    if outbound and not trusted_sent_folder and mail.kind is Kind.MESSAGE:
        contact = _as_original_senders(mail, contact, raw, channel, us)
    return [contact, *_updates(mail, contact)]


def content_key(mail: Mail) -> str:
    """Returns what says "the same mail": a hash over Message-ID and content, deaf to trace headers and re-encoding."""
    text = " ".join(mail.text.split())
    parts = [mail.message_id, mail.subject, text, *sorted(part.sha256 for part in mail.attachments)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _contact(mail: Mail, raw: Raw, channel: str, us: Ourselves, verdict: Verdict, *, outbound: bool) -> InboundContact:
    author, rule = (mail.from_[0] if mail.from_ else None, "") if outbound else _author(mail, us)
    customer = us.other_side(mail) if outbound else None
    key = content_key(mail)
    if not mail.message_id:
        dated = f"{_from(mail)}\0{mail.date}\0{key}"
        key = hashlib.sha256(dated.encode()).hexdigest()
    return InboundContact(
        channel=channel,
        medium=Medium.EMAIL,
        external_id=mail.message_id or f"sha256-{key}",
        sender=_party(author) if author else Party(Identity("ext", f"mail/{_NO_SENDER}")),
        recipients=_parties(mail.to),
        participants=_parties(mail.cc),
        customer=_party(customer) if customer else None,
        kind=mail.kind,
        direction=Direction.OUT if outbound else Direction.IN,
        trust=Trust.VERIFIED if verdict.verified and not rule else Trust.UNVERIFIED,
        subject=mail.subject,
        text=mail.text,
        visible_text=mail.visible_text,
        quoted_text=mail.quoted_text,
        signature=mail.signature,
        html=sanitise(mail.html) if mail.html else "",
        attachments=tuple(
            Attachment(
                filename=part.filename,
                content_type=part.content_type,
                content=part.content,
                content_id=part.content_id,
                inline=part.inline,
            )
            for part in mail.attachments
        ),
        in_reply_to=mail.in_reply_to,
        references=(*mail.references, *us.tokens(mail)),
        content_key=key,
        language=mail.language,
        source="sent" if outbound else "",
        defects=mail.defects,
        invitations=_invitations(mail),
        extra={name: value for name, value in _extra(mail, rule, us, verdict, outbound, customer).items() if value},
        occurred_at=_occurred_at(mail.date, raw.received_at),
        received_at=raw.received_at,
    )


def _extra(
    mail: Mail, rule: str, us: Ourselves, verdict: Verdict, outbound: bool, customer: Mailbox | None
) -> dict[str, str]:
    ours_in_from = not outbound and not rule and us.include(_from(mail))
    return {
        "author": rule,
        "from": _from(mail) if rule else "",
        "author_name": mail.from_[0].display_name if outbound and mail.from_ else "",
        "internal": "yes" if outbound and customer is None else "",
        "claims_staff": "yes" if ours_in_from else "",
        "forged": "yes" if verdict.failed else "",
        "trust_why": verdict.said,
        "stamped_by": verdict.stamped_by,
        "reply_to": _reply_to(mail) if not outbound and not rule else "",
        "return_path": mail.return_path,
        "delivered_to": " ".join(mail.delivered_to),
        "list_id": mail.list_id,
        "auto_submitted": mail.auto_submitted,
        "unanswerable": "" if outbound else mail.unanswerable or by_people(mail, us),
    }


def _invitations(mail: Mail) -> tuple[CalendarEvent, ...]:
    """Reads the mail's calendar parts; what reads them is loaded with the first mail that has one."""
    parts = [part for part in mail.attachments if part.is_calendar]
    if not parts or mail.kind is Kind.BOUNCE:
        return ()
    from channels.email_message.calendar import invitations

    return invitations(parts)


def _reply_to(mail: Mail) -> str:
    """Whom the mail asks to answer, where that is not its author: `bob@example.com, ada@example.com`."""
    named = [box for box in mail.reply_to if "@" in box.addr_spec]
    if [box.addr_spec.lower() for box in named] == [_from(mail)]:
        return ""
    return ", ".join(box.addr_spec for box in named[:20])


def _author(mail: Mail, us: Ourselves) -> tuple[Mailbox | None, str]:
    """From, unless that is a form mailer (a no-reply address, or one of ours) and Reply-To names another person."""
    sender = next((box for box in mail.from_ if box.addr_spec), mail.from_[0] if mail.from_ else None)
    answer = next((box for box in mail.reply_to if "@" in box.addr_spec), None)
    if answer is None or us.own(answer.addr_spec):
        return sender, ""
    address = sender.addr_spec.lower() if sender else ""
    is_mailer = us.own(address) or _NO_REPLY.match(address.partition("@")[0]) is not None
    if sender is None or (is_mailer and answer.addr_spec.lower() != address):
        named = answer if answer.display_name or sender is None else Mailbox("", answer.addr_spec)
        return named, "reply_to"
    return sender, ""


def _as_original_senders(mail: Mail, contact: InboundContact, raw: Raw, channel: str, us: Ourselves) -> InboundContact:
    """A mail that verified staff sends in (as message/rfc822, or marked @customer) is its original sender's.

    One that staff attaches to a mail to somebody else is that mail's attachment and nothing more.
    """
    told = us.told(mail)
    if not told and contact.customer is not None:
        return contact
    original = forwarded_mail(replace(mail, text=f"@customer\n\n{mail.text}") if told else mail)
    if original is None or not original.from_:
        return contact
    outbound = us.include(_from(original))
    if outbound and us.other_side(original) is None:
        return contact
    as_sent = _contact(original, raw, channel, us, Verdict(), outbound=outbound)
    evidence = {"forwarded_by": _from(mail), "forwarded_in": mail.message_id}
    extra = {name: value for name, value in as_sent.extra.items() if name != "claims_staff"}
    return replace(as_sent, extra={**extra, **evidence})


def _updates(mail: Mail, contact: InboundContact) -> list[StatusUpdate]:
    report = mail.bounces
    if report is None or (report.kind == "feedback" and not report.complains):
        return []
    complaint = mail.kind is Kind.FEEDBACK
    return [
        StatusUpdate(
            channel=contact.channel,
            external_id=f"{contact.external_id}/{number}",
            status=_status(complaint, failure.delayed),
            reference=report.original_message_id.strip("<> "),
            message=_verp_token(mail),
            recipient=email_identity(failure.recipient),
            code=failure.status,
            reason=str(failure.reason),
            diagnostic=failure.diagnostic,
            permanent=failure.permanent,
            hard=failure.hard,
            opted_out=complaint,
            occurred_at=contact.occurred_at,
        )
        for number, failure in enumerate(report.failures)
    ]


def _status(complaint: bool, delayed: bool) -> DeliveryStatus:
    if complaint:
        return DeliveryStatus.COMPLAINED
    return DeliveryStatus.DELAYED if delayed else DeliveryStatus.BOUNCED


def _verp_token(mail: Mail) -> str:
    """The part after `+` of the address a bounce came to: our return path carries the message's token there."""
    addresses = [*mail.delivered_to, *(box.addr_spec for box in mail.to)]
    return next((local.partition("+")[2] for address in addresses if "+" in (local := address.partition("@")[0])), "")


def _from(mail: Mail) -> str:
    return mail.from_[0].addr_spec.lower() if mail.from_ else ""


def _party(mailbox: Mailbox) -> Party:
    name = _QUOTED.sub(r"\1", mailbox.display_name)  # Outlook puts names into single quotes of its own
    name = "" if name.lower() == mailbox.addr_spec.lower() else name
    identity = email_identity(mailbox.addr_spec)
    return Party(
        identity or Identity("ext", f"mail/{mailbox.addr_spec or mailbox.display_name or _NO_SENDER}"[:320]), name
    )


def _parties(mailboxes: Sequence[Mailbox]) -> tuple[Party, ...]:
    return tuple(_party(mailbox) for mailbox in mailboxes if mailbox.addr_spec)


def _occurred_at(date: datetime | None, received_at: datetime) -> datetime:
    """The Date header where it can be true, else when we got it."""
    return date if date and _EARLIEST <= date <= received_at + _CLOCK_SKEW else received_at
