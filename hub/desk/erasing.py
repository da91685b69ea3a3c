"""Erasing a customer: looked at first, confirmed by their name, done at once and noted without a word of theirs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from hub.desk import rights
from hub.model.errors import Refused
from hub.model.person_request import RequestKind
from hub.store import audit
from hub.store.appointments import TO_COME
from hub.store.audit import Actor
from hub.store.erasing import again
from hub.store.erasing.copying import copy_of
from hub.store.erasing.erase import erase, foretold
from hub.store.erasing.person import Person, person_of
from hub.store.keys import Keys
from hub.store.tables import AppointmentRow, BackupRow, ConversationRow, CustomerRow, ErasureRow, PurchaseRow, TaskRow

# Why somebody is erased, as the log keeps it: words of a person would outlast them there.
REASONS = ("asked", "no_longer_needed", "deceased", "by_mistake")
# What is asked for with one click on the customer's page; the register takes every other wish.
REQUESTS = ("copy", "erasure")
# GDPR article 12(3): within one month of the request; the shortest month would be 28 days, a task warns before.
ANSWERED_WITHIN = timedelta(days=28)
_OPEN = ("open", "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What an erasure would do. `name`: what has to be typed; `counts`: rows by table; `open`: what is under way."""

    customer_id: int
    name: str
    counts: Mapping[str, int]
    open: Mapping[str, int]
    addresses: int
    oldest_backup: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """An erasure as it was done; `line` is kept outside of the database too."""

    customer_id: int
    reason: str
    by: str
    at: datetime
    counts: Mapping[str, int]
    line: Mapping[str, Any]


def look(conn: Connection, customer_id: int, now: datetime) -> Foretold:
    """Returns what an erasure would do; only reads. Raises NotFound."""
    person = person_of(conn, customer_id)
    return Foretold(
        customer_id=customer_id,
        name=_name(conn, customer_id),
        counts=foretold(conn, person),
        open=_under_way(conn, person, now),
        addresses=len(person.identities),
        oldest_backup=conn.scalar(select(func.min(BackupRow.asked_at)).where(BackupRow.state == "made")),
    )


def erase_customer(
    conn: Connection, customer_id: int, reason: str, typed: str, by: Actor, keys: Keys, *, although_open: bool = False
) -> Erased:
    """Erases a customer for ever. `typed`: their name, or their number where they have none.

    Raises NotFound; Refused for another name, an unknown reason, what is under way, or a message being sent now.
    """
    person = person_of(conn, customer_id)
    if reason not in REASONS:
        raise Refused(f"{reason[:40]!r} is no reason.", field="reason", next_step=f"Choose {', '.join(REASONS)}.")
    if typed.strip().casefold() != _name(conn, customer_id).casefold():
        raise Refused(
            "The name that was typed is not this customer's; nothing was erased.",
            field="name",
            next_step="Type it as it stands on their page, or their number where they have no name.",
        )
    open_now = _under_way(conn, person, by.at)
    if open_now and not although_open:
        told = ", ".join(f"{many} {what}" for what, many in open_now.items())
        raise Refused(
            f"Something is still under way with this customer: {told}. Nothing was erased.",
            field="although_open",
            next_step="End it first, or say that they are to be erased although it is.",
        )
    done = erase(conn, person, keys, by.at)
    line = {
        "key": secrets.token_hex(16),
        "customer_id": customer_id,
        "reason": reason,
        "digests": list(done.digests),
        "by": by.name,
        "at": by.at.isoformat(),
    }
    again.keep(conn, line, done.counts, by.at)
    audit.note(
        conn, by, "customer.erased", f"customer/{customer_id}", {"why": reason, "rows": sum(done.counts.values())}
    )
    return Erased(customer_id=customer_id, reason=reason, by=by.name, at=by.at, counts=dict(done.counts), line=line)


def ask(conn: Connection, customer_id: int, what: str, by: Actor) -> datetime:
    """Notes what a customer has asked for as a task with its legal deadline; returns that. Once a day and wish.

    Raises NotFound and Refused.
    """
    if what not in REQUESTS:
        raise Refused(f"{what[:40]!r} is nothing to ask for.", field="what", next_step=f"Choose {', '.join(REQUESTS)}.")
    due_at = by.at + ANSWERED_WITHIN
    rights.ask(conn, RequestKind(what), by, due_at, customer_id=customer_id, evidence=f"told to {by.name}")
    return due_at


def copy(conn: Connection, customer_id: int, by: Actor) -> dict[str, Any]:
    """Returns everything that is kept of a customer, and notes who took it. Raises NotFound."""
    person = person_of(conn, customer_id)
    audit.note(conn, by, "customer.copied", f"customer/{customer_id}")
    return {"customer": customer_id, "made_at": by.at.isoformat(), "kept": copy_of(conn, person)}


def erased(conn: Connection, customer_id: int) -> Erased | None:
    """Returns the erasure of a customer, None for one who was not erased."""
    row = conn.execute(
        select(ErasureRow.__table__)
        .where(ErasureRow.customer_id == customer_id)
        .order_by(ErasureRow.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or _name(conn, customer_id) != str(customer_id):
        return None
    return Erased(customer_id=customer_id, reason=row.reason, by=row.by, at=row.at, counts=row.counts, line={})


def _name(conn: Connection, customer_id: int) -> str:
    called = conn.scalar(select(CustomerRow.display_name).where(CustomerRow.id == customer_id)) or ""
    return " ".join(called.split()) or str(customer_id)


def _under_way(conn: Connection, person: Person, now: datetime) -> dict[str, int]:
    """Returns what is not at its end: open conversations, appointments to come, purchases to be paid, tasks."""
    asked = {
        "conversations": (ConversationRow, ConversationRow.identity_id.in_(person.identities)
                          & ConversationRow.state.in_(_OPEN)),
        "appointments": (AppointmentRow, AppointmentRow.customer_id.in_(person.customers)
                         & (AppointmentRow.starts_at > now) & AppointmentRow.state.in_(TO_COME)),
        "purchases": (PurchaseRow, PurchaseRow.customer_id.in_(person.customers) & (PurchaseRow.state == "open")),
        "tasks": (TaskRow, TaskRow.customer_id.in_(person.customers) & (TaskRow.state == "open")
                  & TaskRow.kind.not_in(rights.TASKS.values())),
    }  # fmt: skip
    found = {
        what: int(conn.scalar(select(func.count()).select_from(table).where(rows)) or 0)
        for what, (table, rows) in asked.items()
    }
    return {what: many for what, many in found.items() if many}
