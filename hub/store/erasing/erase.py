"""The erasure itself, in one transaction: every rule, the words that become digests, the index, the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.model.errors import Refused
from hub.model.outbound import Purpose, State
from hub.store import appointments, blobs, consent_chain, outbox, removal
from hub.store.erasing import loose
from hub.store.erasing.met import ERASED, digest_of
from hub.store.erasing.overwriting import forget_words_later, overwriting
from hub.store.erasing.person import Person
from hub.store.erasing.rules import NOW, Rule, every_rule
from hub.store.keys import Keys
from hub.store.tables import (
    AppointmentRow,
    ArrivalRow,
    AttachmentRow,
    ConsentRow,
    ConversationRow,
    DraftRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    SuppressionRow,
)
from hub.store.upsert import insert_new

_WRITABLE = ("mailto", "tel", "whatsapp", "sms")
_UNDER_WAY = (State.CLAIMED.value, State.SUBMITTING.value)
_UNSAID: dict[str, Any] = {"content": {}, "body_hash": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """What came of it: how many rows of which table, and how the erased addresses are known from now on."""

    counts: Mapping[str, int] = field(default_factory=dict)
    digests: Sequence[str] = ()


def foretold(conn: Connection, person: Person) -> dict[str, int]:
    """Returns how many rows of which table an erasure would touch; only reads."""
    counts: dict[str, int] = {}
    for rule in every_rule():
        name = rule.table.__tablename__
        counts[name] = counts.get(name, 0) + _count(conn, rule.table, rule.rows(person))
    counts["identity"] = len(person.identities)
    counts["consent"] = _count(conn, ConsentRow, ConsentRow.identity_id.in_(person.identities))
    counts["suppression"] = _count(conn, SuppressionRow, SuppressionRow.address.in_(person.addresses))
    counts["message"] = _count(conn, MessageRow, MessageRow.id.in_(person.messages))
    return {name: many for name, many in sorted(counts.items()) if many}


def erase(conn: Connection, person: Person, keys: Keys, now: datetime) -> Erasing:
    """Erases a person. Raises Refused while a message to them is on its way to its provider."""
    if conn.scalar(select(MessageRow.id).where(MessageRow.id.in_(person.messages), MessageRow.state.in_(_UNDER_WAY))):
        raise Refused(
            "A message to this customer is being sent at this moment; nothing was erased.",
            next_step="Erase them again in a minute.",
        )
    counts = foretold(conn, person)
    digests = [digest_of(keys, address) for address in person.addresses if _is_writable(address)]
    with overwriting(conn):
        _stop_sending(conn, person, keys, now)
        _cancel_appointments(conn, person, now)
        _unindex(conn, person)
        _release_files(conn, person)
        loose.forget(conn, person)
        consent_chain.erase(conn, person.identities, keys.consent)
        for rule in every_rule():
            _apply(conn, rule, person, now)
        _suppress(conn, person, keys, now)
        _close_identities(conn, person, keys, now)
    forget_words_later(conn)
    return Erasing(counts=counts, digests=digests)


def _apply(conn: Connection, rule: Rule, person: Person, now: datetime) -> None:
    if rule.blank is None:
        conn.execute(delete(rule.table).where(rule.rows(person)))
        return
    values = {name: now if value is NOW else value for name, value in rule.blank.items()}
    conn.execute(update(rule.table).where(rule.rows(person)).values(values))


def _stop_sending(conn: Connection, person: Person, keys: Keys, now: datetime) -> None:
    for identity in person.identities:
        outbox.cancel_waiting(conn, identity, now, ERASED)
    rows = conn.execute(
        select(MessageRow.id, MessageRow.dedupe_key, MessageRow.content).where(MessageRow.id.in_(person.messages))
    ).all()
    files = [file["sha256"] for row in rows for file in row.content.get("attachments") or () if file.get("sha256")]
    blobs.release(conn, files)
    for row in rows:
        # The key names the address; as a digest it still is the one key of this message.
        conn.execute(
            update(MessageRow)
            .where(MessageRow.id == row.id)
            .values(**_UNSAID, dedupe_key=digest_of(keys, row.dedupe_key))
        )


def _cancel_appointments(conn: Connection, person: Person, now: datetime) -> None:
    to_come = (
        AppointmentRow.customer_id.in_(person.customers)
        & (AppointmentRow.starts_at > now)
        & AppointmentRow.state.in_(appointments.TO_COME)
    )
    conn.execute(
        update(AppointmentRow)
        .where(to_come)
        .values(state=appointments.CANCELLED, revision=AppointmentRow.revision + 1, changed_at=now)
    )


def _unindex(conn: Connection, person: Person) -> None:
    rows = conn.execute(
        select(InteractionRow.id, InteractionRow.identity_id, InteractionRow.subject, InteractionRow.text).where(
            InteractionRow.identity_id.in_(person.identities)
        )
    ).all()
    removal.unindex(conn, [(row.id, row.identity_id, row.subject, row.text) for row in rows])
    # A Message-ID is made by the writer's own machine and may name it; numbers of other media are their providers'.
    mails = InteractionRow.identity_id.in_(person.identities) & (InteractionRow.medium == "email")
    conn.execute(update(InteractionRow).where(mails).values(external_id=""))
    # What a conversation shows of its last entry may be theirs, whoever's conversation it is.
    conn.execute(update(ConversationRow).where(ConversationRow.id.in_(person.talks)).values(preview=""))


def _release_files(conn: Connection, person: Person) -> None:
    ours = InteractionRow.identity_id.in_(person.identities)
    pages = [
        detail["html"]
        for detail in conn.scalars(select(InteractionRow.detail).where(ours))
        if (detail or {}).get("html")
    ]
    files = conn.scalars(select(AttachmentRow.sha256).where(AttachmentRow.interaction_id.in_(person.interactions)))
    raws = conn.scalars(select(ArrivalRow.raw_blob).where(ArrivalRow.interaction_id.in_(person.interactions)))
    drafts = conn.scalars(
        select(DraftRow.files).where(
            DraftRow.customer_id.in_(person.customers) | DraftRow.identity_id.in_(person.identities)
            | DraftRow.conversation_id.in_(person.conversations)
        )
    )  # fmt: skip
    kept = [file["sha256"] for some in drafts for file in some]
    blobs.release(conn, [sha for sha in (*pages, *files, *raws, *kept) if sha])


def _suppress(conn: Connection, person: Person, keys: Keys, now: datetime) -> None:
    """What spoke against their addresses still does, by digest; and no promotion goes to any of them again."""
    table = SuppressionRow.__table__
    stood = conn.execute(select(table).where(SuppressionRow.address.in_(person.addresses))).mappings().all()
    rows: list[dict[str, Any]] = [
        {**{name: row[name] for name in row if name != "id"}, "address": digest_of(keys, row["address"]), "detail": ""}
        for row in stood
    ]
    rows += [
        {"address": digest_of(keys, address), "purpose": Purpose.PROMOTIONAL.value, "channel": "", "reason": ERASED,
         "detail": "", "at": now, "lifted_at": None, "lifted_by": ""}
        for address in person.addresses if _is_writable(address)
    ]  # fmt: skip
    conn.execute(delete(SuppressionRow).where(SuppressionRow.address.in_(person.addresses)))
    insert_new(conn, SuppressionRow, rows)


def _close_identities(conn: Connection, person: Person, keys: Keys, now: datetime) -> None:
    held = conn.execute(
        select(IdentityRow.id, IdentityRow.scheme, IdentityRow.value, IdentityRow.closed_at).where(
            IdentityRow.id.in_(person.identities)
        )
    ).all()
    for row in held:
        conn.execute(
            update(IdentityRow)
            .where(IdentityRow.id == row.id)
            .values(
                scheme="hub",
                value=digest_of(keys, f"{row.scheme}:{row.value}"),
                raw="",
                display_name="",
                confirmed_at=None,
                closed_at=row.closed_at or now,
            )
        )


def _is_writable(address: str) -> bool:
    return address.partition(":")[0] in _WRITABLE


def _count(conn: Connection, table: Any, condition: Any) -> int:
    return int(conn.scalar(select(func.count()).select_from(table).where(condition)) or 0)
