"""Runs of campaigns: their results, and who got a message, who did not, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from hub.outreach.campaigning import comparing, results, telling
from hub.store import campaigns
from hub.store import runs as store
from hub.web.api.call import Call
from hub.web.api.operation import READERS, operation
from hub.web.api.values import ById, Data, Given, Id, Items, Limit, Line, Moment, Told


class Run(Told):
    """One execution of a campaign; `state`: planning, running, paused, cancelled, done or missed."""

    id: Id
    campaign_id: Id
    campaign_version: int
    campaign: str
    title: str
    segment_id: Id
    starts_at: Moment
    state: str
    audience: int
    created_at: Moment
    paused_at: Moment | None
    paused_by: str
    ended_at: Moment | None


class ReasonLine(Told):
    state: str
    reason: str
    words: str
    count: int


class RunClicks(Told):
    """Who followed a link: people by themselves, with the rate of those it was handed over to and its 95% interval.

    `machines`: for how many messages only a mail gateway or a preview opened any; `links`: the most followed first, one
    without `url` stands for all that only one message had.
    """

    people: int
    rate: float
    interval: Data
    machines: int
    links: list[Data]


class RunResults(Told):
    """What came of a run so far; the `reasons` sum to the `audience`. People count within `days` of their message.

    `channels`: how many were handed over by which.
    """

    run: Run
    audience: int
    states: Data
    reasons: list[ReasonLine]
    accepted: int
    delivered: int
    undelivered: int
    days: int
    replies: int
    clicks: RunClicks | None
    opt_outs: int
    buyers: int
    purchases: int
    amounts: Data
    channels: Data


class Person(Told):
    """Somebody of a run's audience; `state` is `skipped` where no message was written."""

    customer: Id
    name: str
    to: str
    state: str
    reason: str
    words: str
    message: Id | None


class RunWhy(Told):
    """Why one customer got a run's message, or did not."""

    run: Id
    campaign: str
    title: str
    starts_at: Moment
    state: str
    customer: Id
    in_audience: bool
    words: str
    skipped: str
    seen: Data
    story: Data | None
    in_segment_now: bool
    conditions: list[Data]


class Comparison(Told):
    """What came of each variant (a, b, ...) and of the holdout, within `days`; null without any.

    Each measure has its hits, rate and 95% interval (Wilson), and by how much it differs from the holdout's (Newcombe).
    `winners`: by measure, the variant that beats every other one with significance.
    """

    days: int
    arms: list[Data]
    winners: dict[str, str]


class Compared(Told):
    comparison: Comparison | None


class ResultsQuery(Given):
    days: Annotated[int, Field(ge=1, le=366)] = results.DAYS


class PeopleQuery(Given):
    """`after`: the last customer of the page before."""

    state: Line = ""
    reason: Line = ""
    after: Id | None = None
    limit: Limit = 50


class ByRunAndCustomer(Given):
    id: Id
    customer_id: Id


@operation("GET", "/campaigns/{id}/runs", roles=READERS, summary="The runs of a campaign, newest first")
async def list_campaign_runs(call: Call, path: ById) -> Items[Run]:
    await call.read(campaigns.by_id, path.id)
    return Items[Run].model_validate({"items": await call.read(store.of_campaign, path.id)})


@operation("GET", "/runs/{id}", roles=READERS, summary="The results of a run")
async def get_run(call: Call, path: ById, query: ResultsQuery) -> RunResults:
    found = await call.read(results.results, path.id, days=query.days)
    return RunResults.model_validate(found.as_json())


@operation("GET", "/runs/{id}/arms", roles=READERS, summary="Variants and holdout of a run compared, with intervals")
async def get_run_arms(call: Call, path: ById, query: ResultsQuery) -> Compared:
    found = await call.read(comparing.compare, path.id, days=query.days)
    return Compared.model_validate({"comparison": asdict(found) if found else None})


@operation("GET", "/runs/{id}/people", roles=READERS, summary="Who of a run's audience got it, who did not, and why")
async def list_run_people(call: Call, path: ById, query: PeopleQuery) -> Items[Person]:
    found = await call.read(
        results.people,
        path.id,
        state=query.state,
        reason=query.reason,
        after=query.after or 0,
        limit=query.limit,
    )
    following = str(found[-1].customer) if len(found) == query.limit else None
    return Items[Person].model_validate({"items": found, "next": following})


@operation("GET", "/runs/{id}/customers/{customer_id}", roles=READERS, summary="Why somebody got a message or not")
async def get_run_customer(call: Call, path: ByRunAndCustomer) -> RunWhy:
    found = await call.read(telling.of_run, path.id, path.customer_id, call.now)
    return RunWhy.model_validate(found.as_json())
