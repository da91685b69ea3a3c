"""Answering: a yes to an appointment reminder confirms the appointment, a no asks staff to see to it.

It counts only while the reminder awaits an answer and is the newest that we asked; all else is talk, for people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from hub.capture import slot_answers
from hub.capture.people import Person
from hub.capture.threads import Thread
from hub.model.contact import Direction, InboundContact, Kind, Medium
from hub.model.local_time import zone
from hub.model.opt_words import OptKind
from hub.model.outbound import Origin, Purpose, State
from hub.model.reminder_answers import LONGEST, ReminderAnswer, read_answer
from hub.store import appointments, interactions, slots, templates
from hub.store.jobs import emit
from hub.store.outbox import plan_messages
from hub.store.question import Question, columns_of
from hub.store.tables import AppointmentRow, ConversationRow, InteractionRow, MessageRow, TaskRow, TemplateRow
from hub.store.upsert import insert_new

TOLD = "reminder."
# The template of the answer to somebody who confirmed; a hub without it says nothing.
THANKS = "appointment_confirmed"
_LATEST_THANKS = timedelta(hours=2)
_LOOK_BACK = 10
_TEXTS = frozenset({Medium.SMS, Medium.WHATSAPP})
_BY_ITSELF = (Origin.ACKNOWLEDGEMENT.value, Origin.SYSTEM.value)
_AWAITING = (
    select(
        MessageRow.id, MessageRow.identity_id, MessageRow.customer_id, MessageRow.channel, MessageRow.interaction_id,
        MessageRow.sent_at, AppointmentRow.id.label("appointment"), AppointmentRow.title, AppointmentRow.starts_at,
        AppointmentRow.time_zone, AppointmentRow.state, AppointmentRow.revision, TemplateRow.faces,
    )
    .join(AppointmentRow, AppointmentRow.id == MessageRow.about_id)
    .outerjoin(TemplateRow, TemplateRow.id == MessageRow.template_id)
    .where(
        MessageRow.identity_id.in_(bindparam("identities", expanding=True)),
        MessageRow.about == appointments.ABOUT,
        MessageRow.purpose == Purpose.REMINDER.value,
        MessageRow.state == State.ACCEPTED.value,
        MessageRow.interaction_id.is_not(None),
        AppointmentRow.state.in_(appointments.TO_COME),
        AppointmentRow.starts_at > bindparam("now"),
    )
    .order_by(MessageRow.sent_at.desc(), MessageRow.id.desc())
)  # fmt: skip
_ASKED = Question(
    columns_of(MessageRow.identity_id),
    f"message WHERE message.identity_id {{among}} AND message.about IN ('{appointments.ABOUT}', '{slots.ABOUT}') "
    f"AND message.state = '{State.ACCEPTED.value}' AND message.interaction_id IS NOT NULL",
)
_SAID_SINCE = (
    select(InteractionRow.id)
    .outerjoin(MessageRow, MessageRow.interaction_id == InteractionRow.id)
    .where(
        InteractionRow.identity_id == bindparam("identity"),
        InteractionRow.id > bindparam("since"),
        InteractionRow.id < bindparam("until"),
        InteractionRow.direction == Direction.OUT.value,
        MessageRow.origin.is_(None) | MessageRow.origin.not_in(_BY_ITSELF),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text that may answer a reminder, and what it became here."""

    contact: InboundContact
    person: Person
    where: Thread
    interaction: int

    @property
    def words(self) -> str:
        return self.contact.visible_text or self.contact.text


