"""Problems: what needs somebody, with the cause and the mend; looked for again, and put off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit
from hub.store import problems as store
from hub.store.audit import Actor
from hub.store.problems import Noted
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Moment, Told
from hub.web.needs import NEEDS

_LONGEST = timedelta(days=366)
_ENDED = 200


class Mends(Told):
    """What mends a problem: a page (`path`; `posts`: a button sends a form there) or a command."""

    label: str
    path: str
    command: str
    posts: bool


class OpenProblem(Told):
    """Something that needs somebody. `code` is stable, the words may change; `said` is what a server said, verbatim."""

    id: Id
    code: str
    place: Annotated[str, Field(description="The channel, job or part it is about.")]
    severity: Literal["error", "warning", "notice"]
    message: str
    cause: str
    mend: str
    said: str
    action: Mends | None
    since: Moment
    seen_at: Moment
    hidden_until: Moment | None
    ended_at: Moment | None


class ProblemQuery(Given):
    """Which problems: `open`: those not put off; `hidden`: put off; `all`: both; `ended`: the latest 200 mended."""

    state: Literal["open", "hidden", "all", "ended"] = "open"


class Later(Given):
    """Until when a problem is put off; null shows it again."""

    until: Moment | None


@operation("GET", "/problems", roles=READERS, summary="What needs somebody, the worst first")
async def list_problems(call: Call, query: ProblemQuery) -> Items[OpenProblem]:
    if query.state == "ended":
        return _told(await call.read(store.ended_problems, _ENDED))
    hidden = {"open": False, "hidden": True, "all": None}[query.state]
    return _told(await call.read(store.open_problems, call.now, hidden=hidden))


@operation("POST", "/problems/look", roles=WORKERS, summary="Look at everything and try every channel, now")
async def look_for_problems(call: Call) -> Items[OpenProblem]:
    await call.services.look_again()
    call.request.app[NEEDS].forget()
    return _told(await call.read(store.open_problems, call.services.clock()))


@operation("POST", "/problems/{id}/later", roles=WORKERS, summary="Put a problem off, or show it again")
async def put_problem_off(call: Call, path: ById, body: Later) -> OpenProblem:
    if body.until is not None and not call.now < body.until <= call.now + _LONGEST:
        raise Refused("A problem is put off until some time of the next year.", field="until")
    problem = await call.write(_put_off, path.id, body.until, call.by)
    call.request.app[NEEDS].forget()
    return _one(problem)


def _put_off(conn: Connection, problem_id: int, until: datetime | None, by: Actor) -> Noted:
    problem = store.put_off(conn, problem_id, until)
    detail = {"code": problem.code, "place": problem.place, "until": until.isoformat() if until else ""}
    audit.note(conn, by, "problem.put_off" if until else "problem.shown", f"problem/{problem_id}", detail)
    return problem


def _told(found: list[Noted]) -> Items[OpenProblem]:
    return Items[OpenProblem](items=[_one(problem) for problem in found])


def _one(problem: Noted) -> OpenProblem:
    told = {name: getattr(problem, name) for name in OpenProblem.model_fields if name not in ("said", "severity")}
    severity = problem.severity.value
    return OpenProblem.model_validate({**told, "severity": severity, "said": str(problem.seen.get("said", ""))})
