"""Telling: why somebody got a campaign's message, or did not, run by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.campaign import RunState
from hub.model.errors import NotFound
from hub.outreach import why
from hub.outreach.reasons import in_words
from hub.outreach.why import Story
from hub.store import audience, campaigns, runs, segments
from hub.store.tables import CustomerRow, MessageRow, RunSkipRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWhy:
    """What one run did about one customer. `words`: the answer in a sentence.

    `in_audience`: the run has considered them; `in_segment_now`: they belong now, which may differ; `conditions`: what
    the segment asks and whether it is so for them now. `story`: of their message; `skipped`: why they got none.
    """

    run: int
    campaign: str
    title: str
    starts_at: datetime
    state: str
    customer: int
    in_audience: bool
    words: str
    skipped: str
    seen: Mapping[str, Any]
    story: Story | None
    in_segment_now: bool
    conditions: Sequence[tuple[str, bool]]

    def as_json(self) -> dict[str, Any]:
        """Returns the same for machines."""
        conditions = [{"words": words, "holds": holds} for words, holds in self.conditions]
        story = self.story.as_json() if self.story else None
        return {**asdict(self), "conditions": conditions, "story": story}


def of_run(conn: Connection, run_id: int, customer_id: int, now: datetime) -> RunWhy:
    """Returns why a customer got a run's message, or did not. Raises NotFound."""
    run = runs.by_id(conn, run_id)
    _check_customer(conn, customer_id)
    segment = segments.by_id(conn, run["segment_id"]).segment
    message = conn.scalar(
        select(MessageRow.id).where(MessageRow.run_id == run_id, MessageRow.customer_id == customer_id).limit(1)
    )
    skip = conn.execute(
        select(RunSkipRow.reason, RunSkipRow.seen).where(
            RunSkipRow.run_id == run_id, RunSkipRow.customer_id == customer_id
        )
    ).one_or_none()
    story = why.story(conn, message) if message is not None else None
    belongs = bool(audience.members(conn, segment, now, after=customer_id - 1, limit=1) == [customer_id])
    return RunWhy(
        run=run_id,
        campaign=run["campaign"],
        title=run["title"],
        starts_at=run["starts_at"],
        state=run["state"],
        customer=customer_id,
        in_audience=story is not None or skip is not None,
        words=_words(run, story, skip, belongs),
        skipped=skip.reason if skip else "",
        seen=skip.seen if skip else {},
        story=story,
        in_segment_now=belongs,
        conditions=[(str(said), holds) for said, holds in audience.explain(conn, segment, now, customer_id)],
    )


def of_campaign(conn: Connection, name: str, customer_id: int, now: datetime, limit: int = 10) -> list[RunWhy]:
    """Returns the same for each run of a campaign, newest first. Raises NotFound."""
    campaign = campaigns.by_name(conn, name)
    if campaign is None:
        raise NotFound(f"There is no campaign {name!r}.")
    found = runs.of_campaign(conn, campaign["id"], limit)
    return [of_run(conn, run["id"], customer_id, now) for run in found]


def _check_customer(conn: Connection, customer_id: int) -> None:
    if conn.scalar(select(CustomerRow.id).where(CustomerRow.id == customer_id)) is None:
        raise NotFound(f"There is no customer {customer_id}.")


def _words(run: Mapping[str, Any], story: Story | None, skip: Any, belongs: bool) -> str:
    if story is not None:
        return story.words
    if skip is not None:
        return in_words("", skip.reason, skip.seen)
    if run["state"] == RunState.MISSED:
        return "The campaign did not run: it was too late for it when it could start."
    if run["state"] in (RunState.PLANNING, RunState.PAUSED) and belongs:
        return "Not planned yet: the run has not come to this customer."
    if run["state"] == RunState.CANCELLED and belongs:
        return "Not planned: the campaign was cancelled before it came to this customer."
    return "Not planned: this customer was not in the segment when the campaign ran."
