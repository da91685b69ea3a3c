"""Nothing more: one word of a customer ends everything that the hub writes by itself, at all their addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from hub.desk.leaving import Evidence, holder_of
from hub.model.clean import clean_text
from hub.model.errors import Refused
from hub.model.outbound import CALLS, Purpose
from hub.model.sequence import Standing
from hub.store import audit, consents, customers, jobs, outbox
from hub.store.audit import Actor
from hub.store.tables import EnrolmentRow, IdentityRow

# What is written without having been asked for. Answers are not here: who writes to us gets one.
PURPOSES = (Purpose.PROMOTIONAL.value, Purpose.REMINDER.value, CALLS)
WHY = "consent_withdrawn"
# How staff heard of it, in the words that the evidence keeps.
HEARD = {
    "phone": "On the phone: write to me no more at all",
    "counter": "At the counter: write to me no more at all",
    "written": "In a letter or mail: write to me no more at all",
}
_SCHEMES = ("mailto", "tel", "whatsapp", "sms")


def heard(conn: Connection, customer_id: int, how: str, words: str, by: Actor, key: bytes) -> int:
    """Takes back everything, as staff heard it; returns how many messages no longer go out. `key`: `Keys.consent`.

    `words`: what the customer said, where that tells more. Raises NotFound and Refused.
    """
    if how not in HEARD:
        raise Refused(f"{how[:40]!r} is no way to hear it.", field="how", next_step=f"Choose {', '.join(HEARD)}.")
    customers.require(conn, customer_id)
    said = clean_text(words).strip()[:2_000]
    wording = f"{HEARD[how]}. {said}" if said else HEARD[how]
    evidence = Evidence(wording=wording, language="", source=f"noted by {by.name}", ip="", user_agent="", at=by.at)
    cancelled = _take_back(conn, customer_id, evidence, key)
    audit.note(conn, by, "consent.all_withdrawn", f"customer/{customer_id}", {"how": how, "cancelled": cancelled})
    return cancelled


def chosen(conn: Connection, identity_id: int, evidence: Evidence, key: bytes) -> int:
    """Takes back everything, as the holder of an address chose behind a link that came there; returns how many
    messages no longer go out. Raises NotFound.
    """
    return _take_back(conn, holder_of(conn, identity_id), evidence, key)


def _take_back(conn: Connection, customer_id: int, evidence: Evidence, key: bytes) -> int:
    held = conn.execute(
        select(IdentityRow.id, IdentityRow.scheme, IdentityRow.value)
        .where(
            IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None), IdentityRow.scheme.in_(_SCHEMES)
        )
        .order_by(IdentityRow.id)
    ).all()
    said = consents.in_force(conn, [row.id for row in held])
    fresh: list[dict[str, Any]] = [
        evidence.of(row.id, purpose, False)
        for row in held
        for purpose in _of(row.scheme)
        if said.get((row.id, purpose), {}).get("granted", True)
    ]
    consents.record(conn, fresh, key)
    cancelled = 0
    for row in held:
        for purpose in _of(row.scheme):
            consents.suppress(
                conn, f"{row.scheme}:{row.value}", "withdrawn", evidence.at, purpose=purpose, detail=evidence.source
            )
        cancelled += len(outbox.cancel_waiting(conn, row.id, evidence.at, WHY, purposes=PURPOSES))
    # An address that they are given later is theirs too.
    for purpose in PURPOSES:
        consents.suppress(conn, customers.standing_for(customer_id), "withdrawn", evidence.at, purpose=purpose)
    conn.execute(
        update(EnrolmentRow)
        .where(EnrolmentRow.customer_id == customer_id, EnrolmentRow.state == Standing.ACTIVE.value)
        .values(state=Standing.LEFT.value, why="stop", ended_at=evidence.at)
    )
    event = {"kind": "consent.all_withdrawn", "customer_id": customer_id, "interaction_id": None, "data": {}}
    jobs.emit(conn, [{**event, "at": evidence.at}])
    return cancelled


def _of(scheme: str) -> Sequence[str]:
    return PURPOSES if scheme == "tel" else PURPOSES[:2]
