"""Seeing: loads what the gates look at, for a batch of messages, in the transaction that decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection

from hub.model.bases import Basis
from hub.model.campaign import RunState
from hub.model.matter import Matter
from hub.model.outbound import CALLS, Purpose
from hub.outreach import frequency, reach
from hub.outreach.asking_lists import Listing
from hub.outreach.children import child_in, may_be_child
from hub.outreach.gates import OF_A_DAY, Event, Seen
from hub.outreach.house import CALL, House, Lane
from hub.outreach.numbers import Number, number_of, where_is
from hub.outreach.promotional import counting
from hub.outreach.quiet_hours import Rulebook, Where
from hub.outreach.text_limits import Spending, last_heard, spending
from hub.outreach.warming import Warming, warming
from hub.outreach.what_stands import events
from hub.store import limits, matters, runs
from hub.store.dispatching import kill_switch, pauses
from hub.store.limits import Held
from hub.store.new_life import promotions_held
from hub.store.question import Question, columns_of
from hub.store.recipients import Against, Said, newest_words, speaks_against
from hub.store.rests import resting
from hub.store.tables import CustomerRow, IdentityRow

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


_NO_NUMBER = Number()


def load(
    conn: Connection,
    messages: Sequence[Mapping[str, Any]],
    now: datetime,
    house: House,
    rulebook: Rulebook,
    *,
    lock: bool = False,
) -> dict[int, Seen]:
    """Returns what the gates are to look at for each message, by its id.

    `lock`: to send by it: runs do not stop and nobody else writes to a capped address until the transaction ends.
    """
    found = Found.about(conn, messages, now, house, rulebook, lock=lock)
    return {message["id"]: found.seen(message, now) for message in messages}


def load_ahead(
    conn: Connection, messages: Sequence[Mapping[str, Any]], now: datetime, house: House, rulebook: Rulebook
) -> dict[int, Seen]:
    """Returns the same of messages of a run that does not exist yet, each as it will be found when it is due.

    Those between whom no gate can tell share what is seen of the first of them, its address too: of an audience most.
    """
    found = Found.about(conn, messages, now, house, rulebook)
    alike: dict[tuple[Any, ...], Seen] = {}
    seen: dict[int, Seen] = {}
    for message in messages:
        likeness = found.likeness(message)
        known = alike.get(likeness) if likeness is not None else None
        if known is None:
            known = found.seen(message, message["due_at"], has_run=False)
            if likeness is not None:
                alike[likeness] = known
        seen[message["id"]] = known
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a batch of messages is decided by, as the database has it at this moment, by identity where nothing else
    is said; `matters` and `limits`: by customer, `events`: by message, `stands`: by run, `paused`, `spending` and
    `warming`: by channel.
    """

    house: House
    rulebook: Rulebook
    people: Mapping[int, Mapping[str, Any]]
    against: Mapping[str, Sequence[Against]]
    agreed: Mapping[tuple[int, str], Said]
    stands: Mapping[int, str]
    promotions_held: str
    matters: Mapping[int, tuple[Matter, ...]]
    sent: Mapping[tuple[int, str, str], Sequence[datetime]]
    events: Mapping[int, Event]
    heard: Mapping[int, datetime]
    spending: Mapping[str, Spending]
    warming: Mapping[str, Warming]
    rests: Mapping[int, datetime]
    limits: Mapping[int, Sequence[Held]]
    listed: Listing
    kill_switch: str
    paused: Mapping[str, str]

    @classmethod
    def about(
        cls,
        conn: Connection,
        messages: Sequence[Mapping[str, Any]],
        now: datetime,
        house: House,
        rulebook: Rulebook,
        *,
        lock: bool = False,
    ) -> Found:
        """Loads it for a batch; `lock`: see `load`."""
        people = _people(conn, {message["identity_id"] for message in messages})
        promotions = sorted({one["identity_id"] for one in messages if one["purpose"] == Purpose.PROMOTIONAL})
        called = {one["identity_id"] for one in messages if one["content"].get("medium") == CALL}
        channels = sorted({message["channel"] for message in messages})
        runs_of = [one["run_id"] for one in messages if one["run_id"] is not None]
        return cls(
            house=house,
            rulebook=rulebook,
            people=people,
            against=speaks_against(conn, sorted({_address(person) for person in people.values()}), house.keys),
            agreed=newest_words(conn, sorted({*promotions, *called})),
            stands=runs.how_they_stand(conn, runs_of, lock=lock),
            promotions_held=promotions_held(conn) if promotions else "",
            matters=matters.open_with(conn, sorted({people[one]["customer_id"] for one in promotions})),
            sent=_sent(conn, messages, now, house, lock=lock),
            events=events(conn, messages),
            heard=last_heard(conn, {one for one, person in people.items() if person["scheme"] == "whatsapp"}),
            spending=spending(conn, house.lanes, channels, now, house.time_zone),
            warming=warming(conn, house.lanes, channels, now, house.time_zone),
            rests=resting(conn, promotions, now),
            limits=limits.in_force(
                conn, sorted({person["customer_id"] for person in people.values() if person["limits"]})
            ),
            listed=Listing.of(conn, house.keys, rulebook, messages, people, now),
            kill_switch=kill_switch(conn),
            paused=pauses(conn, channels, now).in_force,
        )

    def seen(self, message: Mapping[str, Any], at: datetime, *, has_run: bool = True) -> Seen:
        """Returns what the gates are to look at for a message at a moment; `has_run`: its run, if any, exists."""
        house, rulebook, today = self.house, self.rulebook, at.date()
        person = self.people[message["identity_id"]]
        address, number = _address(person), _number(person)
        lane = house.lanes.get(message["channel"]) or Lane(name=message["channel"], schemes=())
        promotional = message["purpose"] == Purpose.PROMOTIONAL
        cap = lane.caps.get(message["purpose"])
        lately = self.sent.get((message["identity_id"], message["purpose"], message["channel"]), ())
        spoken = message["content"].get("medium") == CALL
        keeps_hours = spoken or promotional or message["about"] in OF_A_DAY
        kind = message["content"].get("kind", "")
        where = where_is(person, number) if keeps_hours or cap or kind else Where()
        starts_at = message["content"].get("starts_at")
        consent = reach.consent(self.agreed.get((message["identity_id"], CALLS if spoken else message["purpose"])))
        medium = "email" if person["scheme"] == "mailto" else "sms"
        run = message["run_id"] if has_run else None
        return Seen(
            now=at,
            purpose=message["purpose"],
            channel=message["channel"],
            expires_at=message["expires_at"],
            address=address,
            address_closed_at=person["closed_at"],
            address_confirmed=person["confirmed_at"] is not None,
            kill_switch=self.kill_switch,
            paused_why=self.paused.get(message["channel"]),
            heard_by=lane.heard_by or frozenset({message["channel"]}),
            suppressions=reach.suppressions(self.against[address]) if address in self.against else (),
            consent=consent,
            limits=tuple(self.limits.get(person["customer_id"], ())) if self.limits else (),
            child_in=child_in(rulebook.ages, person["birthday"], where.countries, today) if promotional else "",
            existing=(
                rulebook.existing_allowed(where.countries, medium, today)
                if consent is not None and consent.basis == Basis.EXISTING_CUSTOMER
                else None
            ),
            on_list=self.listed.about(person["value"], "call" if spoken else medium, where.countries),
            called=spoken,
            call_consent_asked_in=rulebook.call_consent_asked_in(where, today) if spoken else "",
            kind=kind,
            counted=counting(rulebook.counts, kind, where, today) if kind else None,
            about=message["about"],
            about_revision=message["about_revision"],
            about_starts_at=datetime.fromisoformat(starts_at) if starts_at else None,
            heard_at=self.heard.get(message["identity_id"]),
            spending=self.spending.get(message["channel"]),
            warming=self.warming.get(message["channel"]),
            resting_until=self.rests.get(message["identity_id"]),
            event=self.events.get(message["id"]),
            country=number.country or person["country"],
            premium_rate=number.premium_rate,
            countries=lane.countries,
            windows=rulebook.windows(where, house.time_zone, today) if keeps_hours else (),
            run_state="" if run is None else self.stands.get(run, RunState.CANCELLED),
            promotions_held=self.promotions_held if promotional else "",
            matters=self.matters.get(person["customer_id"], ()) if promotional else (),
            periods=frequency.periods(cap, lately, where.zones or {house.time_zone}, at) if cap else (),
        )

    def likeness(self, message: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Returns what decides for a message, the same for all between whom no gate can tell; None for one of whom
        something of their own is known.
        """
        identity = message["identity_id"]
        person = self.people[identity]
        if (
            message["about"]
            or person["limits"]
            or may_be_child(person["birthday"], message["due_at"].date())
            or person["closed_at"] is not None
            or person["customer_id"] in self.matters
            or identity in self.rests
            or identity in self.heard
            or (identity, message["purpose"], message["channel"]) in self.sent
            or _address(person) in self.against
            or person["value"] in self.listed.named
        ):
            return None
        spoken = message["content"].get("medium") == CALL
        said = self.agreed.get((identity, CALLS if spoken else message["purpose"]))
        return (
            message["channel"],
            message["purpose"],
            message["due_at"],
            message["expires_at"],
            message["content"].get("kind"),
            spoken,
            said and (said.granted, said.basis),
            person["confirmed_at"] is None,
            person["scheme"],
            person["time_zone"],
            person["country"],
            str((person["facts"] or {}).get("state", "")),
            _number(person),
        )


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


def _number(person: Mapping[str, Any]) -> Number:
    return number_of(person["value"]) if person["scheme"] in ("tel", "whatsapp") else _NO_NUMBER


def _address(person: Mapping[str, Any]) -> str:
    return f"{person['scheme']}:{person['value']}"
