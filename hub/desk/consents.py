"""Consent as staff records it, and addresses that staff wants left alone."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from hub.model.bases import Basis, check_basis
from hub.model.clean import clean_text
from hub.model.errors import NotFound, Refused
from hub.model.outbound import CALLS, Purpose
from hub.store import audit, consents, customers, outbox
from hub.store.audit import Actor
from hub.store.tables import IdentityRow, SuppressionRow

# What staff may take back: a person's own STOP or complaint is lifted by that person only.
LIFTABLE = ("staff", "bounce", "unsure")


def record_consent(
    conn: Connection,
    customer_id: int,
    identity_id: int,
    purpose: str,
    granted: bool,
    wording: str,
    by: Actor,
    key: bytes,
    basis: str = Basis.CONSENT,
) -> None:
    """Appends evidence that a customer agreed, or no longer does; who agreed holds the address. `key`: `Keys.consent`.

    `wording`: what the person was asked and how they said it; of another `basis` (hub.model.bases) what they were told
    when the address was asked for. Raises NotFound and Refused.
    """
    address = _address(conn, customer_id, identity_id)
    if purpose not in {*(known.value for known in Purpose), CALLS}:
        raise Refused(f"{purpose[:40]!r} is no purpose.", field="purpose")
    basis = check_basis(basis, purpose)
    wording = clean_text(wording).strip()[:2_000]
    if not wording:
        raise Refused(
            "Consent needs its evidence.", field="wording", next_step="Write what the person was asked and answered."
        )
    if granted and basis == Basis.EXISTING_CUSTOMER:
        _never_refused(conn, identity_id, address)
    evidence = {
        "identity_id": identity_id,
        "basis": basis if granted else Basis.CONSENT,
        "purpose": purpose,
        "granted": granted,
        "wording": wording,
        "source": f"noted by {by.name}",
        "at": by.at,
        "interaction_id": None,
    }
    consents.record(conn, [evidence], key)
    if granted:
        for one in (address, customers.standing_for(customer_id)):
            consents.lift(conn, one, ("withdrawn",), by.at, by.name, purpose=purpose)
        # Whoever heard the person agree vouches that the address is theirs.
        unconfirmed = (IdentityRow.id == identity_id) & IdentityRow.confirmed_at.is_(None)
        conn.execute(update(IdentityRow).where(unconfirmed).values(confirmed_at=by.at))
    else:
        consents.suppress(conn, address, "withdrawn", by.at, purpose=purpose)
        outbox.cancel_waiting(conn, identity_id, by.at, "consent_withdrawn", purposes=(purpose,))
    action = "consent.recorded" if granted else "consent.withdrawn"
    audit.note(conn, by, action, f"customer/{customer_id}", {"identity": identity_id, "purpose": purpose})


def _never_refused(conn: Connection, identity_id: int, address: str) -> None:
    """Who said no is no longer told of similar goods because they bought: only they can change that."""
    newest = consents.in_force(conn, [identity_id]).get((identity_id, Purpose.PROMOTIONAL.value))
    against = consents.suppressions(conn, [address]).get(address, ())
    if (newest is not None and not newest["granted"]) or any(
        one["purpose"] in ("", Purpose.PROMOTIONAL) for one in against
    ):
        raise Refused(
            "This person has said that they want no offers.",
            field="basis",
            next_step="Only their own consent changes that.",
        )
    if newest is not None and newest["basis"] == Basis.CONSENT:
        raise Refused("They have agreed to offers already, which is more.", field="basis")


def leave_alone(conn: Connection, customer_id: int, identity_id: int, why: str, by: Actor) -> None:
    """Notes that an address must not be written to, and cancels what waits for it. Raises NotFound."""
    address = _address(conn, customer_id, identity_id)
    consents.suppress(conn, address, "staff", by.at, detail=clean_text(why).strip()[:500])
    outbox.cancel_waiting(conn, identity_id, by.at, "staff")
    audit.note(conn, by, "address.left_alone", f"customer/{customer_id}", {"identity": identity_id})


def write_again(conn: Connection, customer_id: int, identity_id: int, suppression_id: int, by: Actor) -> None:
    """Ends one suppression of an address. Raises NotFound, and Refused where only the person can end it."""
    address = _address(conn, customer_id, identity_id)
    row = conn.execute(
        select(SuppressionRow.reason, SuppressionRow.channel).where(
            SuppressionRow.id == suppression_id, SuppressionRow.address == address, SuppressionRow.lifted_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"Nothing numbered {suppression_id} speaks against this address.")
    if row.reason not in LIFTABLE:
        raise Refused(
            "This person asked not to be written to; only they can change that.",
            next_step="They can text START, or agree again on a form.",
        )
    consents.lift(conn, address, (row.reason,), by.at, by.name, channel=row.channel)
    audit.note(conn, by, "address.allowed", f"customer/{customer_id}", {"identity": identity_id})


def _address(conn: Connection, customer_id: int, identity_id: int) -> str:
    row = conn.execute(
        select(IdentityRow.scheme, IdentityRow.value).where(
            IdentityRow.id == identity_id, IdentityRow.customer_id == customer_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"Customer {customer_id} holds no identity {identity_id}.")
    return f"{row.scheme}:{row.value}"
