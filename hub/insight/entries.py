"""Entries: interactions as a timeline shows them, with their files, calls and deliveries; a page in few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.insight.calls import CallSummary, summary
from hub.insight.heeded import Decided, Heeded, decided, heeded, may_be_heeded
from hub.store import interactions, invitations, purchases, veil
from hub.store.invitations import Invitation
from hub.store.purchases import Stored
from hub.store.question import Question, columns_of
from hub.store.tables import CustomerRow, DeliveryEventRow, IdentityRow, MessageRow, StaffRow

# What runs nothing in a browser: no SVG.
_PICTURES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"})
_FILMS = frozenset({"video/mp4", "video/webm", "video/3gpp", "video/quicktime"})


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
        return self.state == "stored" and self._kind.startswith("audio/")

    @property
    def picture(self) -> bool:
        """Whether a browser shows it as a picture, and runs nothing of it."""
        return self.state == "stored" and self._kind in _PICTURES

    @property
    def film(self) -> bool:
        """Whether a browser may play it as a film."""
        return self.state == "stored" and self._kind in _FILMS

    @property
    def _kind(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()


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
    """One interaction with all that a timeline shows; times are aware UTC, `text` is the new text.

    `hidden`: it is health-class and not for this reader, who sees that there is one and nothing of it.
    """

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
    decided: Decided | None = None
    sent: Sent | None = None
    purchase: Stored | None = None
    invitations: tuple[Invitation, ...] = ()
    hidden: bool = False

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


# Each as one bound list of ids: an IN of another length is another statement, which PostgreSQL has to learn first.
_HOLDERS = Question(
    columns_of(
        IdentityRow.id, IdentityRow.scheme, IdentityRow.value, IdentityRow.customer_id, CustomerRow.display_name
    ),
    "identity JOIN customer ON customer.id = identity.customer_id WHERE identity.id {among}",
)
_SENT = Question(
    columns_of(
        MessageRow.id,
        MessageRow.interaction_id,
        MessageRow.state,
        MessageRow.delivery,
        MessageRow.reason,
        MessageRow.origin,
        MessageRow.template,
        MessageRow.sent_at,
        StaffRow.display_name,
    ),
    "message LEFT JOIN staff ON staff.id = message.staff_id WHERE message.interaction_id {among}",
)
_NEWS = Question(
    columns_of(
        DeliveryEventRow.message_id,
        DeliveryEventRow.status,
        DeliveryEventRow.code,
        DeliveryEventRow.reason,
        DeliveryEventRow.detail,
        DeliveryEventRow.at,
    ),
    "delivery_event WHERE delivery_event.message_id {among} ORDER BY delivery_event.id",
)


_UNSEEN: Mapping[str, Any] = {"subject": "", "text": "", "detail": None, "customer_why": "", "conversation_why": ""}


def holders(conn: Connection, identities: Sequence[int]) -> dict[int, Holder]:
    """Returns who holds each of these identity rows."""
    wanted = sorted(set(identities))
    return {
        number: Holder(identity_id=number, scheme=scheme, value=value, customer_id=customer, customer_name=name)
        for number, scheme, value, customer, name in _HOLDERS(conn, wanted)
    }


def entries(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Returns the entries of rows as hub.store.interactions reads them, in their order."""
    if not rows:
        return []
    who = holders(conn, [row["identity_id"] for row in rows])
    unseen = veil.hidden(conn, rows, {number: holder.customer_id for number, holder in who.items()})
    rows = [{**row, **_UNSEEN} if row["id"] in unseen else row for row in rows]
    ids = [row["id"] for row in rows if row["id"] not in unseen]
    files = interactions.attachments_of(conn, ids)
    told_of = [row["id"] for row in rows if row["id"] not in unseen and (row["medium"] == "call" or may_be_heeded(row))]
    steps = interactions.events_of(conn, told_of) if told_of else {}
    sent = _sent(conn, [row["id"] for row in rows if row["direction"] == "out"])
    invited = invitations.of_interactions(conn, [row["id"] for row in rows if (row["detail"] or {}).get("invitations")])
    shown = [row["id"] for row in rows if row["medium"] == "purchase" and row["id"] not in unseen]
    bought = purchases.of_interactions(conn, shown)
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
            decided=decided(steps.get(row["id"], ())) if may_be_heeded(row) else None,
            sent=sent.get(row["id"]),
            purchase=bought.get(row["id"]),
            invitations=invited.get(row["id"], ()),
            hidden=row["id"] in unseen,
        )
        for row in rows
    ]


def stored_file(row: Mapping[str, Any]) -> StoredFile:
    """Returns the file of an attachment row."""
    return StoredFile(**{name: row[name] for name in StoredFile.__slots__})


def _sent(conn: Connection, ours: Sequence[int]) -> dict[int, Sent]:
    if not ours:
        return {}
    rows = _SENT(conn, ours)
    news: dict[int, list[DeliveryNews]] = {}
    for message, status, code, reason, detail, at in _NEWS(conn, [row[0] for row in rows]):
        told = DeliveryNews(
            status=status, code=code, reason=reason, at=at, diagnostic=str(detail.get("diagnostic", ""))
        )
        news.setdefault(message, []).append(told)
    return {
        interaction: Sent(
            id=message,
            state=state,
            delivery=delivery,
            reason=reason,
            origin=origin,
            template=template,
            staff_name=staff or "",
            sent_at=sent_at,
            news=tuple(news.get(message, ())),
        )
        for message, interaction, state, delivery, reason, origin, template, sent_at, staff in rows
    }
