"""Requests of persons about their data, each with deadline, evidence and task; and what must not be done with them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import rights as desk
from hub.model.person_request import RequestState
from hub.outreach.quiet_hours import Rulebook, rulebook_of
from hub.store import limits, person_requests
from hub.store.audit import Actor
from hub.store.customers import require
from hub.store.limits import Limit
from hub.web import rights
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Line, Moment, Told
from hub.web.api.values import Limit as PageSize

Kind = Literal["access", "copy", "correction", "restriction", "objection", "erasure"]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
LimitKind = Literal["deceased", "restriction", "profiling", "child"]


class PersonRequest(Told):
    """A request. `evidence`: how it was made; `checked`: how it was made sure who asks; `answer`: what was done."""

    id: Id
    customer_id: Id | None
    who: str
    kind: Kind
    state: Literal["open", "done", "refused"]
    evidence: str
    checked: str
    answer: str
    asked_at: Moment
    due_at: Moment
    extended_why: str
    task_id: Id | None
    created_by: str
    closed_at: Moment | None
    closed_by: str


class NewRequest(Given):
    """Of a customer, or of `who` is none here. Its deadline is that of the rulebook, where the customer is.

    A restriction and an objection hold from now on, until the request is refused.
    """

    kind: Kind
    evidence: Words
    customer_id: Id | None = None
    who: Line = ""
    checked: Annotated[str, Field(max_length=4_000)] = ""
    asked_at: Moment | None = None


class RequestQuery(Given):
    """`before`: the last request of the page before."""

    state: Literal["open", "done", "refused"] | None = None
    customer: Id | None = None
    before: Id | None = None
    limit: PageSize = 50


class Answer(Given):
    """How a request ends, with what was done or why not."""

    state: Literal["done", "refused"]
    answer: Words


class Longer(Given):
    why: Words


class CustomerLimit(Told):
    """What must not be done with a customer: anything (deceased), what they did not ask for (restriction), choosing by
    what they did (profiling), promotions without a guardian's consent (child).
    """

    kind: LimitKind
    why: str
    guardian: str
    since: Moment
    by: str
    lifted_at: Moment | None
    lifted_by: str


class NewLimit(Given):
    """`guardian`: of a child, who may agree to promotions for them."""

    kind: LimitKind
    why: Annotated[str, Field(max_length=4_000)] = ""
    guardian: Line = ""


class Lifted(Given):
    """Which limit does not hold any more."""

    kind: LimitKind


@operation("GET", "/person-requests", roles=READERS, summary="Requests of persons about their data, newest first")
async def list_person_requests(call: Call, query: RequestQuery) -> Items[PersonRequest]:
    rows = await call.read(
        person_requests.listed,
        state=query.state or "",
        customer_id=query.customer,
        before=query.before,
        limit=query.limit + 1,
    )
    following = str(rows[query.limit - 1]["id"]) if len(rows) > query.limit else None
    return Items[PersonRequest].model_validate({"items": rows[: query.limit], "next": following})


@operation("POST", "/person-requests", roles=WORKERS, summary="Note what a person asked for", creates=True)
async def note_person_request(call: Call, body: NewRequest) -> PersonRequest:
    return await call.create(_note, body, call.by, rulebook_of(call.services.settings))


@operation("POST", "/person-requests/{id}/answer", roles=WORKERS, summary="End a request: done or refused")
async def answer_person_request(call: Call, path: ById, body: Answer) -> PersonRequest:
    return await call.write(_answer, path.id, body, call.by)


@operation("POST", "/person-requests/{id}/longer", roles=WORKERS, summary="Make a request's deadline longer, once")
async def extend_person_request(call: Call, path: ById, body: Longer) -> PersonRequest:
    return await call.write(_extend, path.id, body.why, call.by, rulebook_of(call.services.settings))


@operation("GET", "/customers/{id}/limits", roles=READERS, summary="What must not be done with a customer")
async def list_limits(call: Call, path: ById) -> Items[CustomerLimit]:
    rows = await call.read(_limits, path.id)
    return Items[CustomerLimit].model_validate({"items": rows, "next": None})


@operation("POST", "/customers/{id}/limits", roles=WORKERS, summary="Say what must not be done with a customer")
async def put_limit(call: Call, path: ById, body: NewLimit) -> Done:
    await call.write(desk.put, path.id, Limit(body.kind), call.by, why=body.why, guardian=body.guardian)
    return Done()


@operation("POST", "/customers/{id}/limits/lift", roles=WORKERS, summary="Lift a limit")
async def lift_limit(call: Call, path: ById, body: Lifted) -> Done:
    await call.write(desk.lift, path.id, Limit(body.kind), call.by)
    return Done()


def _limits(conn: Connection, customer_id: int) -> list[dict[str, object]]:
    require(conn, customer_id)
    return limits.of_customer(conn, customer_id)


def _note(conn: Connection, body: NewRequest, by: Actor, rulebook: Rulebook) -> PersonRequest:
    made = rights.ask(
        conn,
        body.kind,
        by,
        rulebook,
        evidence=body.evidence,
        customer_id=body.customer_id,
        who=body.who,
        checked=body.checked,
        asked_at=body.asked_at,
    )
    return _told(conn, made)


def _answer(conn: Connection, request_id: int, body: Answer, by: Actor) -> PersonRequest:
    desk.close(conn, request_id, RequestState(body.state), body.answer, by)
    return _told(conn, request_id)


def _extend(conn: Connection, request_id: int, why: str, by: Actor, rulebook: Rulebook) -> PersonRequest:
    rights.extend(conn, request_id, why, by, rulebook)
    return _told(conn, request_id)


def _told(conn: Connection, request_id: int) -> PersonRequest:
    return PersonRequest.model_validate(person_requests.get(conn, request_id))
