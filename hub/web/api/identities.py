"""Which identities a customer holds: given, ended, proven, suggested; and customers who turned out to be one."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.desk import customers as desk
from hub.desk import merging
from hub.insight.people import read_identity
from hub.model.identity import Identity
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.customers import Customer, told_customer
from hub.web.api.operation import WORKERS, operation
from hub.web.api.values import ById, Given, Id, Line


class NewIdentity(Given):
    """An identity as ada@example.com, +1 415 555 0123 or scheme:value."""

    identity: Line
    confirmed: bool = False


class IdentityPath(ById):
    identity_id: Id


class SuggestionPath(ById):
    suggestion_id: Id


class Decision(Given):
    accept: bool


class MergeWith(Given):
    """`other` becomes a part of the customer in the address."""

    other: Id


@operation("POST", "/customers/{id}/identities", roles=WORKERS, summary="Give a customer an identity", creates=True)
async def add_identity(call: Call, path: ById, body: NewIdentity) -> Customer:
    identity = read_identity(body.identity, call.region)
    return await call.create(_add, path.id, identity, body.confirmed, call.by)


def _add(conn: Connection, customer_id: int, identity: Identity, confirmed: bool, by: Actor) -> Customer:
    desk.add_identity(conn, customer_id, identity, by, confirmed=confirmed)
    return told_customer(conn, customer_id, by)


@operation("DELETE", "/customers/{id}/identities/{identity_id}", roles=WORKERS, summary="End the hold on an identity")
async def close_identity(call: Call, path: IdentityPath) -> Customer:
    return await call.write(_close, path.id, path.identity_id, call.by)


def _close(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> Customer:
    desk.close_identity(conn, customer_id, identity_id, by)
    return told_customer(conn, customer_id, by)


@operation("POST", "/customers/{id}/identities/{identity_id}/confirm", roles=WORKERS, summary="Note that it is theirs")
async def confirm_identity(call: Call, path: IdentityPath) -> Customer:
    return await call.write(_confirm, path.id, path.identity_id, call.by)


def _confirm(conn: Connection, customer_id: int, identity_id: int, by: Actor) -> Customer:
    desk.confirm_identity(conn, customer_id, identity_id, by)
    return told_customer(conn, customer_id, by)


@operation(
    "POST",
    "/customers/{id}/suggestions/{suggestion_id}",
    roles=WORKERS,
    summary="Accept or dismiss a suggested identity",
)
async def decide_suggestion(call: Call, path: SuggestionPath, body: Decision) -> Customer:
    return await call.write(_decide, path, body.accept, call.by)


def _decide(conn: Connection, path: SuggestionPath, accept: bool, by: Actor) -> Customer:
    """Decides; an accepted identity that somebody else holds makes the two customers one, as on the page."""
    kept = path.id
    if pair := desk.decide_suggestion(conn, path.id, path.suggestion_id, by, accept=accept):
        kept, other = pair
        merging.merge(conn, kept, other, by)
    return told_customer(conn, kept, by)


@operation("POST", "/customers/{id}/merge", roles=WORKERS, summary="Make another customer a part of this one")
async def merge_customers(call: Call, path: ById, body: MergeWith) -> Customer:
    return await call.write(_merge, path.id, body.other, call.by)


def _merge(conn: Connection, kept: int, other: int, by: Actor) -> Customer:
    merging.merge(conn, kept, other, by)
    return told_customer(conn, kept, by)


@operation("POST", "/customers/{id}/unmerge", roles=WORKERS, summary="Make a merged customer their own again")
async def unmerge_customer(call: Call, path: ById) -> Customer:
    return await call.write(_unmerge, path.id, call.by)


def _unmerge(conn: Connection, other: int, by: Actor) -> Customer:
    merging.unmerge(conn, other, by)
    return told_customer(conn, other, by)
