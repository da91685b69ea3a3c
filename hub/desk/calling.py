"""Click to call: staff's phone is rung, then the customer's; asked for once, warned of, written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from hub.model.errors import NotFound, Refused, SendError, Unknown
from hub.store import audit, consents, customers, rosters
from hub.store.audit import Actor
from hub.store.tables import IdentityRow, PlacedCallRow
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that can be rung, and whose it is; `warning`: why it should not be, empty for none."""

    id: int
    number: str
    name: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call that staff asks for. `key`: the same for the same press of the button. `number`: staff's own phone."""

    key: str
    channel: str
    customer_id: int
    identity_id: int
    number: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: `new` is to be placed now; of one asked for before, its state."""

    new: bool
    to: str
    state: str = "asked"
    error: str = ""


def phones_of(conn: Connection, customer_id: int) -> Sequence[Phone]:
    """Returns the customer's phones, with a warning where they must not be called. Raises NotFound."""
    customers.require(conn, customer_id)
    rows = conn.execute(
        select(IdentityRow.id, IdentityRow.value)
        .where(IdentityRow.customer_id == customer_id, IdentityRow.scheme == "tel", IdentityRow.closed_at.is_(None))
        .order_by(IdentityRow.id)
    ).all()
    against = consents.suppressions(conn, [f"tel:{row.value}" for row in rows])
    return [
        Phone(row.id, row.value, warning=", ".join(sorted({str(each["reason"]) for each in found})))
        for row in rows
        for found in [against.get(f"tel:{row.value}", [])]
    ]


def staff_phones(conn: Connection) -> Sequence[Phone]:
    """Returns staff's phones of every roster, each number once."""
    found: dict[str, Phone] = {}
    for kept in rosters.every(conn):
        for each in kept.definition.get("people", ()):
            found.setdefault(each["number"], Phone(0, each["number"], each["name"]))
    return list(found.values())


def ask_for_call(conn: Connection, wanted: Wanted, by: Actor) -> Asked:
    """Writes down that staff wants a call, once a key. Raises NotFound, Refused.

    Neither consent nor quiet hours stop a call that a person makes; the page warns of an address that must not be
    written to, and who called is kept.
    """
    phone = next((each for each in phones_of(conn, wanted.customer_id) if each.id == wanted.identity_id), None)
    if phone is None:
        raise NotFound("This customer has no such phone.")
    if wanted.number not in {each.number for each in staff_phones(conn)}:
        raise Refused(
            "This phone is in no roster.",
            field="number",
            next_step="Choose a phone of a roster, or add yours to one under Call flows.",
        )
    row = {
        "key": wanted.key, "channel": wanted.channel, "customer_id": wanted.customer_id, "state": "asked",
        "identity_id": wanted.identity_id, "staff_id": by.staff_id, "number": wanted.number, "asked_at": by.at,
        "call": "", "error": "",
    }  # fmt: skip
    if insert_new(conn, PlacedCallRow, [row]):
        audit.note(conn, by, "call.asked", f"customer/{wanted.customer_id}", {"warning": phone.warning})
        return Asked(True, phone.number)
    before = conn.execute(select(PlacedCallRow.__table__).where(PlacedCallRow.key == wanted.key)).one()
    if (before.customer_id, before.identity_id, before.number) != (
        wanted.customer_id,
        wanted.identity_id,
        wanted.number,
    ):
        raise Refused("This key was used for another call.", field="key", next_step="Make a new key for each new call.")
    return Asked(False, phone.number, before.state, before.error)


def note_placed(conn: Connection, key: str, call: str) -> None:
    """Writes down that the provider has taken a call."""
    taken = {"state": "placed", "call": call, "error": ""}
    conn.execute(update(PlacedCallRow).where(PlacedCallRow.key == key).values(**taken))


def note_not_placed(conn: Connection, key: str, error: SendError) -> None:
    """Writes down why a call was not placed, or that it is not known; its hooks may have told meanwhile that it was."""
    state = "unknown" if isinstance(error, Unknown) else "failed"
    asked = (PlacedCallRow.key == key) & (PlacedCallRow.state == "asked")
    conn.execute(update(PlacedCallRow).where(asked).values(state=state, error=error.message))
