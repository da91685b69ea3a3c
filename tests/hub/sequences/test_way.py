"""A customer's way through a sequence: in by an event, on by steps, out by STOP, an answer or the end; once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.hub.sequences.conftest import BOTH, MAIL, Following, definition, sends, waits

TWO_MAILS = definition(
    entry={"form": "contact", "again_days": 30},
    first=sends("pause"),
    pause=waits("second", days=3),
    second=sends("done"),
    done={"kind": "end"},
)


@BOTH
@pytest.mark.outbound("schedule-form")
async def test_a_posted_form_leads_through_two_mails_to_the_end_once_for_all_processes(following: Following) -> None:
    ada = await following.market.customer(MAIL)
    await following.on(**TWO_MAILS)
    await following.posts(form="newsletter")
    await following.posts(form="contact")
    await following.posts(form="contact")
    other = await following.out.another_database()
    for _ in range(2):
        await asyncio.gather(following.sequences().run_once(), following.sequences(other).run_once())
    await following.out.send()
    assert len(following.out.mails()) == 1
    assert await following.where(ada) == ("active", "second", "")
    await following.send(days=2, hours=23)
    assert len(following.out.mails()) == 1
    await following.send(hours=1, minutes=1)
    assert len(following.out.mails()) == 2
    assert await following.where(ada) == ("done", "", "")
    assert await following.steps(ada) == [
        ("first", "planned"), ("pause", "waited"), ("second", "planned"), ("done", "ended"),
    ]  # fmt: skip
    found = await following.results()
    assert (found.entered, found.done, found.active) == (1, 1, 0)
    assert {name: step.sent for name, step in found.steps.items() if step.messages} == {"first": 1, "second": 1}
    # Again only after thirty days; the same post never.
    await following.posts()
    await following.run()
    assert (await following.results()).entered == 1
    await following.run(days=31)
    assert (await following.results()).entered == 1
    await following.posts()
    await following.run()
    assert (await following.results()).entered == 2


async def test_a_stop_ends_it_and_what_waits_is_not_sent(following: Following) -> None:
    ada = await following.market.customer(MAIL)
    grace = await following.market.customer("mailto:grace@example.com")
    await following.on(**TWO_MAILS)
    await following.posts()
    await following.posts("grace@example.com")
    await following.run()
    # Planned, not sent yet: the gate asks once more.
    await following.says(text="STOP")
    await following.run()
    await following.out.send()
    assert await following.where(ada) == ("left", "pause", "stop") or (await following.where(ada))[2] == "stop"
    assert [row["state"] for row in await following.out.messages()] == ["cancelled", "accepted"]
    await following.send(days=4)
    assert (await following.where(grace))[0] == "done"


async def test_an_answer_ends_it_where_so_set_else_it_leads_on(following: Following) -> None:
    ada = await following.market.customer(MAIL)
    asks = definition(
        ask=sends("listen"),
        listen={"kind": "wait_reply", "minutes": 2 * 1440, "replied": "fork", "silent": "remind"},
        fork={"kind": "branch", "asks": "reply", "yes": "thanks", "no": "call"},
        thanks=sends(),
        call={"kind": "task", "title": "Call {name}", "days": 2},
        remind=sends(),
    )
    await following.on("asking", **asks)
    await following.on("leaving", **{**TWO_MAILS, "leaves_at_reply": True})
    await following.posts()
    await following.send()
    await following.says(text="Yes, I will be there")
    await following.send(minutes=1)
    assert (await following.where(ada, "leaving"))[2] == "reply"
    assert (await following.steps(ada))[-1:] == [("thanks", "planned")] or await following.where(ada, "asking")
    assert await following.where(ada, "asking") == ("done", "", "")
    grace = await following.market.customer("mailto:grace@example.com")
    await following.posts("grace@example.com")
    await following.send()
    await following.send(days=2, minutes=1)
    assert await following.where(grace, "asking") == ("done", "", "")
    steps = (await following.results("asking")).steps
    assert steps["listen"].outcomes == {"replied": 1, "silent": 1}
    assert steps["remind"].sent == steps["thanks"].sent == 1


@pytest.mark.outbound("late-downtime")
async def test_three_days_of_downtime_never_end_in_a_burst(following: Following) -> None:
    ada = await following.market.customer(MAIL)
    daily = {f"mail{day}": sends(f"pause{day}") for day in range(5)}
    pauses = {f"pause{day}": waits(f"mail{day + 1}", days=1) for day in range(5)}
    await following.on(**definition(start="mail0", more_steps=daily | pauses, mail5=sends()))
    await following.posts()
    await following.send()
    await following.posts("late@example.com")
    # Nothing runs for three days and two hours.
    await following.send(days=3, hours=2)
    assert len(following.out.mails()) == 1
    outcomes = dict(await following.steps(ada))
    assert [outcomes.get(f"mail{day}") for day in range(4)] == ["planned", "too_late", "too_late", "too_late"]
    # What happened so long ago lets nobody in any more.
    assert (await following.results()).entered == 1
    assert await following.where(ada) == ("active", "mail4", "")
    await following.send(hours=22)
    assert len(following.out.mails()) == 2


async def test_a_paused_sequence_holds_what_waits_and_one_that_is_off_lets_everybody_go(following: Following) -> None:
    ada = await following.market.customer(MAIL)
    await following.on(**TWO_MAILS)
    await following.posts()
    await following.run()
    await following.switch("paused")
    await following.out.send()
    assert [(row["state"], row["reason"]) for row in await following.out.messages()] == [("held", "sequence_paused")]
    await following.switch("on")
    following.out.clock.pass_(minutes=11)
    await following.out.send()
    assert len(following.out.mails()) == 1
    await following.switch("off")
    assert await following.where(ada) == ("left", "second", "off")
    await following.send(days=4)
    assert len(following.out.mails()) == 1


@pytest.mark.outbound("schedule-recipient")
async def test_a_wait_until_a_time_of_day_is_on_the_customers_own_clock(following: Following) -> None:
    ada = await following.market.customer(MAIL, time_zone="America/New_York", country="US")
    await following.on(**definition(pause=waits("hello", minutes=60, at="10:30"), hello=sends()))
    await following.posts()
    await following.run()
    due = await following.due(ada)
    local = due.astimezone(ZoneInfo("America/New_York"))
    assert (local.hour, local.minute) == (10, 30)
    assert timedelta(minutes=59) < due - following.out.clock() < timedelta(days=1, hours=1)
