"""Customers: made and changed by staff, with the identities they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from hub.model.birthday import read_birthday
from hub.model.clean import clean_header, clean_text
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.model.local_time import zone_names
from hub.store import audit, veil
from hub.store import customers as store
from hub.store.audit import Actor
from hub.store.tables import CustomerRow, IdentityRow, SuggestionRow

RELATIONSHIPS = ("prospect", "customer", "supplier", "partner", "owner", "employee")
_MOST_FACTS, _LONGEST_NAME, _LONGEST_FACT = 200, 80, 2_000
_TEXTS = {"display_name": 200, "language": 35, "country": 2, "note": 10_000}


def create_customer(conn: Connection, fields: Mapping[str, Any], identities: Sequence[Identity], by: Actor) -> int:
    """Makes a customer; returns the id. Raises Refused for a field that cannot be, or an identity held already."""
    veil.require_facts(conn, fields.get("facts") or ())
    values = checked_fields(fields)
    values |= {"facts": known_facts({}, values["facts"])} if "facts" in values else {}
    if not values.get("display_name") and not identities:
        raise Refused(
            "A customer needs a name or an address.", field="display_name", next_step="Fill in one of the two."
        )
    customer = store.create_customer(conn, values, identities, by.at)
    audit.note(conn, by, "customer.created", f"customer/{customer}")
    return customer


def change_customer(conn: Connection, customer_id: int, fields: Mapping[str, Any], by: Actor) -> None:
    """Changes fields of a customer: display_name, relationship, language, time_zone, country, birthday, note, facts.

    `facts`: those that change; None takes one away. Raises NotFound, Refused, and NotAllowed for a health-class fact
    that who changes it may not see.
    """
    store.require(conn, customer_id)
    veil.require_facts(conn, fields.get("facts") or ())
    values = checked_fields(fields)
    if "facts" in values:
        here = conn.scalar(select(CustomerRow.facts).where(CustomerRow.id == customer_id).with_for_update()) or {}
        values["facts"] = known_facts(here, values["facts"])
    if values:
        if "relationship" in values:
            # A form gives back what it was shown: only another word is a choice.
            another = CustomerRow.relationship != values["relationship"]
            conn.execute(
                update(CustomerRow).where(CustomerRow.id == customer_id, another).values(relationship_chosen=True)
            )
        conn.execute(update(CustomerRow).where(CustomerRow.id == customer_id).values(**values))
        audit.note(conn, by, "customer.changed", f"customer/{customer_id}", {"fields": sorted(values)})


def add_identity(conn: Connection, customer_id: int, identity: Identity, by: Actor, *, confirmed: bool = False) -> int:
    """Gives a customer one more identity; returns its row. Raises NotFound, and Refused when somebody else holds it."""
    store.require(conn, customer_id)
    identity_id = store.add_identity(conn, customer_id, identity, by.at, confirmed=confirmed)
    audit.note(conn, by, "identity.added", f"customer/{customer_id}", {"identity": identity_id})
    return identity_id


def close_identity(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> None:
    """Ends a customer's hold on an identity; what came by it stays on their timeline. Raises NotFound."""
    store.close_identity(conn, customer_id, identity_id, by.at)
    audit.note(conn, by, "identity.closed", f"customer/{customer_id}", {"identity": identity_id})


def confirm_identity(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> None:
    """Notes that an identity is proven to be the customer's. Raises NotFound."""
    confirmed = conn.execute(
        update(IdentityRow)
        .where(IdentityRow.id == identity_id, IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None))
        .values(confirmed_at=by.at)
    )
    if confirmed.rowcount != 1:
        raise NotFound(f"Customer {customer_id} holds no identity {identity_id}.")
    audit.note(conn, by, "identity.confirmed", f"customer/{customer_id}", {"identity": identity_id})


def decide_suggestion(
    conn: Connection, customer_id: int, suggestion_id: int, by: Actor, *, accept: bool
) -> tuple[int, int] | None:
    """Accepts or dismisses a suggested identity. Raises NotFound.

    An accepted one that nobody holds is added; of one that another customer holds, returns (kept, other) for the caller
    to merge: this customer goes into who holds it.
    """
    row = conn.execute(
        select(SuggestionRow.id, SuggestionRow.scheme, SuggestionRow.value).where(
            SuggestionRow.id == suggestion_id, SuggestionRow.customer_id == customer_id, SuggestionRow.state == "open"
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"Customer {customer_id} has no open suggestion {suggestion_id}.")
    state = "accepted" if accept else "dismissed"
    conn.execute(update(SuggestionRow).where(SuggestionRow.id == suggestion_id).values(state=state))
    audit.note(conn, by, f"suggestion.{state}", f"customer/{customer_id}", {"suggestion": suggestion_id})
    if not accept:
        return None
    identity = Identity(row.scheme, row.value)
    held = store.find_identities(conn, [identity]).get(identity)
    if held is not None and held.customer_id != customer_id:
        return held.customer_id, customer_id
    store.add_identity(conn, customer_id, identity, by.at)
    return None


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns fields of a customer as they are stored. Raises Refused for an unknown one or a value that cannot be."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _TEXTS:
            text = clean_text(value).strip() if name == "note" else clean_header(value)
            values[name] = text[: _TEXTS[name]].upper() if name == "country" else text[: _TEXTS[name]]
        elif name == "relationship":
            if value not in RELATIONSHIPS:
                raise Refused(f"{value[:40]!r} is no relationship.", field=name)
            values[name] = value
        elif name == "time_zone":
            if value and value not in zone_names():
                raise Refused(
                    f"{value[:40]!r} is no time zone.", field=name, next_step="Write it as Europe/Prague, or leave it."
                )
            values[name] = value
        elif name == "facts":
            values[name] = {_fact_name(one): _fact_value(one, said) for one, said in value.items()}
        elif name == "birthday":
            values[name] = read_birthday(value) if isinstance(value, str) and value else value or None
        else:
            raise Refused(f"A customer has no field {name[:40]!r}.", field=name)
    return values


def known_facts(here: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the facts after some changed; None takes one away. Raises Refused beyond the most that are kept."""
    facts = {name: value for name, value in {**here, **changes}.items() if value is not None}
    if len(facts) > _MOST_FACTS:
        raise Refused(f"A customer has at most {_MOST_FACTS} facts.", field="facts")
    return facts


def _fact_name(name: str) -> str:
    cleaned = clean_header(str(name)).strip()
    if not 0 < len(cleaned) <= _LONGEST_NAME or set(cleaned) & set('"\\.'):
        raise Refused(
            f"{cleaned[:40]!r} is no name of a fact: at most {_LONGEST_NAME} letters, no dots, quotes or backslashes.",
            field="facts",
        )
    return cleaned


def _fact_value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return clean_text(value).strip()[:_LONGEST_FACT]
    raise Refused(f"The fact {name[:40]!r} is a text, a number, or true or false.", field="facts")
