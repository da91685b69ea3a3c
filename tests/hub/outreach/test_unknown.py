"""What nobody knows: looked up, proven absent, given up or, for a reminder close to its time, sent once more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from hub.model.errors import Unavailable
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.outreach.outcomes import Kind, Outcome
from hub.outreach.reconcile import Reconciler
from hub.sandbox.twilio import Fault
from hub.store import deliveries, dispatching
from hub.store.recovery import show_alive
from hub.store.session import Database
from hub.store.tables import MessageRow
from tests.hub.outreach.conftest import Outdoors
from tests.hub.outreach.sending import MAIL, PHONE, due_reminder


async def after(out: Outdoors, seconds: float) -> tuple[str, str]:
    out.clock.pass_(seconds=seconds)
    await out.reconcile()
    return (await out.states())[0]


@pytest.mark.outbound("state-reconciled", "twilio-looks", "crash-answered")
async def test_a_text_whose_answer_was_lost_is_found_in_the_list(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    out.twilio.fail_next(Fault.LOST_ANSWER)
    await out.send()
    assert await out.states() == [("unknown", "no_answer")]
    assert await after(out, 20) == ("unknown", "no_answer"), "the list may lag: not yet"
    assert await after(out, 11) == ("accepted", "")
    row = (await out.messages())[0]
    assert row["reference"] in out.twilio.account.messages
    assert row["interaction_id"] is not None
    await out.send()
    assert len(out.texts()) == 1


@pytest.mark.outbound("twilio-looks", "twilio-absent")
async def test_a_text_proven_absent_at_the_last_look_is_sent_again(out: Outdoors) -> None:
    row = await due_reminder(out, PHONE)
    out.twilio.fail_next(Fault.ERROR_BEFORE)
    await out.send()
    assert await after(out, 31) == ("unknown", "not_found_yet")
    assert await after(out, 91) == ("unknown", "not_found_yet")
    await out.send()
    assert out.texts() == [], "never blindly"
    assert await after(out, 481) == ("retry_wait", "proven_absent")
    await out.send()
    assert await out.states() == [("accepted", "")]
    assert len(out.texts()) == 1
    assert [step["seen"].get("look") for step in await out.steps(row["id"]) if step["state"] == "unknown"] == [0, 1, 2]


@pytest.mark.outbound("twilio-absent")
async def test_an_absent_text_that_is_too_late_now_is_given_up(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    out.clock.pass_(minutes=80)  # 34 min before the start, the lead is 30
    out.twilio.fail_next(Fault.ERROR_BEFORE)
    await out.send()
    for seconds in (31, 91, 481):
        state = await after(out, seconds)
    assert state == ("abandoned", "proven_absent_too_late")


@pytest.mark.outbound("never-twice", "unknown-promotion")
async def test_a_promotion_is_never_sent_again_after_it_was_unknown(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    out.twilio.fail_next(Fault.ERROR_BEFORE)
    await out.send()
    await out.write(lambda conn: conn.execute(update(MessageRow).values(purpose="promotional")))
    for seconds in (31, 91, 481):
        state = await after(out, seconds)
    assert state[0] == "abandoned"
    await out.send()
    assert out.texts() == []


@pytest.mark.outbound("unknown-reminder", "state-outcome")
async def test_an_unknown_mail_close_to_its_time_goes_once_more_and_says_so(out: Outdoors) -> None:
    await due_reminder(out)
    out.mailbox.drop("dot", keep=True)
    await out.send()
    assert await out.states() == [("unknown", "no_answer")]
    assert (await out.messages())[0]["phase"] == "dot"
    assert (await after(out, 31))[0] == "unknown", "a bounce or a delivery may still tell"
    assert await after(out, 571) == ("retry_wait", "once_more")
    await out.send()
    row = (await out.messages())[0]
    assert (row["state"], row["content"]["may_arrive_twice"]) == ("accepted", True)
    assert len(out.mails()) == 2


async def test_an_unknown_mail_with_time_left_for_the_next_one_is_given_up(out: Outdoors) -> None:
    await out.appointment(await out.customer(MAIL), hours=23.9)
    await out.plan()
    out.mailbox.drop("dot", keep=False)
    await out.send()
    await after(out, 31)
    assert await after(out, 571) == ("abandoned", "never_known")


@pytest.mark.outbound("smtp-before-dot")
async def test_a_connection_lost_before_the_dot_is_known_not_sent(out: Outdoors) -> None:
    await due_reminder(out)
    out.mailbox.drop("rcpt")
    await out.send()
    assert await out.states() == [("retry_wait", "try_again")]


@pytest.mark.parametrize(
    "status",
    [pytest.param(DeliveryStatus.DELIVERED, id="delivered"), pytest.param(DeliveryStatus.BOUNCED, id="bounced")],
)
@pytest.mark.outbound("state-reconciled")
async def test_news_of_an_unknown_message_prove_that_it_was_accepted(out: Outdoors, status: DeliveryStatus) -> None:
    await due_reminder(out)
    out.mailbox.drop("dot", keep=True)
    await out.send()
    row = (await out.messages())[0]
    news = StatusUpdate(
        channel="support_mail",
        external_id="n1",
        status=status,
        reference=row["rfc_message_id"],
        occurred_at=out.clock(),
    )
    await out.database.write(deliveries.apply_updates, [news])
    await out.reconcile()
    row = (await out.messages())[0]
    assert (row["state"], row["delivery"]) == ("accepted", status.value)
    assert row["interaction_id"] is not None


async def lie(out: Outdoors, state: str, **more: Any) -> None:
    lease = out.clock() + timedelta(minutes=5)
    values = {"state": state, "worker": "dead", "lease_until": lease, "attempt": 1, "body_hash": "x", **more}
    await out.write(lambda conn: conn.execute(update(MessageRow).values(**values)))


@pytest.mark.parametrize(
    ("left", "becomes"),
    [
        pytest.param("claimed", ("ready", "left_lying"), id="claimed: nothing was sent"),
        pytest.param("submitting", ("unknown", "process_died"), id="submitting: nobody knows"),
    ],
)
@pytest.mark.outbound("state-claimed", "crash-claimed", "crash-before-bytes", "unknown-bounded")
async def test_what_a_dead_process_left_is_taken_up_when_its_lease_ends(
    out: Outdoors, left: str, becomes: tuple[str, str]
) -> None:
    await due_reminder(out)
    await lie(out, left)
    await out.reconcile()
    assert (await out.states())[0][0] == left, "its lease still holds"
    out.clock.pass_(minutes=6)
    await out.reconcile()
    assert (await out.states())[0] == becomes


@pytest.mark.parametrize(
    ("left", "becomes"),
    [
        pytest.param("claimed", ("ready", "left_lying"), id="claimed: nothing was sent"),
        pytest.param("submitting", ("unknown", "process_died"), id="submitting: nobody knows"),
    ],
)
async def test_a_process_that_fell_silent_is_dead_and_its_leases_end_at_once(
    out: Outdoors, left: str, becomes: tuple[str, str]
) -> None:
    await due_reminder(out)
    await lie(out, left)
    await out.write(lambda conn: show_alive(conn, "dead", out.clock()))
    out.clock.pass_(seconds=40)
    await out.reconcile()
    assert (await out.states())[0][0] == left, "it may live: it said so 40 s ago"
    out.clock.pass_(seconds=10)
    await out.reconcile()
    assert (await out.states())[0] == becomes


async def test_whatever_a_kill_in_a_big_run_left_doubtful_is_looked_at_in_one_go(out: Outdoors) -> None:
    await due_reminder(out)
    await lie(out, "unknown", reason="process_died", due_at=out.clock())
    row = await out.database.read(lambda conn, _: dispatching.by_ids(conn, [1])[0], None)
    more = [{**row, "id": number, "dedupe_key": f"copy {number}"} for number in range(2, 106)]
    await out.write(lambda conn: conn.execute(insert(MessageRow), more))
    await out.reconcile()
    assert set(await out.states()) == {("unknown", "no_answer")}


@pytest.mark.outbound("twilio-looks")
async def test_texts_are_looked_up_together_and_one_that_cannot_be_stops_no_other(out: Outdoors) -> None:
    await due_reminder(out, PHONE)
    out.twilio.fail_next(Fault.LOST_ANSWER)
    await out.send()
    row = await out.database.read(lambda conn, _: dispatching.by_ids(conn, [1])[0], None)
    absent, unreadable = {**row["content"], "rendered": {"text": "Never sent"}}, {"rendered": "no face of a text"}
    told = [(absent, "0" * 64), (unreadable, row["body_hash"]), (row["content"], row["body_hash"])]
    more = [
        {**row, "id": number, "dedupe_key": f"copy {number}", "content": content, "body_hash": body_hash}
        for number, (content, body_hash) in enumerate(told, 2)
    ]
    await out.write(lambda conn: conn.execute(insert(MessageRow), more))
    out.clock.pass_(seconds=31)
    await out.reconcile()
    looked_at = ("unknown", "no_answer")
    assert await out.states() == [("accepted", ""), ("unknown", "not_found_yet"), looked_at, ("accepted", "")]


@pytest.mark.outbound("crash-after-bytes", "crash-answered")
async def test_the_only_process_takes_it_up_at_its_start(out: Outdoors) -> None:
    await due_reminder(out)
    await lie(out, "submitting")
    await Reconciler(out.dispatcher("new")).recover()
    assert (await out.states())[0] == ("unknown", "process_died")


@pytest.mark.outbound("crash-database", "nothing-lost")
async def test_what_was_sent_while_the_database_was_down_is_kept_and_stored_first(out: Outdoors) -> None:
    await due_reminder(out)
    dispatcher = out.dispatcher()
    real = dispatcher.database

    class Down:
        """The database goes away between the send and its receipt."""

        engine = real.engine
        down = False

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        async def submit(self, work: Any, item: Any) -> Any:
            if self.down:
                raise Unavailable("The database cannot be used now.")
            self.down = True
            return await real.submit(work, item)

    down: Any = Down()
    dispatcher.database = down
    await dispatcher.dispatch()
    await dispatcher.drain()
    kept = list((out.settings.hub.data / "spool").glob("*.json"))
    assert len(kept) == 1
    assert len(out.mails()) == 1
    assert (await out.states())[0][0] == "submitting"
    dispatcher.database = real
    await dispatcher.dispatch()
    assert await out.states() == [("accepted", "")]
    assert list((out.settings.hub.data / "spool").iterdir()) == []
    await dispatcher.run_once()
    assert len(out.mails()) == 1


@pytest.mark.outbound("crash-database")
async def test_a_spooled_answer_still_counts_when_the_lease_has_passed(out: Outdoors) -> None:
    row = await due_reminder(out)
    await lie(out, "unknown", due_at=out.clock() + timedelta(minutes=1))
    told = Outcome(message=row["id"], attempt=1, kind=Kind.ACCEPTED, at=out.clock(), reference="q1")
    stale = Outcome(message=row["id"], attempt=0, kind=Kind.REJECTED, at=out.clock(), why="an older attempt")
    dispatcher = out.dispatcher()
    dispatcher._spool.keep(stale)
    dispatcher._spool.keep(told)
    dispatcher._spool.keep(told)
    (out.settings.hub.data / "spool" / "0.json").write_text("{not json")
    await dispatcher.replay()
    assert await out.states() == [("accepted", "")]
    assert [path.suffix for path in (out.settings.hub.data / "spool").iterdir()] == [".aside"]


@pytest.mark.outbound("state-claimed")
async def test_two_processes_share_the_work_and_send_each_message_once(out: Outdoors) -> None:
    for number in range(40):
        customer = await out.customer(f"mailto:c{number}@example.com", f"tel:+141555502{number:02}")
        await out.appointment(customer, hours=1.9)
    await out.plan()
    other: Database = await out.another_database() if out.database.engine == "postgresql" else out.database
    first, second = out.dispatcher("one"), out.dispatcher("two", other)
    for _ in range(6):
        await asyncio.gather(first.dispatch(), second.dispatch())
        await asyncio.gather(first.drain(), second.drain())
    rows = await out.messages()
    assert [row["state"] for row in rows] == ["accepted"] * 80
    assert len(out.mails()) == 40
    assert len(out.twilio.account.messages) == 40
    assert len({mail.recipients for mail in out.mailbox.caught()}) == 40
