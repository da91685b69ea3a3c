"""Acknowledging: a first mail is told that it came; machines never are, and nobody twice a day (RFC 3834)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.acknowledgement import Acknowledging, When
from hub.model.contact import Kind, Trust
from hub.model.outbound import Origin, Purpose, State
from hub.outreach.house import House
from hub.store import acknowledging as store
from hub.store import mail_tokens, templates
from hub.store.acknowledging import BATCH, Came, Mailbox
from hub.store.ids import moment_of
from hub.store.outbox import plan_messages

A_DAY = timedelta(days=1)
# What comes so late says nothing that helps; it also keeps a mailbox that is read for the first time silent.
LATE = timedelta(hours=12)
_LONGEST_SUBJECT = 120
# Between mails of other channels the place is kept now and then only.
_KEEPS_PLACE_AFTER = 1_000
# What the reader of mail found, as a reason of `hub.outreach.reasons`.
_UNANSWERABLE = {
    "list": "ack_list",
    "bulk": "ack_list",
    "automatic": "ack_machine",
    "no_return": "ack_machine",
    "asked_not_to": "ack_asked_not_to",
    "no_reply": "ack_no_reply",
    "ours": "ack_ours",
    "not_to_us": "ack_not_to_us",
}
Answer = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Acknowledged:
    """What is to be stored of one mailbox: messages to send, mails that get none, and how far it was looked at."""

    mailbox: Mailbox
    until: int
    messages: list[dict[str, Any]] = field(default_factory=list)
    skips: list[dict[str, Any]] = field(default_factory=list)

    @property
    def worth_storing(self) -> bool:
        return bool(self.messages or self.skips or self.until - self.mailbox.after > _KEEPS_PLACE_AFTER)


def refused(mail: Came, how: Acknowledging, now: datetime) -> Answer | None:
    """Returns why a mail gets no acknowledgement whatever the hour, and what was seen; None: it may."""
    detail = mail.detail
    if now - mail.received_at > LATE or now - moment_of(mail.interaction) > LATE:
        return "ack_late", {}
    if mail.kind != Kind.MESSAGE.value:
        return "ack_machine", {"kind": mail.kind}
    if why := str(detail.get("unanswerable", "")):
        return _UNANSWERABLE.get(why, "ack_machine"), {"found": why}
    if detail.get("claims_staff") or detail.get("internal"):
        return "ack_ours", {}
    if mail.scheme != "mailto" or mail.conversation_id is None:
        return "ack_no_reply", {}
    if not mail.first:
        return "ack_not_first", {}
    if detail.get("forged") or (mail.trust != Trust.VERIFIED.value and not how.unproven):
        return "ack_unproven", {"said": str(detail.get("trust_why", ""))[:200]}
    return None


def look(conn: Connection, now: datetime, house: House) -> list[Acknowledged]:
    """Returns what is to be stored for the mail that came since; only reads."""
    boxes = store.mailboxes(conn)
    if not boxes:
        return []
    newest = store.newest(conn, now)
    # Whoever writes to two mailboxes at once is answered by one of them.
    answered: set[int] = set()
    return [found for box in boxes if (found := _of_mailbox(conn, box, newest, now, house, answered)).worth_storing]


def keep(conn: Connection, found: Sequence[Acknowledged]) -> int:
    """Stores what was decided, each mailbox only if nobody else has meanwhile; returns how many messages."""
    many = 0
    for each in found:
        if store.looked_at(conn, each.mailbox, each.until):
            plan_messages(conn, each.messages)
            store.note_skips(conn, each.skips)
            many += len(each.messages)
    return many


def _of_mailbox(
    conn: Connection, box: Mailbox, newest: int, now: datetime, house: House, answered: set[int]
) -> Acknowledged:
    mails = store.came(conn, box, newest)
    found = Acknowledged(box, mails[-1].event if len(mails) == BATCH else max(newest, box.after))
    if not mails:
        return found
    lane = next((each.name for each in house.lanes.values() if box.channel in each.heard_by), "")
    written = bool(templates.active(conn, box.how.template))
    told = store.acknowledged_since(conn, sorted({mail.identity_id for mail in mails}), now - A_DAY)
    told |= dict.fromkeys(answered, now)
    for mail in mails:
        answer = refused(mail, box.how, now) or _not_now(mail, box.how, told, house, lane, written)
        if answer is None:
            told[mail.identity_id] = now
            answered.add(mail.identity_id)
            found.messages.append(_message(mail, box.how, lane, now, house))
        elif answer[0] != "ack_late":
            found.skips.append(_skip(mail, box.channel, answer, now))
    return found


def _not_now(
    mail: Came, how: Acknowledging, told: Mapping[int, datetime], house: House, lane: str, written: bool
) -> Answer | None:
    checks: tuple[tuple[Callable[[], bool], str, dict[str, Any]], ...] = (
        (lambda: how.quiet_now(mail.received_at, house.time_zone), "ack_open", {}),
        (lambda: mail.identity_id in told, "ack_once_a_day", {"address": mail.value}),
        (lambda: not lane, "ack_no_channel", {}),
        (lambda: not written, "ack_no_template", {"template": how.template}),
    )
    return next(((reason, seen) for holds, reason, seen in checks if holds()), None)


def _message(mail: Came, how: Acknowledging, lane: str, now: datetime, house: House) -> dict[str, Any]:
    place = how.place(house.time_zone)
    opens = how.hours.next_opening(mail.received_at, place) if how.when is When.CLOSED else None
    references = [*mail.detail.get("references", ()), mail.external_id]
    return {
        "dedupe_key": f"acknowledgement:{mail.conversation_id}:{mail.received_at.astimezone(place).date()}",
        "origin": Origin.ACKNOWLEDGEMENT.value,
        "purpose": Purpose.SERVICE.value,
        "channel": lane,
        "customer_id": mail.customer_id,
        "identity_id": mail.identity_id,
        "conversation_id": mail.conversation_id,
        "template": how.template,
        "content": {
            # RFC 3834 section 3.1.6: both name the mail that is answered.
            "in_reply_to": mail.external_id,
            "references": references,
            "language": str(mail.detail.get("language", "")),
            "return_path": "<>" if how.null_sender else "",
            "answered": {
                "subject": " ".join(mail.subject.split())[:_LONGEST_SUBJECT],
                "opens_at": opens.astimezone(place).isoformat() if opens else "",
            },
        },
        "rfc_message_id": mail_tokens.message_id(
            house.keys.mail_tokens if house.keys else b"", house.message_domain(lane)
        ),
        "state": State.READY.value,
        "due_at": now,
        "expires_at": now + LATE,
        "planned_at": now,
    }


def _skip(mail: Came, channel: str, answer: Answer, now: datetime) -> dict[str, Any]:
    return {
        "interaction_id": mail.interaction,
        "identity_id": mail.identity_id,
        "channel": channel,
        "reason": answer[0],
        "seen": answer[1],
        "at": now,
    }
