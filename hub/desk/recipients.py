"""Recipients: whom an answer goes to and what it answers, as the conversation tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from hub.desk.addressing import read_parties
from hub.desk.quoting import Original
from hub.desk.subjects import answer_subject
from hub.model.contact import Party
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.store import interactions, veil
from hub.store.tables import ConversationRow, CustomerRow, IdentityRow, InteractionRow

# A References header keeps the first and the newest ids (RFC 5322 section 3.6.4 sets no limit, servers do).
_MOST_REFERENCES = 20
SENDABLE = frozenset({"mailto", "tel", "whatsapp", "sms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom an answer goes to, and in which thread; `came_in`: how many entries of it came in so far.

    `about` is the mail or text that is answered, `to` whom it says to answer (Reply-To), `others` who else took part.
    `wrote_to`: the number of ours that their last text came to, by the channel `wrote_by`, where that has several.
    """

    identity_id: int
    identity: Identity
    customer_id: int
    name: str
    language: str
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    came_in: int = 0
    about: int | None = None
    to: tuple[Party, ...] = ()
    others: tuple[Party, ...] = ()
    wrote_to: str = ""
    wrote_by: str = ""

    @property
    def party(self) -> Party:
        return Party(self.identity, self.name)

    def everybody_else(self, own: Collection[str]) -> tuple[Party, ...]:
        """Returns who else gets an answer to all: without our own addresses, also where they carry a tag."""
        written = {party.identity.value for party in self.to}
        return tuple(
            party
            for party in self.others
            if party.identity.scheme == "mailto"
            and party.identity.value not in written
            and untagged(party.identity.value) not in own
        )


def recipient_of(conn: Connection, conversation_id: int, about: int | None = None) -> Recipient:
    """Returns whom an answer in a conversation goes to: who wrote last, else whom the conversation is with.

    `about`: the entry that is answered, if not the last mail. Raises NotFound for an unknown conversation or an entry
    of another one, Refused where nobody can be written to.
    """
    veil.require_talk(conn, conversation_id)
    talk = conn.execute(
        select(ConversationRow.identity_id, ConversationRow.subject).where(ConversationRow.id == conversation_id)
    ).one_or_none()
    if talk is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    rows = interactions.of_conversation(conn, conversation_id, limit=50)
    written = [row for row in rows if row["medium"] != "note" and row["kind"] == "message"]
    mails = [row for row in written if row["medium"] == "email" and row["external_id"]]
    last = next((row for row in mails if row["direction"] == "in"), mails[0] if mails else None)
    theirs = next((row for row in written if row["direction"] == "in"), None)
    if about is not None:
        last = theirs = entry_of(conn, about, conversation_id)
    to = _person(conn, theirs["identity_id"] if theirs else talk.identity_id)
    answered = last if last is not None and last["medium"] == "email" else None
    return Recipient(
        **to,
        subject=answer_subject((answered["subject"] if answered else "") or talk.subject),
        in_reply_to=answered["external_id"] if answered else "",
        references=_references(answered) if answered else (),
        came_in=inbound_count(conn, conversation_id),
        about=(answered or theirs or {}).get("id"),
        to=_answers(answered, Party(to["identity"], to["name"])),
        others=(*_parties(answered, "to"), *_parties(answered, "cc")),
        wrote_to=str((theirs["detail"] or {}).get("our_number", "")) if theirs else "",
        wrote_by=theirs["channel"] if theirs else "",
    )


def person_of(conn: Connection, customer_id: int, identity_id: int) -> Recipient:
    """Returns whom a message to one open identity of a customer goes to. Raises NotFound and Refused."""
    held = conn.scalar(
        select(IdentityRow.id).where(
            IdentityRow.id == identity_id, IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None)
        )
    )
    if held is None:
        raise NotFound(f"Customer {customer_id} holds no identity {identity_id}.")
    return holder_of(conn, identity_id)


def holder_of(conn: Connection, identity_id: int) -> Recipient:
    """Returns whom a message to an identity goes to. Raises Refused where it is none that can be written to."""
    person = _person(conn, identity_id)
    return Recipient(**person, to=(Party(person["identity"], person["name"]),))


def entry_of(conn: Connection, interaction_id: int, conversation_id: int | None) -> dict[str, Any]:
    """Returns an entry of a conversation (of any, without one). Raises NotFound."""
    veil.require_interaction(conn, interaction_id)
    rows = interactions.by_ids(conn, [interaction_id])
    if not rows or (conversation_id is not None and rows[0]["conversation_id"] != conversation_id):
        raise NotFound("There is no such entry in this conversation.")
    return rows[0]


