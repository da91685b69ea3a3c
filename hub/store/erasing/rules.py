"""What an erasure does to each table, in one list: which rows are the person's, and what becomes of them.

A table that refers to customers and is not named here loses its rows: what nobody has thought about does not stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, or_

from hub.model.equipment import RETIRED
from hub.model.sequence import Standing
from hub.store import slots
from hub.store import tables as t
from hub.store.erasing.person import Person
from hub.store.tables.base import Base, every_row

# Stands for the time of the erasure among the values of a rule.
NOW = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows of a table are the person's where one of the columns `of` refers to a row of theirs, of that kind.

    `blank`: what these columns hold afterwards; None: the rows go.
    """

    table: type[Base]
    of: Mapping[str, str]
    blank: Mapping[str, Any] | None = field(default=None)

    def rows(self, person: Person) -> ColumnElement[bool]:
        """Returns the condition of the person's rows."""
        return or_(*(person.among(getattr(self.table, column), kind) for column, kind in self.of.items()))


_CUSTOMER = {"customer_id": "customer"}
_IDENTITY = {"identity_id": "identity"}
_CONVERSATION = {"conversation_id": "conversation"}
_INTERACTION = {"interaction_id": "interaction"}
_MESSAGE = {"message_id": "message"}

# Rows that others refer to come after those that do, so that what goes may go.
RULES = (
    # The history: that something was said, when and by which channel, and none of it.
    Rule(table=t.AttachmentRow, of=_INTERACTION),
    Rule(table=t.InvitationRow, of=_INTERACTION),
    Rule(table=t.AcknowledgementSkipRow, of=_IDENTITY | _INTERACTION),
    Rule(table=t.InteractionEventRow, of=_INTERACTION, blank={"data": {}}),
    # The key stays: the same mail still lies on its server and must not come in again.
    Rule(
        table=t.ArrivalRow, of=_INTERACTION, blank={"raw": None, "raw_blob": None, "note": None, "reason": ""}
    ),
    Rule(table=t.UploadOutcomeRow, of=_INTERACTION, blank={"reason": ""}),
    Rule(
        table=t.InteractionRow,
        of=_IDENTITY,
        blank={"subject": "", "text": "", "detail": None, "customer_why": "", "conversation_why": ""},
    ),
    Rule(table=t.ParticipantRow, of=_CONVERSATION | {"address": "address"}),
    Rule(table=t.MessageRefRow, of=_CONVERSATION),
    Rule(table=t.ConversationHintRow, of=_CONVERSATION | {"other_id": "conversation"}),
    Rule(
        table=t.ConversationJoinRow,
        of={"kept_id": "conversation", "gone_id": "conversation"},
        blank={"moved": {}, "parted_at": NOW},
    ),
    Rule(
        table=t.ConversationRow,
        of=_IDENTITY,
        blank={"subject": "", "preview": "", "thread_key": None, "state": "closed", "unread": False},
    ),
    # What was and is to be done.
    Rule(table=t.DraftRow, of=_CUSTOMER | _IDENTITY | _CONVERSATION),
    Rule(
        table=t.TaskRow,
        of=_CUSTOMER | _CONVERSATION | _INTERACTION,
        blank={"title": "", "state": "done", "done_at": NOW},
    ),
    Rule(
        table=t.AppointmentRow, of=_CUSTOMER, blank={"title": "", "location": "", "note": "", "external_id": None}
    ),
    # That something was asked for and answered in time, for the authority: of nobody.
    Rule(
        table=t.PersonRequestRow,
        of=_CUSTOMER,
        blank={"who": "", "evidence": "", "checked": "", "answer": "", "extended_why": ""},
    ),
    Rule(table=t.WaitingPlaceRow, of=_CUSTOMER, blank={"title": "", "state": slots.LEFT}),
    Rule(table=t.DomainEventRow, of=_CUSTOMER | _INTERACTION),
    # The way out: what became of every message, not what it said nor to whom.
    Rule(table=t.MessageStepRow, of=_MESSAGE, blank={"seen": None}),
    Rule(table=t.DeliveryEventRow, of=_MESSAGE, blank={"reason": "", "detail": {}}),
    Rule(table=t.ReminderSkipRow, of=_CUSTOMER, blank={"seen": {}}),
    Rule(table=t.RunSkipRow, of=_CUSTOMER, blank={"seen": {}}),
    Rule(table=t.EnrolmentStepRow, of={"enrolment_id": "enrolment"}, blank={"detail": {}}),
    Rule(
        table=t.EnrolmentRow,
        of=_CUSTOMER,
        blank={"context": {}, "why": "", "state": Standing.LEFT.value, "ended_at": NOW},
    ),
    Rule(table=t.SequenceMemberRow, of=_CUSTOMER),
    Rule(table=t.HabitRow, of=_CUSTOMER),
    Rule(table=t.PlacedCallRow, of=_CUSTOMER | _IDENTITY, blank={"number": "", "error": ""}),
    # What was bought, for how much and when, is for the books and the figures: of nobody.
    Rule(table=t.PurchaseRow, of=_CUSTOMER, blank={"note": ""}),
    Rule(table=t.EquipmentLogRow, of={"equipment_id": "equipment"}, blank={"note": ""}),
    Rule(table=t.EquipmentRow, of={"site_id": "customer"}, blank={"site_id": None}),
    Rule(
        table=t.EquipmentRow,
        of=_CUSTOMER,
        blank={
            "name": "", "serial": "", "location": "", "note": "", "external_id": None, "next_service_on": None,
            "state": RETIRED,
        },
    ),
    # Who they were.
    Rule(table=t.RestRow, of=_IDENTITY),
    Rule(table=t.SuggestionRow, of=_CUSTOMER),
    Rule(table=t.MergeRow, of=_CUSTOMER | {"into_id": "customer"}, blank={"moved": {}}),
    Rule(
        table=t.CustomerRow,
        of={"id": "customer"},
        blank={
            "display_name": "", "language": "", "time_zone": "", "country": "", "birthday": None, "note": "",
            "facts": {},
        },
    ),
)  # fmt: skip

# These refer to customers and hold nothing that names them.
KEPT = (
    t.OfferCodeRow,  # which code was given when, and redeemed
    t.SlotAskedRow,  # that somebody was asked about a slot
    t.MessagePriceRow,  # what a message cost
    t.ErasureRow,
)
# hub.store.erasing.erase does these by hand: their words become keyed digests.
BY_HAND = (t.IdentityRow, t.ConsentRow, t.SuppressionRow, t.MessageRow)

_REFERRING = {
    "customer_id": "customer",
    "identity_id": "identity",
    "conversation_id": "conversation",
    "interaction_id": "interaction",
    "message_id": "message",
}


def every_rule() -> list[Rule]:
    """Returns the rules of all tables, those of nobody's thinking first: their rows refer to others and go."""
    named = {rule.table for rule in RULES} | set(KEPT) | set(BY_HAND)
    others = [row for row in every_row() if row not in named]
    order = {table: at for at, table in enumerate(Base.metadata.sorted_tables)}
    more = []
    for table in sorted(others, key=lambda one: -order[one.__table__]):
        of = {name: kind for name, kind in _REFERRING.items() if name in table.__table__.c}
        if of:
            more.append(Rule(table=table, of=of))
    return [*more, *RULES]
