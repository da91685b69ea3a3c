"""Unsubscribing: the token behind the link of every promotion, and what following it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select

from hub.model.errors import NotFound
from hub.model.outbound import Purpose
from hub.store import clicks, consents, jobs, outbox, rests
from hub.store.keys import Keys
from hub.store.message_links import Links
from hub.store.tables import CampaignRow, CustomerRow, IdentityRow, MessageRow, RunRow, SuppressionRow

PROMOTIONAL = Purpose.PROMOTIONAL.value
# Another message under the same key, or a later form of the token, is never mistaken for this one.
_LINKS = Links("1", b"unsubscribe/1/")


def token(keys: Keys, message_id: int, address: str) -> str:
    """Returns what stands behind /u/ (see hub.store.message_links).

    It never expires: who was written to may leave for as long as the mail is kept.
    """
    return _LINKS.token(keys, message_id, address)


def read(conn: Connection, keys: Keys, token: str) -> int | None:
    """Returns the message of a token, None for one that the hub never made or whose message went to somebody else."""
    return _LINKS.read(conn, keys, token)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Why somebody got a message: `consent`: the evidence in force (granted, wording, source, at), None without any.

    `rests_until`: they asked for no promotions until then; `speaks`: the language that the customer is written to in;
    `counts_clicks`: links of the message lead by way of the hub.
    """

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
    rests_until: datetime | None = None
    speaks: str = ""
    counts_clicks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What leaving did: `already`: this address had left before; `cancelled`: how many messages no longer go out."""

    address: str
    already: bool = False
    cancelled: int = 0


def about(conn: Connection, message_id: int, now: datetime | None = None) -> About:
    """Returns why a message was sent to its address, for the page behind its link. Raises NotFound.

    `now`: to tell whether the address rests.
    """
    row = conn.execute(
        select(
            MessageRow.customer_id, MessageRow.identity_id, MessageRow.channel, MessageRow.purpose, MessageRow.content,
            MessageRow.sent_at, IdentityRow.scheme, IdentityRow.value, CampaignRow.title,
            CustomerRow.language.label("speaks"),
        )
        .join(CustomerRow, CustomerRow.id == MessageRow.customer_id)
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
        rests_until=rests.resting(conn, [row.identity_id], now).get(row.identity_id) if now else None,
        speaks=row.speaks or "",
        counts_clicks=clicks.FOLLOWED in row.content,
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
