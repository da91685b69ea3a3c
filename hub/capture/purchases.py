"""Purchases in: each becomes an entry of its buyer's history, once, and is corrected when it is told again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.model.contact import InboundContact, Medium, Party, Trust
from hub.model.errors import HubError, Refused
from hub.model.identity import Identity
from hub.model.purchase import STANDS, Line, Purchase, Told, check_purchase
from hub.store import interactions, jobs, offer_codes, purchases
from hub.store.customers import add_identity, find_identities, require
from hub.store.purchases import Stored
from hub.store.tables import IdentityRow

CHANNEL = "purchases"
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one purchase: created, changed, unchanged or refused; `field` names what was wrong.

    One that was taken has a reason where the code that it names could not be redeemed.
    """

    outcome: str
    id: int | None = None
    customer_id: int | None = None
    reason: str = ""
    field: str = ""


class Purchases:
    """Takes purchases in. A buyer is found as capture finds anybody: an exact identity decides."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def __call__(self, conn: Connection, told: Sequence[Told], now: datetime) -> list[Outcome]:
        """Records purchases in order; returns one outcome each. One that cannot be never stops the next.

        They are taken together in a few statements; where that fails, one by one.
        """
        try:
            with conn.begin_nested():
                return self._all(conn, told, now)
        except (HubError, IntegrityError):
            return [self._one(conn, each, now) for each in told]

    def _one(self, conn: Connection, told: Told, now: datetime) -> Outcome:
        try:
            with conn.begin_nested():
                return self._all(conn, [told], now)[0]
        except HubError as error:
            where = error.field if isinstance(error, Refused) else "customer_id"
            return Outcome(outcome="refused", reason=error.message, field=where)
        except IntegrityError:
            return Outcome(outcome="refused", reason="Somebody else is telling this purchase; tell it once more.")

    def _all(self, conn: Connection, told: Sequence[Told], now: datetime) -> list[Outcome]:
        for each in told:
            check_purchase(each.purchase)
        told = [replace(each, purchase=_as_kept(each.purchase)) for each in told]
        here = purchases.known(conn, (each.purchase.key for each in told))
        first = {each.purchase.key: each for each in reversed(told) if each.purchase.key not in here}
        entries = self._enter(conn, list(first.values()), now)
        owners = {key: (known.customer_id, known.interaction_id) for key, known in here.items()} | entries
        results: dict[int, Outcome] = {}
        for group in _rounds(told):
            rows = [(each.purchase, *owners[each.purchase.key]) for each in group]
            for each, done in zip(group, purchases.record(conn, rows, now), strict=True):
                customer, entry = owners[each.purchase.key]
                results[id(each)] = Outcome(outcome=done.outcome, id=done.id, customer_id=customer)
                if done.outcome == "changed" and done.before and entry is not None:
                    interactions.learn(conn, [_correction(done.before, entry, each.purchase, now)])
        outcomes = [_redeemed(conn, each, results[id(each)]) for each in told]
        self._tell(conn, outcomes, now)
        _make_customers(conn, [each.purchase for each in told], owners, now)
        return outcomes

    def _enter(
        self, conn: Connection, told: Sequence[Told], now: datetime
    ) -> dict[tuple[str, str], tuple[int, int | None]]:
        """Makes an entry of each new purchase; returns its customer and its interaction."""
        if not told:
            return {}
        buyers = _buyers(conn, told, now)
        captured = self._capture(conn, [_incoming(each, buyer, now) for each, buyer in zip(told, buyers, strict=True)])
        entered = [each.interaction for each in captured]
        owners = purchases.customers_of(conn, [entry for entry in entered if entry is not None])
        found: dict[tuple[str, str], tuple[int, int | None]] = {}
        for each, entry in zip(told, entered, strict=True):
            if entry is None or entry not in owners:
                raise Refused("The purchase could not be entered into the history; tell it once more.")
            found[each.purchase.key] = owners[entry], entry
        return found

    def _tell(self, conn: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
        jobs.emit(
            conn,
            [
                {
                    "kind": "purchase.recorded" if each.outcome == "created" else "purchase.changed",
                    "customer_id": each.customer_id,
                    "interaction_id": None,
                    "data": {"purchase": each.id},
                    "at": now,
                }
                for each in outcomes
                if each.outcome in ("created", "changed")
            ],
        )


def _make_customers(
    conn: Connection, told: Sequence[Purchase], owners: Mapping[tuple[str, str], tuple[int, int | None]], now: datetime
) -> None:
    """Who buys is no prospect any more; the entry of the purchase keeps that it was by this one."""
    bought = {owners[each.key][0]: owners[each.key][1] for each in reversed(told) if each.state in STANDS}
    made = sorted(purchases.make_customers(conn, bought)) if bought else []
    learnt = [
        {
            "interaction_id": entry,
            "channel": CHANNEL,
            "key": f"customer/{customer}/{now.isoformat()}",
            "kind": "customer.relationship",
            "data": {"relationship": ["prospect", "customer"]},
            "at": now,
        }
        for customer in made
        if (entry := bought[customer]) is not None
    ]
    interactions.learn(conn, learnt)
    event = {"kind": "customer.changed", "data": {"fields": ["relationship"]}, "at": now}
    jobs.emit(conn, [{**event, "customer_id": customer, "interaction_id": bought[customer]} for customer in made])


def _redeemed(conn: Connection, told: Told, outcome: Outcome) -> Outcome:
    """Redeems the code that a purchase names; one that cannot be is told, and the purchase stands without it."""
    if not told.code or outcome.id is None or told.purchase.state not in STANDS:
        return outcome
    bought = (outcome.id, outcome.customer_id or 0)
    try:
        with conn.begin_nested():
            offer_codes.redeem(conn, told.code, told.purchase.bought_at, f"purchase {outcome.id}", purchase=bought)
    except HubError as error:
        return replace(outcome, reason=error.message, field="code")
    return outcome


def _rounds(told: Sequence[Told]) -> list[list[Told]]:
    """Returns them in groups in which no purchase is told twice; what is told later is in a later group."""
    groups: list[dict[tuple[str, str], Told]] = []
    for each in told:
        group = next((group for group in groups if each.purchase.key not in group), None)
        if group is None:
            groups.append(group := {})
        group[each.purchase.key] = each
    return [list(group.values()) for group in groups]


def _as_kept(purchase: Purchase) -> Purchase:
    """Returns a purchase as the store keeps it, to the millisecond, so that the same again is no change."""
    at = purchase.bought_at
    return replace(purchase, bought_at=at.replace(microsecond=at.microsecond // 1000 * 1000))


def _buyers(conn: Connection, told: Sequence[Told], now: datetime) -> list[Identity]:
    """Returns the identity by which each purchase is its buyer's: of several the first that somebody holds."""
    held = find_identities(conn, (identity for each in told for identity in each.buyer))
    chosen = []
    for each in told:
        if each.customer_id is not None:
            chosen.append(_own_identity(conn, each.customer_id, now))
        elif each.buyer:
            chosen.append(next((identity for identity in each.buyer if identity in held), each.buyer[0]))
        else:
            raise Refused("The purchase does not say who bought.", field="customer")
    return chosen


