"""Consents and suppressions: what customers agreed to, and addresses that must not be written to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import consents as desk
from hub.insight import evidence
from hub.insight.paging import read_id
from hub.insight.people import read_identity
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Line, Moment, PageQuery, Told


class Consent(Told):
    """One piece of evidence; the newest of an identity and purpose is in force. Evidence is never changed."""

    id: Id
    identity_id: Id
    scheme: str
    value: str
    purpose: str
    granted: bool
    basis: str
    wording: str
    version: str
    language: str
    source: str
    ip: str
    user_agent: str
    at: Moment
    interaction_id: Id | None


AgreedTo = Literal["promotional", "reminder", "service", "calls"]


class NewConsent(Given):
    """What a customer agreed to (`granted`) or withdrew; `wording`: what they were asked and how they said it.

    `basis`: what it rests on; existing_customer: they bought, and `wording` is what they were told of similar goods
    when their address was asked for.
    """

    identity_id: Id
    purpose: AgreedTo
    granted: bool
    wording: Annotated[str, Field(min_length=1, max_length=2_000)]
    basis: Literal["consent", "contract", "existing_customer", "legal_duty"] = "consent"


class Suppression(Told):
    """An address that must not be written to; `purpose` empty = for anything, `channel` empty = from any sender."""

    id: Id
    address: str
    purpose: str
    channel: str
    reason: str
    detail: str
    at: Moment
    lifted_at: Moment | None
    lifted_by: str


class SuppressionQuery(PageQuery):
    identity: Line = ""
    lifted: Annotated[bool, Field(description="Also those that no longer hold.")] = False


class NewSuppression(Given):
    """An address of a customer that staff wants left alone, and why."""

    identity_id: Id
    why: Annotated[str, Field(max_length=500)] = ""


class SuppressionPath(ById):
    identity_id: Id
    suppression_id: Id


@operation("GET", "/customers/{id}/consents", roles=READERS, summary="Evidence of consents, newest first")
async def list_consents(call: Call, path: ById, query: PageQuery) -> Items[Consent]:
    page = await call.read(evidence.consents_of, path.id, before=read_id(query.before), limit=query.limit)
    return Items[Consent].model_validate({"items": page.items, "next": page.next or None})


@operation("POST", "/customers/{id}/consents", roles=WORKERS, summary="Record or withdraw a consent", creates=True)
async def record_consent(call: Call, path: ById, body: NewConsent) -> Consent:
    return await call.create(_record, path.id, body, call.by, call.services.keys.consent)


def _record(conn: Connection, customer_id: int, body: NewConsent, by: Actor, key: bytes) -> Consent:
    desk.record_consent(
        conn,
        customer_id,
        body.identity_id,
        str(body.purpose),
        body.granted,
        body.wording,
        by,
        key,
        body.basis,
    )
    return Consent.model_validate(evidence.consents_of(conn, customer_id, limit=1).items[0])


@operation("GET", "/suppressions", roles=READERS, summary="Addresses that must not be written to, newest first")
async def list_suppressions(call: Call, query: SuppressionQuery) -> Items[Suppression]:
    address = str(read_identity(query.identity, call.region)) if query.identity else ""
    page = await call.read(
        evidence.suppressions,
        address=address,
        lifted=query.lifted,
        before=read_id(query.before),
        limit=query.limit,
    )
    return Items[Suppression].model_validate({"items": page.items, "next": page.next or None})


@operation("POST", "/customers/{id}/suppressions", roles=WORKERS, summary="Leave an address alone", creates=True)
async def leave_alone(call: Call, path: ById, body: NewSuppression) -> Done:
    return await call.create(_leave_alone, path.id, body, call.by)


def _leave_alone(conn: Connection, customer_id: int, body: NewSuppression, by: Actor) -> Done:
    desk.leave_alone(conn, customer_id, body.identity_id, body.why, by)
    return Done()


@operation(
    "DELETE",
    "/customers/{id}/identities/{identity_id}/suppressions/{suppression_id}",
    roles=WORKERS,
    summary="Let an address be written to again",
)
async def write_again(call: Call, path: SuppressionPath) -> Done:
    await call.write(desk.write_again, path.id, path.identity_id, path.suppression_id, call.by)
    return Done()
