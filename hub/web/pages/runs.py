"""One run of a campaign: its results, who got it, who did not and why."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.paging import read_id
from hub.model.errors import HubError, NotFound, Refused
from hub.outreach.campaigning import comparing, results
from hub.outreach.campaigning.telling import RunWhy, of_run
from hub.outreach.why import find_customer
from hub.store import runs
from hub.web.auth import allow
from hub.web.pages.campaigns import progress_of
from hub.web.pages.fields import EVERYBODY, path_id, read
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_SHOWN = 50
_NOT_GOT = ("suppressed", "cancelled", "expired", "failed", "abandoned", results.SKIPPED)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows what became of a run; `?who=` answers for one customer."""
    return await _page(request, path_id(request))


async def _page(request: web.Request, run_id: int) -> web.Response:
    services = request.app[SERVICES]
    who, now = request.query.get("who", "")[:200].strip(), services.clock()

    def ask(conn: Connection, number: int) -> dict[str, Any]:
        run = runs.by_id(conn, number)
        return {
            "run": run,
            "progress": progress_of(conn, run),
            "results": results.results(conn, number),
            "comparison": comparing.compare(conn, number, days=results.DAYS),
        }

    def answer(conn: Connection, number: int) -> RunWhy:
        return of_run(conn, number, find_customer(conn, who, services.settings.hub.region), now)

    found = await read(request, ask, run_id)
    why: RunWhy | None = None
    problem = ""
    if who:
        try:
            why = await read(request, answer, run_id)
        except (NotFound, Refused) as error:
            problem = _told(error)
    return render(request, "run.html", who=who, why=why, problem=problem, **found)


def _told(error: HubError) -> str:
    return " ".join(part for part in (error.message, error.next_step) if part)


@allow(*EVERYBODY)
async def people(request: web.Request) -> web.Response:
    """Lists people of a run: those of a state and reason, or all who did not get it."""
    run_id, after = path_id(request), read_id(request.query.get("after", ""), "after") or 0
    state, reason = request.query.get("state", "")[:40], request.query.get("reason", "")[:60]

    def ask(conn: Connection, number: int) -> dict[str, Any]:
        wanted = [state] if state or reason else _NOT_GOT
        rows = [
            person
            for one in wanted
            for person in results.people(conn, number, state=one, reason=reason, after=after, limit=_SHOWN + 1)
        ]
        return {"run": runs.by_id(conn, number), "people": sorted(rows, key=lambda person: person.customer)}

    found = await read(request, ask, run_id)
    rows = found["people"]
    following = rows[_SHOWN - 1].customer if len(rows) > _SHOWN else None
    found["people"] = rows[:_SHOWN]
    return render(request, "run_people.html", state=state, reason=reason, next=following, **found)


@allow(*EVERYBODY)
async def customer(request: web.Request) -> web.Response:
    """Leads to the answer for one customer."""
    run_id, customer_id = path_id(request), path_id(request, "customer")
    await read(request, runs.by_id, run_id)
    return redirect(request, f"/runs/{run_id}?who={customer_id}")


def routes() -> list[web.RouteDef]:
    number = r"/runs/{id:\d+}"
    return [
        web.get(number, show),
        web.get(f"{number}/people", people),
        web.get(f"{number}/customers/{{customer:\\d+}}", customer),
    ]
