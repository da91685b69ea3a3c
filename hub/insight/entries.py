"""Entries: interactions as a timeline shows them, with their files, calls and deliveries; a page in few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hub.insight.calls import CallSummary, summary
from hub.insight.heeded import Heeded, heeded, may_be_heeded
from hub.store import interactions, purchases
from hub.store.purchases import Stored
from hub.store.tables import CustomerRow, DeliveryEventRow, IdentityRow, MessageRow, StaffRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose entry this is: the identity it came by (or went to), and who holds it now."""

    identity_id: int
    scheme: str
    value: str
    customer_id: int
    customer_name: str

    @property
    def name(self) -> str:
        """The customer's name, else the address."""
        return self.customer_name or self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of an entry; `state`: stored, waiting (yet to be fetched) or gone."""

    id: int
    filename: str
    content_type: str
    size: int | None
    content_id: str
    inline: bool
    state: str

    @property
    def playable(self) -> bool:
        """Whether a browser plays it as sound."""
        return self.state == "stored" and self.content_type.partition(";")[0].strip().lower().startswith("audio/")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNews:
    """One piece of news of a message: what its provider said, and when."""

    status: str
    code: str
    reason: str
    diagnostic: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The outbox row of an entry of ours: where it stands and how far it got."""

    id: int
    state: str
    delivery: str
    reason: str
    origin: str
    template: str
    staff_name: str
    sent_at: datetime | None
    news: tuple[DeliveryNews, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One interaction with all that a timeline shows; times are aware UTC, `text` is the new text."""

    id: int
    who: Holder
    conversation_id: int | None
    channel: str
    medium: str
    direction: str
    kind: str
    trust: str
    external_id: str
    subject: str
    text: str
    customer_why: str
    conversation_why: str
    occurred_at: datetime
    received_at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[StoredFile, ...] = ()
    call: CallSummary | None = None
    heeded: Heeded | None = None
    sent: Sent | None = None
    purchase: Stored | None = None

    @property
    def quoted(self) -> str:
        return str(self.detail.get("quoted", ""))

    @property
    def signature(self) -> str:
        return str(self.detail.get("signature", ""))

    @property
    def has_html(self) -> bool:
        return bool(self.detail.get("html"))

    @property
    def answers(self) -> list[list[str]]:
        """Answers of a form or survey as [question, value, kind]."""
        return list(self.detail.get("answers", ()))

    @property
    def nps(self) -> int | None:
        """The 0 to 10 answer of a survey, where it asked for one."""
        score = str(self.detail.get("nps", ""))
        return int(score) if score.isdecimal() and len(score) < 3 else None

    @property
    def author(self) -> str:
        """The staff member who wrote a note or an answer, where one did."""
        return str(self.detail.get("author_name", "")) or (self.sent.staff_name if self.sent else "")

    @property
    def attachments(self) -> tuple[StoredFile, ...]:
        """The files that are shown as such: not pictures inside the mail's own text."""
        return tuple(file for file in self.files if not (file.inline and file.content_id and self.has_html))


_HOLDERS = (
    select(
        IdentityRow.id.label("identity_id"),
        IdentityRow.scheme,
        IdentityRow.value,
        IdentityRow.customer_id,
        CustomerRow.display_name.label("customer_name"),
    )
    .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
    .where(IdentityRow.id.in_(bindparam("ids", expanding=True)))
)
_SENT = (
    select(
        MessageRow.id,
        MessageRow.interaction_id,
        MessageRow.state,
        MessageRow.delivery,
        MessageRow.reason,
        MessageRow.origin,
        MessageRow.template,
        MessageRow.sent_at,
        StaffRow.display_name.label("staff_name"),
    )
    .outerjoin(StaffRow, StaffRow.id == MessageRow.staff_id)
    .where(MessageRow.interaction_id.in_(bindparam("ids", expanding=True)))
)
_NEWS = (
    select(
        DeliveryEventRow.message_id,
        DeliveryEventRow.status,
        DeliveryEventRow.code,
        DeliveryEventRow.reason,
        DeliveryEventRow.detail,
        DeliveryEventRow.at,
    )
    .where(DeliveryEventRow.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(DeliveryEventRow.id)
)


def holders(conn: Connection, identities: Sequence[int]) -> dict[int, Holder]:
    """Returns who holds each of these identity rows."""
    wanted = sorted(set(identities))
    return {row.identity_id: Holder(**row._mapping) for row in conn.execute(_HOLDERS, {"ids": wanted})}


def entries(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Returns the entries of rows as hub.store.interactions reads them, in their order."""
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    who = holders(conn, [row["identity_id"] for row in rows])
    files = interactions.attachments_of(conn, ids)
    told_of = [row["id"] for row in rows if row["medium"] == "call" or may_be_heeded(row)]
    steps = interactions.events_of(conn, told_of) if told_of else {}
    sent = _sent(conn, [row["id"] for row in rows if row["direction"] == "out"])
    bought = purchases.of_interactions(conn, [row["id"] for row in rows if row["medium"] == "purchase"])
    return [
        Entry(
            id=row["id"],
            who=who[row["identity_id"]],
            conversation_id=row["conversation_id"],
            channel=row["channel"],
            medium=row["medium"],
            direction=row["direction"],
            kind=row["kind"],
            trust=row["trust"],
            external_id=row["external_id"],
            subject=row["subject"],
            text=row["text"],
            customer_why=row["customer_why"],
            conversation_why=row["conversation_why"],
            occurred_at=row["occurred_at"],
            received_at=row["received_at"],
            detail=row["detail"] or {},
            files=tuple(stored_file(file) for file in files.get(row["id"], ())),
            call=summary(steps.get(row["id"], ())) if row["medium"] == "call" else None,
            heeded=heeded(steps.get(row["id"], ())) if may_be_heeded(row) else None,
            sent=sent.get(row["id"]),
            purchase=bought.get(row["id"]),
        )
        for row in rows
    ]


def stored_file(row: Mapping[str, Any]) -> StoredFile:
    """Returns the file of an attachment row."""
    return StoredFile(**{name: row[name] for name in StoredFile.__slots__})


def _sent(conn: Connection, ours: Sequence[int]) -> dict[int, Sent]:
    if not ours:
        return {}
    rows = conn.execute(_SENT, {"ids": ours}).all()
    news: dict[int, list[DeliveryNews]] = {}
    if rows:
        for row in conn.execute(_NEWS, {"ids": [row.id for row in rows]}):
            told = DeliveryNews(
                status=row.status, code=row.code, reason=row.reason, at=row.at,
                diagnostic=str(row.detail.get("diagnostic", "")),
            )  # fmt: skip
            news.setdefault(row.message_id, []).append(told)
    return {
        row.interaction_id: Sent(
            id=row.id,
            state=row.state,
            delivery=row.delivery,
            reason=row.reason,
            origin=row.origin,
            template=row.template,
            staff_name=row.staff_name or "",
            sent_at=row.sent_at,
            news=tuple(news.get(row.id, ())),
        )
        for row in rows
    }
