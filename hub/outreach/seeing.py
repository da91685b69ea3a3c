"""Seeing: loads what the gates look at, for a batch of messages, in the transaction that decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import phonenumbers
from sqlalchemy import BigInteger, Connection

from hub.model import phone
from hub.model.bases import Basis
from hub.model.campaign import RunState
from hub.model.errors import Unreadable
from hub.model.outbound import CALLS, Purpose
from hub.outreach import frequency
from hub.outreach.asking_lists import Listing
from hub.outreach.children import child_in
from hub.outreach.gates import OF_A_DAY, Consent, Seen, Suppression
from hub.outreach.house import CALL, House, Lane
from hub.outreach.promotional import counting
from hub.outreach.quiet_hours import Rulebook, Where, whereabouts
from hub.outreach.text_limits import last_heard, spending
from hub.outreach.warming import warming
from hub.outreach.what_stands import events
from hub.store import limits, matters, runs
from hub.store.dispatching import kill_switch, pauses
from hub.store.new_life import promotions_held
from hub.store.question import Question, columns_of
from hub.store.recipients import Against, Said, newest_words, speaks_against
from hub.store.rests import resting
from hub.store.tables import CustomerRow, IdentityRow
from hub.store.tables.base import moment

_PERSON = (
    IdentityRow.id, IdentityRow.customer_id, IdentityRow.scheme, IdentityRow.value, IdentityRow.closed_at,
    IdentityRow.confirmed_at, CustomerRow.time_zone, CustomerRow.country, CustomerRow.facts, CustomerRow.birthday,
)  # fmt: skip
_LIMITED = (
    "(SELECT count(*) FROM customer_limit WHERE customer_limit.customer_id = customer.id"
    " AND customer_limit.lifted_at IS NULL)"
)
_PEOPLE = Question(
    columns_of(*_PERSON) | {_LIMITED: BigInteger()},
    "identity JOIN customer ON customer.id = identity.customer_id WHERE identity.id {among}",
)
_NAMES = (*(each.key for each in _PERSON), "limits")


@dataclass(frozen=True, slots=True)
class Number:
    """What a phone number says of itself."""

    country: str = ""
    zones: tuple[str, ...] = ()
    premium_rate: bool = False


def load(
    conn: Connection,
    messages: Sequence[Mapping[str, Any]],
    now: datetime,
    house: House,
    rulebook: Rulebook,
    *,
    lock: bool = False,
    ahead: bool = False,
) -> dict[int, Seen]:
    """Returns what the gates are to look at for each message, by its id.

    `lock`: to send by it: runs do not stop and nobody else writes to a capped address until the transaction ends.
    `ahead`: each as it will be found when it is due, of a run that does not exist yet.
    """
    people = _people(conn, {message["identity_id"] for message in messages})
    addresses = {message["id"]: _address(people[message["identity_id"]]) for message in messages}
    against = speaks_against(conn, sorted(set(addresses.values())), house.keys)
    promotions = sorted({one["identity_id"] for one in messages if one["purpose"] == Purpose.PROMOTIONAL})
    called = {one["identity_id"] for one in messages if one["content"].get("medium") == CALL}
    agreed = newest_words(conn, sorted({*promotions, *called}))
    stands = runs.how_they_stand(conn, [one["run_id"] for one in messages if one["run_id"] is not None], lock=lock)
    held = promotions_held(conn) if promotions else ""
    open_matters = matters.open_with(conn, sorted({people[one]["customer_id"] for one in promotions}))
    sent = _sent(conn, messages, now, house, lock=lock)
    stands_now = events(conn, messages)
    whatsapp = {one for one, person in people.items() if person["scheme"] == "whatsapp"}
    heard = last_heard(conn, whatsapp)
    money = spending(conn, house.lanes, sorted({one["channel"] for one in messages}), now, house.time_zone)
    warm = warming(conn, house.lanes, sorted({one["channel"] for one in messages}), now, house.time_zone)
    rests = resting(conn, promotions, now)
    held_to = limits.in_force(conn, sorted({person["customer_id"] for person in people.values() if person["limits"]}))
    listed = Listing.of(conn, house.keys, rulebook, messages, people, now)
    stopped = kill_switch(conn)
    paused = pauses(conn, sorted({message["channel"] for message in messages}), now)
    seen: dict[int, Seen] = {}
    for message in messages:
        person, address = people[message["identity_id"]], addresses[message["id"]]
        lane = house.lanes.get(message["channel"]) or Lane(name=message["channel"], schemes=())
        number = number_of(person["value"]) if person["scheme"] in ("tel", "whatsapp") else Number()
        promotional = message["purpose"] == Purpose.PROMOTIONAL
        cap = lane.caps.get(message["purpose"])
        lately = sent.get((message["identity_id"], message["purpose"], message["channel"]), ())
        spoken = message["content"].get("medium") == CALL
        keeps_hours = spoken or promotional or message["about"] in OF_A_DAY
        kind = message["content"].get("kind", "")
        where = where_is(person, number) if keeps_hours or cap or kind else Where()
        starts_at = message["content"].get("starts_at")
        consent = _consent(agreed.get((message["identity_id"], CALLS if spoken else message["purpose"])))
        medium = "email" if person["scheme"] == "mailto" else "sms"
        seen[message["id"]] = Seen(
            now=message["due_at"] if ahead else now,
            purpose=message["purpose"],
            channel=message["channel"],
            expires_at=message["expires_at"],
            address=address,
            address_closed_at=person["closed_at"],
            address_confirmed=person["confirmed_at"] is not None,
            kill_switch=stopped,
            paused_why=paused.in_force.get(message["channel"]),
            heard_by=lane.heard_by or frozenset({message["channel"]}),
            suppressions=_suppressions(against[address]) if address in against else (),
            consent=consent,
            limits=tuple(held_to.get(person["customer_id"], ())) if held_to else (),
            child_in=(child_in(rulebook.ages, person["birthday"], where.countries, now.date()) if promotional else ""),
            existing=(
                rulebook.existing_allowed(where.countries, medium, now.date())
                if consent is not None and consent.basis == Basis.EXISTING_CUSTOMER
                else None
            ),
            on_list=listed.about(person["value"], "call" if spoken else medium, where.countries),
            called=spoken,
            call_consent_asked_in=rulebook.call_consent_asked_in(where, now.date()) if spoken else "",
            kind=kind,
            counted=counting(rulebook.counts, kind, where, now.date()) if kind else None,
            about=message["about"],
            about_revision=message["about_revision"],
            about_starts_at=datetime.fromisoformat(starts_at) if starts_at else None,
            heard_at=heard.get(message["identity_id"]),
            spending=money.get(message["channel"]),
            warming=warm.get(message["channel"]),
            resting_until=rests.get(message["identity_id"]),
            event=stands_now.get(message["id"]),
            country=number.country or person["country"],
            premium_rate=number.premium_rate,
            countries=lane.countries,
            windows=rulebook.windows(where, house.time_zone, now.date()) if keeps_hours else (),
            run_state=("" if ahead or message["run_id"] is None else stands.get(message["run_id"], RunState.CANCELLED)),
            promotions_held=held if promotional else "",
            matters=open_matters.get(person["customer_id"], ()) if promotional else (),
            periods=frequency.periods(cap, lately, where.zones or {house.time_zone}, now) if cap else (),
        )
    return seen


def _sent(
    conn: Connection, messages: Sequence[Mapping[str, Any]], now: datetime, house: House, *, lock: bool
) -> dict[tuple[int, str, str], list[datetime]]:
    capped = {
        message["identity_id"]
        for message in messages
        if message["channel"] in house.lanes and message["purpose"] in house.lanes[message["channel"]].caps
    }
    if lock:
        frequency.lock(conn, capped)
    return frequency.sent_to(conn, capped, now)


def _people(conn: Connection, identities: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    return {row[0]: dict(zip(_NAMES, row, strict=True)) for row in _PEOPLE(conn, sorted(set(identities)))}


def _address(person: Mapping[str, Any]) -> str:
    return f"{person['scheme']}:{person['value']}"


def _suppressions(rows: Iterable[Against]) -> tuple[Suppression, ...]:
    return tuple(
        Suppression(purpose=row.purpose, channel=row.channel, reason=row.reason, since=moment(row.at)) for row in rows
    )


def _consent(row: Said | None) -> Consent | None:
    return Consent(granted=row.granted, at=moment(row.at), source=row.source, basis=row.basis) if row else None


def where_is(person: Mapping[str, Any], number: Number) -> Where:
    """Returns where a customer may be, by what they stated, their address and their number."""
    return whereabouts(
        stated_zone=person["time_zone"],
        countries=(person["country"], number.country),
        state=str((person["facts"] or {}).get("state", "")),
        phone_zones=number.zones,
    )


@lru_cache(maxsize=65_536)
def number_of(value: str) -> Number:
    """Returns what a phone number says; nothing for one that cannot be read."""
    try:
        parsed = phone.read_phone(value)
    except Unreadable:
        return Number()
    premium = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE
    return Number(phone.region_of(parsed) or "", tuple(phone.time_zones(parsed)), premium)
