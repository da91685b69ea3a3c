"""What became of messages we sent: provider's news applied once each, in any order, before or after our own commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from hub.model.event import DeliveryStatus, StatusUpdate
from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.store.consents import suppress
from hub.store.outbox import cancel_waiting
from hub.store.question import Question, Rows, columns_of
from hub.store.tables import DeliveryEventRow, IdentityRow, MessageRow
from hub.store.tables.outbox import REFERRED_TO

_FIND = (
    select(
        MessageRow.id, MessageRow.identity_id, MessageRow.reference, MessageRow.rfc_message_id, MessageRow.delivery,
        MessageRow.channel,
        IdentityRow.scheme, IdentityRow.value,
    )
    .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
    .where(
        or_(
            MessageRow.id.in_(bindparam("ids", expanding=True)),
            MessageRow.reference.in_(bindparam("refs", expanding=True)) & REFERRED_TO,
            MessageRow.rfc_message_id.in_(bindparam("refs", expanding=True)),
        )
    )
)  # fmt: skip
# Mostly there is none; what there is is then read whole.
_UNCLAIMED = Question(
    columns_of(DeliveryEventRow.id),
    "delivery_event WHERE delivery_event.reference {among} AND delivery_event.message_id IS NULL",
    keys="TEXT",
)
_NEWS = Rows(DeliveryEventRow)
# What the hub writes by itself; an answer of staff is refused at its gate, which tells its writer.
_OWN = (Purpose.PROMOTIONAL.value, Purpose.REMINDER.value)
_RISE = update(MessageRow).where(MessageRow.id == bindparam("b_id")).values(delivery=bindparam("b_delivery"))


def apply_updates(conn: Connection, updates: Sequence[StatusUpdate]) -> list[int | None]:
    """Stores each piece of news once and applies it; returns the message each one is about, None where it must wait."""
    if not updates:
        return []
    targets = _find(conn, updates)
    messages = [_message_of(news, targets) for news in updates]
    new = _store_new(conn, updates, messages)
    rises: dict[int, DeliveryStatus] = {}
    for news, target in zip(updates, messages, strict=True):
        if (news.channel, news.external_id) in new:
            _suppress(conn, news, target)
            if target is not None:
                _rise(rises, target, news.status)
    _store_rises(conn, rises)
    return [target["id"] if target else None for target in messages]


def adopt(conn: Connection, accepted: Sequence[tuple[int, str]]) -> None:
    """Applies news that came before our own commit to the (message, reference) it was waiting for."""
    owners = {reference: message for message, reference in accepted if reference}
    if not owners:
        return
    waiting = _NEWS(conn, [number for (number,) in _UNCLAIMED(conn, sorted(owners))])
    if not waiting:
        return
    targets = {row.id: dict(row._mapping) for row in conn.execute(_FIND, {"ids": sorted(owners.values()), "refs": []})}
    rises: dict[int, DeliveryStatus] = {}
    for row in waiting:
        target = targets[owners[row["reference"]]]
        conn.execute(update(DeliveryEventRow).where(DeliveryEventRow.id == row["id"]).values(message_id=target["id"]))
        news = StatusUpdate(
            channel=row["channel"],
            external_id=row["key"],
            status=DeliveryStatus(row["status"]),
            code=row["code"],
            reason=row["reason"],
            diagnostic=row["detail"]["diagnostic"],
            hard=row["detail"]["hard"],
            recipient=_recipient(row["detail"]["recipient"]),
            opted_out=row["detail"]["opted_out"],
            occurred_at=row["at"],
        )
        _suppress(conn, news, target)
        _rise(rises, target, news.status)
    _store_rises(conn, rises)


def _find(conn: Connection, updates: Sequence[StatusUpdate]) -> dict[str, dict[str, Any]]:
    ids = sorted({number for news in updates if (number := _claimed(news.message)[0])})
    refs = sorted({news.reference for news in updates if news.reference})
    found: dict[str, dict[str, Any]] = {}
    for row in conn.execute(_FIND, {"ids": ids, "refs": refs}):
        target = dict(row._mapping)
        found[f"id {row.id}"] = target
        for reference in (row.reference, row.rfc_message_id):
            if reference:
                found[f"ref {reference}"] = target
                # A mail to several people has one Message-ID, and bounces from each of them apart.
                found[f"ref {reference} {row.scheme}:{row.value}"] = target
    return found


def _message_of(news: StatusUpdate, targets: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """A message named by its id: for a mail, whose news anybody can write, only with the local part of its Message-ID.

    A callback's id needs no proof, the provider's signature covers it. An id that proves nothing is not looked at.
    """
    number, proof = _claimed(news.message)
    named = targets.get(f"id {number}")
    if named is not None and proof == (_local_part(named) if named["scheme"] == "mailto" else ""):
        return named
    return targets.get(f"ref {news.reference} {news.recipient}") or targets.get(f"ref {news.reference}")


def _claimed(message: str) -> tuple[int, str]:
    """Reads `7`, or `7.proof` as our return path carries it; (0, "") where there is no id."""
    number, _, proof = message.partition(".")
    return (int(number), proof.lower()) if number.isdecimal() and len(number) < 19 else (0, "")


def _local_part(target: dict[str, Any]) -> str | None:
    local, at, _ = target["rfc_message_id"].lower().rpartition("@")
    return local if at and local else None


def _store_new(
    conn: Connection, updates: Sequence[StatusUpdate], messages: Sequence[dict[str, Any] | None]
) -> set[tuple[str, str]]:
    stored = select(DeliveryEventRow.channel, DeliveryEventRow.key).where(
        DeliveryEventRow.key.in_([news.external_id for news in updates])
    )
    known = {(row.channel, row.key) for row in conn.execute(stored)}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for news, target in zip(updates, messages, strict=True):
        key = (news.channel, news.external_id)
        if key in known or key in rows:
            continue
        rows[key] = {
            "channel": news.channel,
            "key": news.external_id,
            "message_id": target["id"] if target else None,
            "reference": news.reference,
            "status": news.status.value,
            "code": news.code,
            "reason": news.reason,
            "detail": {
                "diagnostic": news.diagnostic,
                "permanent": news.permanent,
                "hard": news.hard,
                "opted_out": news.opted_out,
                "recipient": str(news.recipient) if news.recipient else "",
            },
            "at": news.occurred_at,
        }
    if rows:
        conn.execute(DeliveryEventRow.__table__.insert(), list(rows.values()))
    return set(rows)


def _suppress(conn: Connection, news: StatusUpdate, target: dict[str, Any] | None) -> None:
    """Keeps us from writing to a dead address, to one that complained, or to one that said STOP to its provider.

    A bounce counts only with proof that we wrote to that address (or its message is ours): a forged bounce must not
    silence a customer, nor one of an address to which they forward their mail.
    """
    if target is None:
        return
    address = f"{target['scheme']}:{target['value']}"
    if target["scheme"] == "mailto" and news.recipient is not None and str(news.recipient) != address:
        return
    if news.opted_out:
        suppress(conn, address, "stop", news.occurred_at, channel=target["channel"], detail=news.code)
        cancel_waiting(conn, target["identity_id"], news.occurred_at, "stop", purposes=_OWN)
    if news.hard:
        suppress(conn, address, "bounce", news.occurred_at, detail=news.diagnostic[:500] or news.reason)
        cancel_waiting(conn, target["identity_id"], news.occurred_at, "suppressed_bounce", purposes=_OWN)
    if news.status is DeliveryStatus.COMPLAINED:
        suppress(conn, address, "complaint", news.occurred_at, purpose="promotional", detail=news.diagnostic[:500])
        cancel_waiting(conn, target["identity_id"], news.occurred_at, "suppressed_complaint", purposes=_OWN[:1])


def _recipient(written: str) -> Identity | None:
    scheme, colon, value = written.partition(":")
    return Identity(scheme, value) if colon else None


def _rise(rises: dict[int, DeliveryStatus], target: dict[str, Any], status: DeliveryStatus) -> None:
    current = rises.get(target["id"]) or (DeliveryStatus(target["delivery"]) if target["delivery"] else None)
    if current is None or status.rank > current.rank:
        rises[target["id"]] = status


def _store_rises(conn: Connection, rises: dict[int, DeliveryStatus]) -> None:
    if rises:
        conn.execute(_RISE, [{"b_id": message, "b_delivery": status.value} for message, status in rises.items()])
