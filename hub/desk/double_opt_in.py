"""Double opt-in: who agrees on a form proves by a link in a mail that the address is theirs; only then it counts.

A form that anybody may send proves nothing about the address in it, so a promotion waits for that proof. The mail says
nothing that the sender of the form has written.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from hub.desk.leaving import Evidence
from hub.model.outbound import Origin, Purpose, State
from hub.store import consents, message_links
from hub.store.keys import Keys
from hub.store.outbox import note_steps
from hub.store.tables import ConsentRow, IdentityRow, MessageRow

# A link to confirm is of use while somebody remembers that they asked for it.
GOOD_FOR = timedelta(days=7)
_MAIL = "mailto"
ABOUT = "confirm_address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How to ask: by which channel, and with which words around a link. `domain`: of the Message-ID."""

    channel: str
    domain: str
    language: str
    words: Callable[[str], Mapping[str, str]]
    link: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """What a link is about: the address, what was agreed to, and whether it is proven already or too late."""

    message_id: int
    identity_id: int
    address: str
    language: str
    wordings: tuple[str, ...]
    confirmed: bool
    too_late: bool


def ask(conn: Connection, interaction: int, asking: Asking, keys: Keys, now: datetime) -> int:
    """Asks for proof of each mail address that agreed in a submission and is proven to be nobody's; returns how many.

    Once a day and address, however often a form is sent.
    """
    rows = conn.execute(
        select(IdentityRow.id, IdentityRow.customer_id, IdentityRow.value)
        .where(
            IdentityRow.scheme == _MAIL,
            IdentityRow.confirmed_at.is_(None),
            IdentityRow.closed_at.is_(None),
            exists().where(
                ConsentRow.identity_id == IdentityRow.id,
                ConsentRow.interaction_id == interaction,
                ConsentRow.granted.is_(True),
            ),
        )
        .order_by(IdentityRow.id)
    ).all()
    return sum(_ask(conn, row, interaction, asking, keys, now) for row in rows)


def _ask(conn: Connection, row: Any, interaction: int, asking: Asking, keys: Keys, now: datetime) -> int:
    key = f"system:{ABOUT}:{row.id}:{now.date().isoformat()}"
    if conn.scalar(select(exists().where(MessageRow.dedupe_key == key))):
        return 0
    values = {
        "dedupe_key": key,
        "origin": Origin.SYSTEM.value,
        "purpose": Purpose.SERVICE.value,
        "channel": asking.channel,
        "customer_id": row.customer_id,
        "identity_id": row.id,
        "content": {},
        "rfc_message_id": f"{secrets.token_hex(16)}@{asking.domain}",
        "state": State.READY.value,
        "due_at": now,
        "expires_at": now + GOOD_FOR,
        "planned_at": now,
    }
    made = conn.execute(insert(MessageRow).values(**values).returning(MessageRow.id)).scalar_one()
    link = asking.link(message_links.CONFIRM.token(keys, made, f"{_MAIL}:{row.value}"))
    content = {**asking.words(link), "language": asking.language, "interaction": str(interaction)}
    conn.execute(update(MessageRow).where(MessageRow.id == made).values(content=content))
    note_steps(conn, [{"message_id": made, "state": State.READY.value, "reason": "", "at": now}])
    return 1


def about(conn: Connection, keys: Keys, token: str, now: datetime) -> Confirming | None:
    """Returns what a link is about; None for one that the hub never made, or whose address is somebody else's now."""
    message_id = message_links.CONFIRM.read(conn, keys, token)
    if message_id is None:
        return None
    row = conn.execute(
        select(
            MessageRow.content, MessageRow.planned_at, IdentityRow.id, IdentityRow.value, IdentityRow.confirmed_at,
            IdentityRow.closed_at,
        )
        .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
        .where(MessageRow.id == message_id)
    ).one_or_none()  # fmt: skip
    if row is None or row.closed_at is not None:
        return None
    return Confirming(
        message_id=message_id,
        identity_id=row.id,
        address=f"{_MAIL}:{row.value}",
        language=str(row.content.get("language", "")),
        wordings=tuple(one["wording"] for one in _agreed(conn, row.id, row.content)),
        confirmed=row.confirmed_at is not None,
        too_late=now >= row.planned_at + GOOD_FOR,
    )


def confirm(conn: Connection, keys: Keys, token: str, evidence: Evidence) -> Confirming | None:
    """Takes the proof: the address is theirs, and what they agreed to on the form counts; twice changes nothing."""
    found = about(conn, keys, token, evidence.at)
    if found is None or found.confirmed or found.too_late:
        return found
    content = conn.scalar(select(MessageRow.content).where(MessageRow.id == found.message_id)) or {}
    agreed = _agreed(conn, found.identity_id, content)
    rows = [
        {
            **evidence.of(found.identity_id, one["purpose"], True),
            "wording": one["wording"],
            "version": one["version"],
            "language": one["language"],
        }
        for one in agreed
    ]
    # The chain first, then the address, as whoever appends evidence takes them: two at once do not wait crosswise.
    consents.record(conn, rows, keys.consent)
    conn.execute(
        update(IdentityRow)
        .where(IdentityRow.id == found.identity_id, IdentityRow.confirmed_at.is_(None))
        .values(confirmed_at=evidence.at)
    )
    return about(conn, keys, token, evidence.at)


def _agreed(conn: Connection, identity: int, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns what was agreed to with the form and still holds."""
    asked = int(content.get("interaction", 0))
    held = consents.in_force(conn, [identity]).values()
    return [one for one in held if one["granted"] and one["interaction_id"] == asked]