def _own_identity(conn: Connection, customer_id: int, now: datetime) -> Identity:
    require(conn, customer_id)
    row = conn.execute(
        select(IdentityRow.scheme, IdentityRow.value)
        .where(IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None))
        .order_by(IdentityRow.id)
        .limit(1)
    ).one_or_none()
    if row is not None:
        return Identity(row.scheme, row.value)
    identity = Identity("hub", str(customer_id))
    add_identity(conn, customer_id, identity, now)
    return identity


def _incoming(told: Told, buyer: Identity, now: datetime) -> Incoming:
    purchase = told.purchase
    key = f"purchase:{orjson.dumps([purchase.source, purchase.external_id]).decode()}"
    contact = InboundContact(
        channel=CHANNEL,
        medium=Medium.PURCHASE,
        external_id=purchase.external_id,
        sender=Party(buyer, told.name),
        claims=tuple(Party(identity) for identity in told.buyer if identity != buyer),
        trust=Trust.SIGNED,
        text=_words(purchase),
        content_key=key,
        source=purchase.source,
        occurred_at=purchase.bought_at,
        received_at=now,
    )
    return Incoming(
        channel=CHANNEL,
        key=key,
        received_at=now,
        events=(contact,),
        files=((None,),),
        raw=orjson.dumps(asdict(told), default=_written),
        content_type="application/json",
    )


def _words(purchase: Purchase) -> str:
    """Returns the purchase in words, for the search and for who reads the history elsewhere."""
    lines = [_line(line) for line in purchase.lines[:_SHOWN]]
    if len(purchase.lines) > _SHOWN:
        lines.append("…")
    return "\n".join([f"{purchase.amount:f} {purchase.currency}", *lines, *([purchase.note] if purchase.note else [])])


def _line(line: Line) -> str:
    # Ten-thousandths come back as 2.0000: only what says something is written.
    often = f"{line.quantity.normalize():f} × " if line.quantity != 1 else ""
    return f"{often}{line.name}{f' ({line.sku})' if line.sku else ''}"


def _correction(known: Stored, interaction: int, purchase: Purchase, now: datetime) -> dict[str, Any]:
    before, after = known.purchase, purchase
    changed = {
        name: [_written(getattr(before, name)), _written(getattr(after, name))]
        for name in ("bought_at", "amount", "currency", "state", "note")
        if getattr(before, name) != getattr(after, name)
    }
    return {
        "interaction_id": interaction,
        "channel": CHANNEL,
        "key": f"{known.id}/{known.changed_at.isoformat()}/{now.isoformat()}",
        "kind": "purchase.changed",
        "data": {**changed, **({"lines": len(after.lines)} if before.lines != after.lines else {})},
        "at": now,
    }


def _written(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