def original_of(conn: Connection, row: Mapping[str, Any], ours: Party) -> Original:
    """Returns an entry as it is quoted or forwarded: what was new in it, and what that quoted. `ours`: as we sign."""
    detail = row["detail"] or {}
    author = next(iter(_parties(row, "from")), ours)
    if row["direction"] == "in" and not author.display_name:
        holder = holder_of(conn, row["identity_id"])
        author = Party(author.identity if author is not ours else holder.identity, holder.name)
    parts = [row["text"]]
    if detail.get("signature"):
        parts.append(f"-- \n{detail['signature']}")
    parts.append(str(detail.get("quoted", "")))
    return Original(
        author=author,
        at=row["occurred_at"],
        subject=row["subject"],
        text="\n\n".join(part for part in parts if part.strip()),
        to=_parties(row, "to"),
        cc=_parties(row, "cc"),
    )


def inbound_count(conn: Connection, conversation_id: int) -> int:
    """Returns how many entries of a conversation came in: what a composer says its writer has seen.

    A count, not the newest id: a mail that took long is dated before what was seen.
    """
    statement = select(func.count()).where(
        InteractionRow.conversation_id == conversation_id, InteractionRow.direction == "in"
    )
    return conn.scalar(statement) or 0


def untagged(address: str) -> str:
    """Returns an address without what follows a `+` in its local part (RFC 5233 section 1)."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _answers(row: Mapping[str, Any] | None, author: Party) -> tuple[Party, ...]:
    """Returns whom a mail says to answer: Reply-To before From (RFC 5322 section 3.6.2); of ours, whom it went to."""
    if row is None:
        return (author,)
    if row["direction"] == "out":
        return tuple(party for party in _parties(row, "to") if party.identity.scheme == "mailto") or (author,)
    try:
        named = read_parties(str((row["detail"] or {}).get("reply_to", "")))
    except Refused:
        named = ()
    if len(named) == 1 and not named[0].display_name:
        named = (Party(named[0].identity, author.display_name),)
    return named or (author,)


def _parties(row: Mapping[str, Any] | None, field: str) -> tuple[Party, ...]:
    named: Any = ((row["detail"] or {}) if row is not None else {}).get(field) or ()
    if isinstance(named, Mapping):
        named = (named,)
    found = []
    for one in named if isinstance(named, Sequence) and not isinstance(named, str) else ():
        scheme, _, value = str(one.get("identity", "")).partition(":")
        if value:
            found.append(Party(Identity(scheme, value), str(one.get("name", ""))))
    return tuple(found)


def _person(conn: Connection, identity_id: int) -> dict[str, Any]:
    row = conn.execute(
        select(
            IdentityRow.id, IdentityRow.scheme, IdentityRow.value, IdentityRow.customer_id, CustomerRow.display_name,
            CustomerRow.language,
        )
        .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(IdentityRow.id == identity_id)
    ).one()  # fmt: skip
    if row.scheme not in SENDABLE:
        raise Refused(
            f"{row.scheme}:{row.value} is no address that can be written to.",
            field="identity",
            next_step="Add an e-mail address or a phone number to the customer, and write to that.",
        )
    if row.scheme == "sms" and not row.value.startswith("+"):
        # https://www.twilio.com/docs/api/errors/21211 and 21265: a text goes to no name and to no short code.
        what = "a short code" if row.value.isdecimal() else "a name instead of a number"
        raise Refused(
            f"{row.value} takes no answers: it is {what}.",
            field="identity",
            next_step="Write to another address of this customer, or call them.",
        )
    return {
        "identity_id": row.id,
        "identity": Identity(row.scheme, row.value),
        "customer_id": row.customer_id,
        "name": row.display_name,
        "language": row.language,
    }


def _references(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the chain that an answer refers to: what the mail refers to, then the mail (RFC 5322 section 3.6.4)."""
    detail = row["detail"] or {}
    chain = [*detail.get("references", ()), detail.get("in_reply_to", ""), row["external_id"]]
    ids = list(dict.fromkeys(str(ref) for ref in reversed(chain) if ref))[::-1]
    return (ids[0], *ids[-_MOST_REFERENCES + 1 :]) if len(ids) > _MOST_REFERENCES else tuple(ids)
