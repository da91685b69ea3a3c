"""Whom an erasure is about: a customer with those who were merged into them, and where their rows are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from hub.model.errors import NotFound
from hub.store.customers import standing_for
from hub.store.tables import (
    ConversationRow,
    CustomerRow,
    EnrolmentRow,
    EquipmentRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    ParticipantRow,
    PurchaseRow,
)

_OURS = ("hub:", standing_for(0)[:-1])
# A shorter name is found in what is not about this person.
_SHORTEST_NAME = 5


@dataclass(frozen=True, slots=True)
class Person:
    """A customer: `customers` and `identities` by number, `addresses` as `scheme:value`, the names they go by."""

    id: int
    customers: Sequence[int]
    identities: Sequence[int]
    addresses: Sequence[str]
    names: Sequence[str]

    @property
    def words(self) -> list[str]:
        """What names this person wherever it stands: addresses, numbers, and names that are long enough."""
        values = [address.partition(":")[2] for address in self.addresses if not address.startswith(_OURS)]
        return list(dict.fromkeys([*values, *(name for name in self.names if len(name) >= _SHORTEST_NAME)]))

    def among(self, column: Any, kind: str) -> ColumnElement[bool]:
        """Returns the condition that a column refers to a row of this person's: of a customer, an interaction, ..."""
        found: ColumnElement[bool] = _AMONG[kind](column, self)
        return found

    @property
    def interactions(self) -> Select[Any]:
        """Returns the question for the ids of all entries of their history."""
        return select(InteractionRow.id).where(InteractionRow.identity_id.in_(self.identities))

    @property
    def conversations(self) -> Select[Any]:
        """Returns the question for the ids of the conversations that are theirs."""
        return select(ConversationRow.id).where(ConversationRow.identity_id.in_(self.identities))

    @property
    def messages(self) -> Select[Any]:
        """Returns the question for the ids of all messages to them."""
        return select(MessageRow.id).where(
            or_(MessageRow.identity_id.in_(self.identities), MessageRow.customer_id.in_(self.customers))
        )

    @property
    def talks(self) -> Select[Any]:
        """Returns the question for the ids of conversations in which they have a part, whoever's those are."""
        took_part = select(ParticipantRow.conversation_id).where(ParticipantRow.address.in_(self.addresses))
        wrote = select(InteractionRow.conversation_id).where(InteractionRow.identity_id.in_(self.identities))
        return select(ConversationRow.id).where(or_(ConversationRow.id.in_(took_part), ConversationRow.id.in_(wrote)))


_AMONG: Mapping[str, Any] = {
    "customer": lambda column, person: column.in_(person.customers),
    "identity": lambda column, person: column.in_(person.identities),
    "conversation": lambda column, person: column.in_(person.conversations),
    "interaction": lambda column, person: column.in_(person.interactions),
    "message": lambda column, person: column.in_(person.messages),
    "address": lambda column, person: column.in_(person.addresses),
    "enrolment": lambda column, person: column.in_(
        select(EnrolmentRow.id).where(EnrolmentRow.customer_id.in_(person.customers))
    ),
    "equipment": lambda column, person: column.in_(
        select(EquipmentRow.id).where(EquipmentRow.customer_id.in_(person.customers))
    ),
    "purchase": lambda column, person: column.in_(
        select(PurchaseRow.id).where(PurchaseRow.customer_id.in_(person.customers))
    ),
}


def person_of(conn: Connection, customer_id: int) -> Person:
    """Returns whom a customer's number means. Raises NotFound for nobody, and for who is a part of somebody else."""
    found = conn.execute(
        select(CustomerRow.id, CustomerRow.merged_into).where(CustomerRow.id == customer_id)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no customer {customer_id}.")
    if found.merged_into is not None:
        raise NotFound(
            f"Customer {customer_id} was merged into customer {found.merged_into}.",
            next_step=f"Go on with customer {found.merged_into}.",
        )
    customers, fresh = [customer_id], [customer_id]
    while fresh:
        fresh = list(conn.scalars(select(CustomerRow.id).where(CustomerRow.merged_into.in_(fresh))))
        customers += fresh
    held = conn.execute(
        select(IdentityRow.id, IdentityRow.scheme, IdentityRow.value, IdentityRow.display_name)
        .where(IdentityRow.customer_id.in_(customers))
        .order_by(IdentityRow.id)
    ).all()
    called = conn.scalars(select(CustomerRow.display_name).where(CustomerRow.id.in_(customers))).all()
    return Person(
        id=customer_id,
        customers=customers,
        identities=[row.id for row in held],
        addresses=[
            *dict.fromkeys(f"{row.scheme}:{row.value}" for row in held),
            *(standing_for(one) for one in customers),
        ],
        names=list(dict.fromkeys(name for name in (*called, *(row.display_name for row in held)) if name)),
    )
