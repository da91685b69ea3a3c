"""How long sending waits, tries again and holds its turn; and that a worker which overslept sends nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from channels.email_smtp.link import FINAL_ANSWER_SECONDS
from hub.model.outbound import State
from hub.outreach.outcomes import Kind, Outcome, _retry
from hub.outreach.pace import Pace
from hub.outreach.submitting import ANSWER_WITHIN
from tests.builders import NOW
from tests.hub.outreach.conftest import Outdoors
from tests.hub.outreach.sending import due_reminder


@pytest.mark.outbound("smtp-24h")
@pytest.mark.parametrize(
    ("valid", "hours", "ends"),
    [
        pytest.param(timedelta(days=3), 24, ("failed", "gave_up"), id="a day, then it is given up"),
        pytest.param(timedelta(hours=5), 4, ("expired", "no_time_left"), id="no longer than it is wanted"),
    ],
)
def test_what_is_refused_for_now_is_tried_again_ever_later(valid: timedelta, hours: int, ends: tuple[str, str]) -> None:
    row, at, attempt, waits = {"expires_at": NOW + valid}, NOW, 1, [timedelta()]
    while True:
        outcome = Outcome(message=1, attempt=attempt, kind=Kind.TEMPORARY, at=at)
        values = _retry(row, outcome)
        if values["state"] != State.RETRY_WAIT:
            break
        waits.append(values["due_at"] - at)
        at, attempt = values["due_at"], attempt + 1
    assert (values["state"], values["reason"]) == ends
    assert waits == sorted(waits)
    assert timedelta(hours=hours) <= at - NOW < timedelta(hours=hours + 2)


@pytest.mark.outbound("smtp-dot-wait")
def test_the_lease_outlasts_the_longest_wait_for_an_answer() -> None:
    assert FINAL_ANSWER_SECONDS == 600, "RFC 5321 4.5.3.2.6"
    assert timedelta(seconds=FINAL_ANSWER_SECONDS) < ANSWER_WITHIN


@pytest.mark.outbound("gate-pace")
async def test_a_text_of_several_parts_takes_as_many_turns() -> None:
    loop, pace = asyncio.get_running_loop(), Pace(50.0)
    began = loop.time()
    await pace.wait(4)
    await pace.wait(1)
    assert loop.time() - began >= 0.075, "never faster, however fast the machine"


@pytest.mark.outbound("crash-lease", "state-claimed", "state-submitting")
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_worker_that_slept_through_its_lease_sends_nothing(out: Outdoors) -> None:
    row = await due_reminder(out)
    asleep = out.dispatcher("asleep")
    claimed = await asleep.claim("outgoing_mail", 10)
    assert [one.id for one in claimed] == [row["id"]]
    out.clock.pass_(minutes=6)
    await out.reconcile()
    other = out.dispatcher("awake")
    taken = await other.claim("outgoing_mail", 10)
    assert await asleep.let_through(claimed) == [], "it is another's now"
    assert len(await other.let_through(taken)) == 1
    [row] = await out.messages()
    assert (row["state"], row["attempt"], row["worker"]) == ("submitting", 1, "awake")
    assert row["body_hash"]
    assert out.mails() == [], "written down before any byte leaves"
    assert await asleep.let_through(claimed) == []
