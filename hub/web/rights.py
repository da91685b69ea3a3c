"""Requests of persons, as pages and API take them: with the deadline that the rulebook sets where the person is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.desk import breaches, rights
from hub.desk.breaches import Facts
from hub.model.errors import Refused
from hub.model.person_request import RequestKind
from hub.outreach.deadlines import Deadline, shortest
from hub.outreach.quiet_hours import Rulebook
from hub.store import person_requests
from hub.store.audit import Actor
from hub.store.limits import Limit


def ask(
    conn: Connection,
    kind: str,
    by: Actor,
    rulebook: Rulebook,
    *,
    evidence: str,
    customer_id: int | None = None,
    who: str = "",
    checked: str = "",
    asked_at: datetime | None = None,
) -> int:
    """Notes a request; returns it. Raises NotFound and Refused."""
    asked = asked_at or by.at
    deadline = _deadline(conn, rulebook, customer_id, asked)
    return rights.ask(
        conn,
        kind_of(kind),
        by,
        asked + deadline.within,
        evidence=evidence,
        customer_id=customer_id,
        who=who,
        checked=checked,
        asked_at=asked,
    )


def extend(conn: Connection, request_id: int, why: str, by: Actor, rulebook: Rulebook) -> datetime:
    """Makes a deadline longer by what the law allows; returns the new one. Raises NotFound and Refused."""
    row = person_requests.get(conn, request_id)
    return rights.extend(conn, request_id, why, _deadline(conn, rulebook, row["customer_id"], row["asked_at"]).more, by)


def breach(conn: Connection, facts: Facts, noticed_at: datetime | None, region: str, by: Actor, book: Rulebook) -> int:
    """Notes a breach, to be told in the time that the law of the business's country gives. Raises Refused."""
    noticed = noticed_at or by.at
    deadline = shortest(book.breaches, frozenset({region}), noticed.date())
    return breaches.note(conn, facts, noticed, noticed + deadline.within, by)


def kind_of(written: str) -> RequestKind:
    """Returns a kind of request by its name. Raises Refused."""
    if written not in set(RequestKind):
        raise Refused(f"{written[:40]!r} is nothing to ask for.", field="kind", next_step=", ".join(RequestKind))
    return RequestKind(written)


def limit_of(written: str) -> Limit:
    """Returns a limit by its name. Raises Refused."""
    if written not in set(Limit):
        raise Refused(f"{written[:40]!r} is no limit.", field="kind", next_step=", ".join(Limit))
    return Limit(written)


def _deadline(conn: Connection, rulebook: Rulebook, customer_id: int | None, at: datetime) -> Deadline:
    return shortest(rulebook.requests, person_requests.country_of(conn, customer_id), at.date())
