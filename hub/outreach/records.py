"""Records that messages are about, as templates may show them: an offer's code, a purchase, a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.store import advice, calls_back, carts, enrolments, offer_codes, offers, purchases, record_days, wearing

Row = Mapping[str, Any]
_ADVICE, _CART = "advice.", "cart."
_LOAD: Mapping[str, tuple[str, Callable[[Connection, Sequence[int]], Mapping[int, Row]]]] = {
    offers.ABOUT: ("offer", offer_codes.by_id),
    record_days.PURCHASE: ("purchase", record_days.told_of),
    record_days.LAPSE: ("purchase", record_days.told_of),
    record_days.INQUIRY: ("inquiry", record_days.asked_about),
    calls_back.ABOUT: ("task", calls_back.told_of),
}


def records_of(
    conn: Connection, messages: Sequence[Mapping[str, Any]], faces: Iterable[Mapping[str, Any]]
) -> dict[int, dict[str, Row]]:
    """Returns the records of each message that has any, by the message's id and the name in templates.

    `faces`: of the templates that they are rendered from: what may be next for somebody is looked up only for these.
    """
    found: dict[int, dict[str, Row]] = {}
    for about, (name, load) in _LOAD.items():
        those = [one for one in messages if one["about"] == about]
        if those:
            rows = load(conn, sorted({one["about_id"] for one in those}))
            for one in those:
                if one["about_id"] in rows:
                    # A task is on a page whose address only its message knows.
                    found[one["id"]] = {name: {**rows[one["about_id"]], "url": one["content"].get("url", "")}}
    said = [str(words) for each in faces for words in each.values()]
    those = [one for one in messages if one["about"] == enrolments.ABOUT]
    if those and any(_CART in words for words in said):
        left = carts.of_enrolments(conn, [one["about_id"] for one in those])
        for one in those:
            if one["about_id"] in left:
                found[one["id"]] = {"cart": left[one["about_id"]]}
    if any(_ADVICE in words for words in said):
        # By the time when they are due, which is about now.
        now = max(one["due_at"] for one in messages)
        advised = _advice(conn, sorted({one["customer_id"] for one in messages}), now)
        for one in messages:
            if one["customer_id"] in advised:
                found.setdefault(one["id"], {})["advice"] = advised[one["customer_id"]]
    return found


def _advice(conn: Connection, customers: Sequence[int], now: datetime) -> Mapping[int, Row]:
    told: dict[int, dict[str, Any]] = {}
    for customer, [first, *_] in advice.next_for(conn, customers, now, limit=1).items():
        told[customer] = {"next": first.name, "because": first.bought_name}
    for worn in wearing.worn(conn, customers, now):
        told.setdefault(worn.customer_id, {}).setdefault("successor", worn.successor)
        told[worn.customer_id].setdefault("worn", worn.name)
    return told


def own_of(conn: Connection, customer_id: int, now: datetime) -> dict[str, Row]:
    """Returns what there is of a customer's own, for a preview: their newest code, purchase and cart, advice."""
    found: dict[str, Row] = {}
    if codes := offer_codes.of_customer(conn, customer_id, limit=1):
        found["offer"] = codes[0]
    if bought := purchases.of(conn, customer_id, 1):
        found["purchase"] = record_days.told_of(conn, [bought[0].id])[bought[0].id]
    if cart := carts.newest_of(conn, customer_id):
        found["cart"] = cart
    # Nothing is made up for somebody real: without evidence there is no advice.
    found["advice"] = _advice(conn, [customer_id], now).get(customer_id, {})
    return found


def sample_of(conn: Connection, campaign: Mapping[str, Any]) -> dict[str, Row]:
    """Returns the offer that a campaign's variable `offer` names, with a code that is nobody's; none without one."""
    name = str(campaign.get("offer", ""))
    if not name:
        return {}
    try:
        offer = offers.named(conn, name)
    except NotFound:
        return {}
    prefix = f"{offer['prefix']}-" if offer["prefix"] else ""
    return {"offer": {**offer, "code": f"{prefix}?????-?????", "expires_at": None}}
