"""Customers and the identities they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import customers as desk
from hub.insight import people
from hub.insight.card import customer_card
from hub.insight.paging import Page, read_id
from hub.model.identity import Identity
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import Address, Birthday, ById, Data, Given, Id, Items, Line, Moment, PageQuery, Told

Relationship = Literal["prospect", "customer", "supplier", "partner", "owner", "employee"]


class CustomerLine(Told):
    """A customer as a list shows them; `identities` are those they hold now."""

    id: Id
    display_name: str
    relationship: Relationship
    created_at: Moment
    identities: list[Address]


class ConsentInForce(Told):
    purpose: str
    granted: bool
    wording: str
    source: str
    at: Moment


class SuppressionInForce(Told):
    """Why an address must not be written to; `purpose` empty = for anything, `channel` empty = from any sender."""

    id: Id
    reason: str
    purpose: str
    channel: str
    detail: str
    at: Moment


class HeldIdentity(Told):
    """An identity with what its holder agreed to and what speaks against writing to it."""

    id: Id
    scheme: str
    value: str
    display_name: str
    confirmed_at: Moment | None
    opened_at: Moment
    closed_at: Moment | None
    consents: list[ConsentInForce]
    suppressions: list[SuppressionInForce] = Field(validation_alias="silences")


class Suggestion(Told):
    """An identity that this customer may hold too; only staff decides."""

    id: Id
    identity: Address
    reason: str
    holder_id: Id | None


class Customer(Told):
    id: Id
    display_name: str
    relationship: Relationship
    language: str
    time_zone: str
    country: str
    birthday: Birthday | None
    note: str
    facts: Data
    created_at: Moment
    merged_into: Id | None
    identities: list[HeldIdentity]
    suggestions: list[Suggestion]


class CustomerFields(Given):
    display_name: Annotated[str, Field(max_length=200)] = ""
    relationship: Relationship = "prospect"
    language: Annotated[str, Field(max_length=35, description="BCP 47, as pt-BR")] = ""
    time_zone: Annotated[str, Field(max_length=60, description="IANA, as Europe/Prague")] = ""
    country: Annotated[str, Field(max_length=2, description="ISO 3166, two letters")] = ""
    birthday: Birthday | None = None
    note: Annotated[str, Field(max_length=10_000)] = ""
    facts: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict, max_length=200, description="Those that change; null takes one away."
    )


class NewCustomer(CustomerFields):
    """A customer to be made; `identities` as ada@example.com, +1 415 555 0123 or scheme:value."""

    identities: Annotated[tuple[Line, ...], Field(max_length=50)] = ()


class CustomerQuery(PageQuery):
    identity: Annotated[Line, Field(description="Who holds this identity now: one customer or none.")] = ""
    q: Annotated[Line, Field(description="Words of the name, or a part of an address or number.")] = ""


@operation("GET", "/customers", roles=READERS, summary="Customers, newest first; by identity or words")
async def list_customers(call: Call, query: CustomerQuery) -> Items[CustomerLine]:
    wanted = people.read_identity(query.identity, call.region) if query.identity else None
    page = await call.read(_lines, query, wanted, call.region)
    return Items[CustomerLine].model_validate({"items": page.items, "next": page.next or None})


def _lines(conn: Connection, query: CustomerQuery, wanted: Identity | None, region: str) -> Page[people.CustomerLine]:
    if wanted is None:
        before = read_id(query.before)
        return people.find_customers(conn, query.q, region=region, before=before, limit=query.limit)
    holder = people.customer_of(conn, wanted)
    return people.find_customers(conn, before=holder + 1, limit=1) if holder else Page(())


@operation("POST", "/customers", roles=WORKERS, summary="Make a customer", creates=True)
async def create_customer(call: Call, body: NewCustomer) -> Customer:
    fields = {name: value for name, value in body.named().items() if name != "identities"}
    identities = [people.read_identity(written, call.region) for written in body.identities]
    return await call.create(_create, fields, identities, call.by)


def _create(conn: Connection, fields: dict[str, Any], identities: Sequence[Identity], by: Actor) -> Customer:
    return told_customer(conn, desk.create_customer(conn, fields, identities, by), by)


def told_customer(conn: Connection, customer_id: int, by: Actor) -> Customer:
    """Returns a customer as the API tells it. Raises NotFound."""
    return Customer.model_validate(customer_card(conn, customer_id, by.at))


@operation("GET", "/customers/{id}", roles=READERS, summary="One customer with identities and consents")
async def get_customer(call: Call, path: ById) -> Customer:
    return await call.read(told_customer, path.id, call.by)


@operation("PATCH", "/customers/{id}", roles=WORKERS, summary="Change fields of a customer")
async def change_customer(call: Call, path: ById, body: CustomerFields) -> Customer:
    return await call.write(_change, path.id, body.named(), call.by)


def _change(conn: Connection, customer_id: int, fields: dict[str, Any], by: Actor) -> Customer:
    desk.change_customer(conn, customer_id, fields, by)
    return told_customer(conn, customer_id, by)
