"""Unsubscribing: the token behind the link of every promotion, and what following it does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select

from hub.model.errors import NotFound
from hub.model.outbound import Purpose
from hub.store import consents, jobs, outbox
from hub.store.keys import Keys
from hub.store.tables import CampaignRow, IdentityRow, MessageRow, RunRow, SuppressionRow

PROMOTIONAL = Purpose.PROMOTIONAL.value
# Another message under the same key, or a later form of the token, is never mistaken for this one.
_VERSION, _SALT = "1", b"unsubscribe/1/"
_PROOF_BYTES = 12
_PROOF_LENGTH = 16
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LARGEST = (1 << 63) - 1


def token(keys: Keys, message_id: int, address: str) -> str:
    """Returns what stands behind /u/: version, 96 bits of HMAC-SHA256, the message's number to the base 36.

    `address`: the identity that the message goes to, as `mailto:ada@example.com`. It is part of the proof: a hub that
    was restored gives numbers a second time, and an old link must never end what somebody else agreed to.
    It never expires: who was written to may leave for as long as the mail is kept.
    """
    return f"{_VERSION}{_proof(keys, message_id, address)}{_base36(message_id)}"


def read(conn: Connection, keys: Keys, token: str) -> int | None:
    """Returns the message of a token, None for one that the hub never made or whose message went to somebody else."""
    version, proof, number = token[:1], token[1 : 1 + _PROOF_LENGTH], token[1 + _PROOF_LENGTH :]
    if version != _VERSION or not number or len(number) > 13 or not set(number) <= set(_DIGITS):
        return None
    message_id = int(number, 36)
    if message_id > _LARGEST or number != _base36(message_id):
        return None
    try:
        given = base64.urlsafe_b64decode(proof.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error):
        return None
    to = conn.execute(
        select(IdentityRow.scheme, IdentityRow.value)
        .join(MessageRow, MessageRow.identity_id == IdentityRow.id)
        .where(MessageRow.id == message_id)
    ).one_or_none()
    if to is None:
        return None
    expected = base64.urlsafe_b64decode(_proof(keys, message_id, f"{to.scheme}:{to.value}"))
    return message_id if hmac.compare_digest(given, expected) else None


def _proof(keys: Keys, message_id: int, address: str) -> str:
    made = hmac.new(keys.links, _SALT + f"{message_id}/{address}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:_PROOF_BYTES]).decode()


def _base36(number: int) -> str:
    written = ""
    while number:
        number, digit = divmod(number, 36)
        written = _DIGITS[digit] + written
    return written or "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Why somebody got a message: `consent`: the evidence in force (granted, wording, source, at), None without any."""

    message_id: int
    customer_id: int
    identity_id: int
    address: str
    channel: str
    purpose: str
    campaign: str
    subject: str
    language: str
    sent_at: datetime | None
    consent: Mapping[str, Any] | None
    unsubscribed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What leaving did: `already`: this address had left before; `cancelled`: how many messages no longer go out."""

    address: str
    already: bool = False
    cancelled: int = 0


def about(conn: Connection, message_id: int) -> About:
    """Returns why a message was sent to its address, for the page behind its link. Raises NotFound."""
    row = conn.execute(
        select(
            MessageRow.customer_id, MessageRow.identity_id, MessageRow.channel, MessageRow.purpose, MessageRow.content,
            MessageRow.sent_at, IdentityRow.scheme, IdentityRow.value, CampaignRow.title,
        )
        .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
        .outerjoin(RunRow, RunRow.id == MessageRow.run_id)
        .outerjoin(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .where(MessageRow.id == message_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(f"There is no message {message_id}.")
    address = f"{row.scheme}:{row.value}"
    said = row.content.get("rendered") or row.content
    return About(
        message_id=message_id,
        customer_id=row.customer_id,
        identity_id=row.identity_id,
        address=address,
        channel=row.channel,
        purpose=row.purpose,
        campaign=row.title or "",
        subject=str(said.get("subject", "")),
        language=str(said.get("language", "")),
        sent_at=row.sent_at,
        consent=consents.in_force(conn, [row.identity_id]).get((row.identity_id, PROMOTIONAL)),
        unsubscribed=_has_left(conn, address),
    )


def unsubscribe(
    conn: Connection,
    message_id: int,
    how: str,
    now: datetime,
    key: bytes,
    *,
    ip: str = "",
    user_agent: str = "",
) -> Done:
    """Ends promotions to the address that a message went to. `how`: in words, for the evidence; `key`: `Keys.consent`.

    Saying it again changes nothing. Raises NotFound.
    """
    told = about(conn, message_id)
    if told.unsubscribed:
        return Done(address=told.address, already=True)
    evidence = {
        "identity_id": told.identity_id,
        "purpose": PROMOTIONAL,
        "granted": False,
        "wording": f"unsubscribed from {told.campaign or told.subject or 'promotions'}"[:500],
        "source": how[:200],
        "language": told.language,
        "ip": ip,
        "user_agent": user_agent[:300],
        "at": now,
        "interaction_id": None,
    }
    consents.record(conn, [evidence], key)
    consents.suppress(conn, told.address, "withdrawn", now, purpose=PROMOTIONAL, detail=f"message {message_id}")
    cancelled = outbox.cancel_waiting(conn, told.identity_id, now, "consent_withdrawn", purposes=(PROMOTIONAL,))
    event = {
        "kind": "consent.withdrawn",
        "customer_id": told.customer_id,
        "interaction_id": None,
        "data": {"message": message_id, "how": how[:200], "purpose": PROMOTIONAL},
        "at": now,
    }
    jobs.emit(conn, [event])
    return Done(address=told.address, cancelled=len(cancelled))


def _has_left(conn: Connection, address: str) -> bool:
    return bool(
        conn.scalar(
            select(
                exists().where(
                    SuppressionRow.address == address,
                    SuppressionRow.lifted_at.is_(None),
                    SuppressionRow.purpose.in_(("", PROMOTIONAL)),
                    SuppressionRow.reason.in_(("withdrawn", "stop")),
                    SuppressionRow.channel == "",
                )
            )
        )
    )