def heed_answers(
    conn: Connection,
    contacts: Sequence[InboundContact],
    people: Sequence[Person],
    threads: Sequence[Thread],
    ids: Sequence[int],
    asked: Sequence[tuple[str, str]],
    now: datetime,
) -> list[tuple[str, str]]:
    """Does what answers to reminders ask for; returns what the contacts asked for besides, as `opt_out.heed` does.

    A YES that confirms opts nobody in; CANCEL stays the STOP that it is for carriers, and staff learns of the rest.
    """
    left = list(asked)
    texts = {
        at: _Text(contact=contact, person=person, where=where, interaction=interaction)
        for at, (contact, person, where, interaction) in enumerate(zip(contacts, people, threads, ids, strict=True))
        if _may_answer(contact, person)
    }
    if not texts:
        return left
    awaiting: dict[int, list[Mapping[str, Any]]] = {}
    held = sorted({text.person.held.identity_id for text in texts.values()})
    # Most texts answer nothing that we asked: what tells so costs a fifth of the two questions below.
    wanted = sorted({identity for (identity,) in _ASKED(conn, held)})
    if not wanted:
        return left
    for row in conn.execute(_AWAITING, {"identities": wanted, "now": now}):
        awaiting.setdefault(row.identity_id, []).append(dict(row._mapping))
    slots_asked = slot_answers.awaiting(conn, wanted, now)
    for at, text in texts.items():
        reminders = awaiting.get(text.person.held.identity_id, [])
        slot = _newest(slots_asked.get(text.person.held.identity_id, []), text)
        if slot and _act_on_slot(conn, text, slot, _newest(reminders, text), now):
            left[at] = ("", "") if left[at][0] == OptKind.START else left[at]
        elif reminders and _act(conn, text, reminders, now) and left[at][0] == OptKind.START:
            left[at] = ("", "")
    return left


def answered(conn: Connection, interaction: int) -> bool:
    """Tells whether a text was heeded as the answer to a reminder."""
    learnt = interactions.events_of(conn, [interaction]).get(interaction, ())
    return any(event["kind"].startswith((TOLD, slot_answers.TOLD)) for event in learnt)


def _may_answer(contact: InboundContact, person: Person) -> bool:
    return (
        contact.medium in _TEXTS
        and contact.kind is Kind.MESSAGE
        and contact.direction is Direction.IN
        and not contact.historic
        and not person.held.new
        and 0 < len(contact.visible_text or contact.text) <= LONGEST
        and "?" not in (contact.visible_text or contact.text)
        and not contact.attachments
    )


def _act(conn: Connection, text: _Text, reminders: list[Mapping[str, Any]], now: datetime) -> bool:
    """Heeds one text; returns whether it was an answer."""
    newest = _newest(reminders, text)
    if newest is None:
        return False
    faces = newest["faces"] or {}
    own = {answer: str(faces.get(answer, "")) for answer in ReminderAnswer}
    answer = read_answer(text.words, own)
    if answer is None or _said_since(conn, text, newest):
        return False
    others = {row["appointment"] for row in reminders if row["state"] == appointments.BOOKED} - {newest["appointment"]}
    if answer is ReminderAnswer.DECLINED:
        _ask_staff(conn, text, f"Does not come: {_named(newest)}", now)
    elif others:
        _ask_staff(conn, text, f"Said yes, to which appointment? The newest reminded of: {_named(newest)}", now)
        return True
    else:
        _confirm(conn, text, newest, now)
    _tell(conn, text, answer, newest, now)
    return True


def _newest(asked: Sequence[Mapping[str, Any]], text: _Text) -> Mapping[str, Any] | None:
    """Returns the newest question that the text may answer."""
    return next((row for row in asked if row["interaction_id"] < text.interaction), None)


def _act_on_slot(
    conn: Connection, text: _Text, slot: Mapping[str, Any], reminder: Mapping[str, Any] | None, now: datetime
) -> bool:
    """Heeds the answer to a free slot, where that was asked last; returns whether it was one."""
    asked_since = reminder is not None and reminder["interaction_id"] > slot["interaction_id"]
    if asked_since or _said_since(conn, text, slot):
        return False
    settled = _settled_before(conn, text)
    answer = slot_answers.heed(conn, text.words, text.interaction, text.contact.channel, slot, now)
    if answer is not None and settled and text.where.conversation is not None:
        mine = ConversationRow.id == text.where.conversation.id
        conn.execute(update(ConversationRow).where(mine).values(state="waiting", unread=False))
    return answer is not None


def _said_since(conn: Connection, text: _Text, reminder: Mapping[str, Any]) -> bool:
    """Tells whether we wrote anything else after the reminder: the text may answer that."""
    span = {"since": reminder["interaction_id"], "until": text.interaction}
    return conn.scalar(_SAID_SINCE, {"identity": text.person.held.identity_id, **span}) is not None


