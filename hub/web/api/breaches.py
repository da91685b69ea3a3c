"""The register of breaches of persons' data, and the versions of the privacy notice."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import breaches as desk
from hub.desk.breaches import Facts
from hub.outreach.quiet_hours import Rulebook, rulebook_of
from hub.store import privacy_notices
from hub.store.audit import Actor
from hub.web import rights
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Told

Words = Annotated[str, Field(max_length=10_000)]


class Breach(Told):
    """A breach: until `due_at` the authority must know of it, or `why_not_told` says why it need not."""

    id: Id
    title: str
    what: str
    effects: str
    measures: str
    people: int
    noticed_at: Moment
    due_at: Moment
    authority_told_at: Moment | None
    people_told_at: Moment | None
    why_not_told: str
    task_id: Id | None
    created_by: str
    closed_at: Moment | None
    closed_by: str


class BreachFacts(Given):
    """What is known of a breach; `people`: about how many it concerns."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    what: Annotated[str, Field(min_length=1, max_length=10_000)]
    effects: Words = ""
    measures: Words = ""
    people: Annotated[int, Field(ge=0, le=10**9)] = 0

    @property
    def facts(self) -> Facts:
        """What is known of it."""
        return Facts(title=self.title, what=self.what, effects=self.effects, measures=self.measures, people=self.people)


class NewBreach(BreachFacts):
    """Without `noticed_at` it was noticed now; the deadline counts from then."""

    noticed_at: Moment | None = None


class BreachTold(Given):
    """When the authority and the people were told, or why they need not be."""

    authority_at: Moment | None = None
    people_at: Moment | None = None
    why_not: Words = ""


class BreachQuery(Given):
    before: Id | None = None
    limit: Limit = 50


class Notice(Told):
    """One version of the privacy notice in a language; the newest of before held at any time."""

    id: Id
    language: str
    version: int
    text: str
    since: Moment
    by: str


class NewNotice(Given):
    language: Line
    text: Annotated[str, Field(min_length=1, max_length=100_000)]


@operation("GET", "/breaches", roles=ADMIN, summary="Breaches of persons' data, newest first")
async def list_breaches(call: Call, query: BreachQuery) -> Items[Breach]:
    rows = await call.read(desk.listed, before=query.before, limit=query.limit + 1)
    following = str(rows[query.limit - 1]["id"]) if len(rows) > query.limit else None
    return Items[Breach].model_validate({"items": rows[: query.limit], "next": following})


@operation("POST", "/breaches", roles=ADMIN, summary="Note a breach, with its deadline and a task", creates=True)
async def note_breach(call: Call, body: NewBreach) -> Breach:
    return await call.create(_note, body, call.region, call.by, rulebook_of(call.services.settings))


@operation("PUT", "/breaches/{id}", roles=ADMIN, summary="Write down what is known of a breach by now")
async def change_breach(call: Call, path: ById, body: BreachFacts) -> Breach:
    await call.write(desk.change, path.id, body.facts, call.by)
    return await call.write(_told, path.id)


@operation("POST", "/breaches/{id}/told", roles=ADMIN, summary="Note whom a breach was told, or why nobody")
async def breach_told(call: Call, path: ById, body: BreachTold) -> Breach:
    await call.write(
        desk.told,
        path.id,
        call.by,
        authority_at=body.authority_at,
        people_at=body.people_at,
        why_not=body.why_not,
    )
    return await call.write(_told, path.id)


@operation("POST", "/breaches/{id}/close", roles=ADMIN, summary="Close a breach")
async def close_breach(call: Call, path: ById) -> Breach:
    await call.write(desk.close, path.id, call.by)
    return await call.write(_told, path.id)


@operation("GET", "/privacy-notices", roles=READERS, summary="Versions of the privacy notice, newest first")
async def list_notices(call: Call) -> Items[Notice]:
    return Items[Notice].model_validate({"items": await call.read(privacy_notices.listed), "next": None})


@operation("POST", "/privacy-notices", roles=ADMIN, summary="Keep a new version of the privacy notice", creates=True)
async def keep_notice(call: Call, body: NewNotice) -> Notice:
    return await call.create(_keep, body, call.by)


def _note(conn: Connection, body: NewBreach, region: str, by: Actor, rulebook: Rulebook) -> Breach:
    return _told(conn, rights.breach(conn, body.facts, body.noticed_at, region, by, rulebook))


def _told(conn: Connection, breach_id: int) -> Breach:
    return Breach.model_validate(desk.get(conn, breach_id))


def _keep(conn: Connection, body: NewNotice, by: Actor) -> Notice:
    return Notice.model_validate(privacy_notices.keep(conn, body.language, body.text, by))
