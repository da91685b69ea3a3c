"""Removal: interactions taken out of the history again, with their index, files and the customers made for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select, text

from hub.store import blobs, search
from hub.store.tables import (
    AcknowledgementSkipRow,
    AppointmentRow,
    ArrivalRow,
    AttachmentRow,
    CartRow,
    ConsentRow,
    ConversationRow,
    CustomerRow,
    DraftRow,
    EnrolmentRow,
    EquipmentRow,
    HabitRow,
    IdentityRow,
    InteractionEventRow,
    InteractionRow,
    InvitationRow,
    MergeRow,
    MessageRow,
    OfferCodeRow,
    PurchaseRow,
    RunSkipRow,
    SequenceMemberRow,
    SuggestionRow,
    TaskRow,
    WaitingPlaceRow,
)

# A contentless FTS5 table forgets a row only when it is told the words once more (sqlite.org/fts5.html, 6.3); told of
# a row that it has not, it calls itself malformed.
_UNINDEX = {
    "sqlite": text(
        "INSERT INTO interaction_search (interaction_search, rowid, words) SELECT 'delete', :id, :words"
        " WHERE EXISTS (SELECT 1 FROM interaction_search WHERE rowid = :id)"
    ),
    "postgresql": text("DELETE FROM interaction_search WHERE interaction_id = :id"),
}


def forget_arrivals(conn: Connection, channel: str, keys: Sequence[str]) -> list[int]:
    """Removes arrivals; returns the interactions that now have none left, so that nothing vouches for them."""
    if not keys:
        return []
    ours = (ArrivalRow.channel == channel) & ArrivalRow.key.in_(keys)
    touched = set(conn.scalars(select(ArrivalRow.interaction_id).where(ours, ArrivalRow.interaction_id.is_not(None))))
    raws = conn.scalars(select(ArrivalRow.raw_blob).where(ours, ArrivalRow.raw_blob.is_not(None))).all()
    blobs.release(conn, [raw for raw in raws if raw])
    conn.execute(delete(ArrivalRow).where(ours))
    left = set(conn.scalars(select(ArrivalRow.interaction_id).where(ArrivalRow.interaction_id.in_(touched))))
    return sorted(interaction for interaction in touched - left if interaction is not None)


def remove_interactions(conn: Connection, interactions: Sequence[int]) -> set[int]:
    """Removes interactions with their words, files, tasks and later events; returns the customers they were of.

    Evidence of consent stays, as it must; what points to the removed rows in the log of events stays too.
    """
    if not interactions:
        return set()
    rows = conn.execute(
        select(
            InteractionRow.id,
            InteractionRow.identity_id,
            InteractionRow.subject,
            InteractionRow.text,
            IdentityRow.customer_id,
        )
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(InteractionRow.id.in_(interactions))
    ).all()
    unindex(conn, [(row.id, row.identity_id, row.subject, row.text) for row in rows])
    files = conn.scalars(
        select(AttachmentRow.sha256).where(
            AttachmentRow.interaction_id.in_(interactions), AttachmentRow.sha256.is_not(None)
        )
    ).all()
    blobs.release(conn, [file for file in files if file])
    customers = {row.customer_id for row in rows}
    for table in (AttachmentRow, InteractionEventRow, AcknowledgementSkipRow, InvitationRow):
        conn.execute(delete(table).where(table.interaction_id.in_(interactions)))
    # Tasks are indexed by customer only.
    conn.execute(delete(TaskRow).where(TaskRow.customer_id.in_(customers), TaskRow.interaction_id.in_(interactions)))
    conn.execute(delete(InteractionRow).where(InteractionRow.id.in_(interactions)))
    return customers


def unindex(conn: Connection, rows: Sequence[tuple[int, int, str, str]]) -> None:
    """Takes (interaction, identity, subject, text) out of the search, as they were indexed."""
    if rows:
        words = [
            {"id": key, "words": search.document(identity, subject, body)} for key, identity, subject, body in rows
        ]
        conn.execute(_UNINDEX[conn.dialect.name], words)


def remove_empty_customers(conn: Connection, customers: Iterable[int], made_at: datetime) -> int:
    """Removes those of these customers who were made at that moment and have nothing else; returns how many.

    Whoever staff has touched stays: another identity, a fact, a note, another relationship, a merge.
    """
    candidates = sorted(customers)
    if not candidates:
        return 0
    identities = select(IdentityRow.id).where(IdentityRow.customer_id == CustomerRow.id).correlate(CustomerRow)
    used = (
        exists().where(InteractionRow.identity_id.in_(identities)),
        exists().where(ConversationRow.identity_id.in_(identities)),
        exists().where(ConsentRow.identity_id.in_(identities)),
        exists().where(MessageRow.customer_id == CustomerRow.id),
        exists().where(RunSkipRow.customer_id == CustomerRow.id),
        exists().where(EnrolmentRow.customer_id == CustomerRow.id),
        exists().where(AppointmentRow.customer_id == CustomerRow.id),
        exists().where(TaskRow.customer_id == CustomerRow.id),
        exists().where(DraftRow.customer_id == CustomerRow.id),
        exists().where(PurchaseRow.customer_id == CustomerRow.id),
        exists().where(CartRow.customer_id == CustomerRow.id),
        exists().where(OfferCodeRow.customer_id == CustomerRow.id),
        exists().where(WaitingPlaceRow.customer_id == CustomerRow.id),
        exists().where(or_(EquipmentRow.customer_id == CustomerRow.id, EquipmentRow.site_id == CustomerRow.id)),
        exists().where(IdentityRow.customer_id == CustomerRow.id, IdentityRow.opened_at != made_at),
        exists().where(IdentityRow.customer_id == CustomerRow.id, IdentityRow.closed_at.is_not(None)),
        exists().where(IdentityRow.customer_id == CustomerRow.id, IdentityRow.confirmed_at.is_not(None)),
        exists().where(or_(MergeRow.customer_id == CustomerRow.id, MergeRow.into_id == CustomerRow.id)),
    )
    empty = select(CustomerRow.id, CustomerRow.facts).where(
        CustomerRow.id.in_(candidates),
        CustomerRow.created_at == made_at,
        CustomerRow.merged_into.is_(None),
        CustomerRow.note == "",
        CustomerRow.birthday.is_(None),
        CustomerRow.relationship == "prospect",
        *(~use for use in used),
    )
    gone = [row.id for row in conn.execute(empty) if not row.facts]
    for table in (HabitRow, SequenceMemberRow, SuggestionRow, IdentityRow):
        conn.execute(delete(table).where(table.customer_id.in_(gone)))
    conn.execute(delete(CustomerRow).where(CustomerRow.id.in_(gone)))
    return len(gone)