def _confirm(conn: Connection, text: _Text, reminder: Mapping[str, Any], now: datetime) -> None:
    settled = _settled_before(conn, text)
    if settled and text.where.conversation is not None:
        mine = ConversationRow.id == text.where.conversation.id
        conn.execute(update(ConversationRow).where(mine).values(state="waiting", unread=False))
    current = appointments.get(conn, reminder["appointment"])
    if current["state"] != appointments.BOOKED:
        return
    revision = appointments.confirm(conn, current["id"], revision=current["revision"], now=now)
    if templates.active(conn, THANKS):
        plan_messages(conn, [_thanks(text, reminder, revision, now)])


def _settled_before(conn: Connection, text: _Text) -> bool:
    """Tells whether nothing that the customer wrote before this text still waits for an answer of staff."""
    if text.where.conversation is None:
        return False
    earlier = interactions.of_conversation(conn, text.where.conversation.id, before=text.interaction, limit=_LOOK_BACK)
    ours = [row["id"] for row in earlier if row["direction"] == Direction.OUT.value]
    by_itself = set(
        conn.scalars(
            select(MessageRow.interaction_id).where(
                MessageRow.interaction_id.in_(ours), MessageRow.origin != Origin.REPLY.value
            )
        )
    )
    heeded = interactions.events_of(conn, [row["id"] for row in earlier])
    for row in earlier:
        if row["direction"] == Direction.OUT.value and row["id"] not in by_itself:
            return True
        if row["direction"] == Direction.IN.value:
            return any(event["kind"] == f"{TOLD}{ReminderAnswer.CONFIRMED}" for event in heeded.get(row["id"], ()))
    return True


def _thanks(text: _Text, reminder: Mapping[str, Any], revision: int, now: datetime) -> dict[str, Any]:
    address = text.person.party.identity
    return {
        "dedupe_key": f"ack:confirmed:{reminder['appointment']}:{revision}:{address}",
        "origin": Origin.ACKNOWLEDGEMENT.value,
        "purpose": Purpose.SERVICE.value,
        "channel": reminder["channel"],
        "customer_id": reminder["customer_id"],
        "identity_id": text.person.held.identity_id,
        "conversation_id": text.where.conversation.id if text.where.conversation else None,
        "template": THANKS,
        "about": appointments.ABOUT,
        "about_id": reminder["appointment"],
        "about_revision": revision,
        "content": {"starts_at": reminder["starts_at"].isoformat()},
        "rfc_message_id": "",
        "state": State.READY.value,
        "due_at": now,
        "expires_at": min(now + _LATEST_THANKS, reminder["starts_at"]),
        "planned_at": now,
    }


def _named(reminder: Mapping[str, Any]) -> str:
    local = reminder["starts_at"].astimezone(zone(reminder["time_zone"]))
    return f"{reminder['title']}, {local:%Y-%m-%d %H:%M}"


def _ask_staff(conn: Connection, text: _Text, title: str, now: datetime) -> None:
    row = {
        "key": f"answer:{text.interaction}",
        "kind": "reminder_answer",
        "title": title,
        "customer_id": text.person.held.customer_id,
        "conversation_id": text.where.conversation.id if text.where.conversation else None,
        "interaction_id": text.interaction,
        "created_at": now,
    }
    insert_new(conn, TaskRow, [row])


def _tell(conn: Connection, text: _Text, answer: ReminderAnswer, reminder: Mapping[str, Any], now: datetime) -> None:
    data = {
        "appointment": reminder["appointment"],
        "title": reminder["title"],
        "starts_at": reminder["starts_at"].isoformat(),
        "time_zone": reminder["time_zone"],
        "message": reminder["id"],
    }
    kind = f"{TOLD}{answer}"
    learnt = {
        "interaction_id": text.interaction,
        "channel": text.contact.channel,
        "key": f"answer:{text.interaction}",
        "kind": kind,
        "data": data,
        "at": now,
    }
    interactions.learn(conn, [learnt])
    customer = text.person.held.customer_id
    emit(
        conn,
        [{"kind": kind, "customer_id": customer, "interaction_id": text.interaction, "data": data, "at": now}],
    )
