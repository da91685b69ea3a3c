"""A channel switched between the sandbox and live: what waits, what is in hand, and who may still send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from hub.store import health, leases, switching
from hub.store.outbox import plan_messages
from hub.store.switching import Left, Switch, Waiting
from hub.store.tables import IdentityRow, MessageRow
from tests.hub.outreach.conftest import Outdoors

CHANNEL = "main_number"


def wish(out: Outdoors, mode: str = "live", waiting: Waiting = Waiting.REMINDERS) -> Switch:
    was = "sandbox" if mode == "live" else "live"
    return Switch(channel=CHANNEL, mode=mode, was=was, written="sandbox", waiting=waiting, at=out.clock())


async def messages_of_every_kind(out: Outdoors) -> None:
    """A promotion, a reminder of what is to come, one of what is over, and an answer; all due, none sent."""
    customer = await out.customer("tel:+14155550101")
    now = out.clock()

    def plan(conn: Connection) -> None:
        identity = conn.scalar(select(IdentityRow.id).where(IdentityRow.scheme == "tel"))
        kinds = {"offer": "promotional", "reminder": "reminder", "late": "reminder", "answer": "service"}
        rows: list[dict[str, Any]] = [
            {
                "dedupe_key": name,
                "origin": "reply",
                "purpose": purpose,
                "channel": CHANNEL,
                "customer_id": customer,
                "identity_id": identity,
                "content": {"text": f"the {name}"},
                "state": "ready",
                "due_at": now,
                "expires_at": now - timedelta(minutes=1) if name == "late" else now + timedelta(hours=2),
                "planned_at": now,
            }
            for name, purpose in kinds.items()
        ]
        plan_messages(conn, rows)

    await out.write(plan)


async def by_name(out: Outdoors) -> dict[str, tuple[str, str]]:
    return {row["dedupe_key"]: (row["state"], row["reason"]) for row in await out.messages()}


GONE = ("cancelled", "channel_switched")
READY = ("ready", "")


@pytest.mark.parametrize(
    ("waiting", "left", "paused"),
    [
        (Waiting.REMINDERS, {"offer": GONE, "reminder": READY, "late": GONE, "answer": GONE}, False),
        (Waiting.CANCEL, {"offer": GONE, "reminder": GONE, "late": GONE, "answer": GONE}, False),
        (Waiting.HOLD, {"offer": READY, "reminder": READY, "late": READY, "answer": READY}, True),
    ],
    ids=["reminders to come go out", "all cancelled", "all held"],
)
async def test_what_waits_becomes_what_was_chosen(
    out: Outdoors, waiting: Waiting, left: dict[str, tuple[str, str]], paused: bool
) -> None:
    await messages_of_every_kind(out)
    seen = await out.write(switching.left, CHANNEL, out.clock())
    assert seen == Left(promotions=1, reminders=1, others=2)
    cancelled = await out.write(switching.switch, wish(out, waiting=waiting))
    assert await by_name(out) == left
    assert cancelled == list(left.values()).count(GONE)
    states = await out.write(health.channel_states)
    assert bool(states.get(CHANNEL, {}).get("paused_at")) is paused


async def test_nothing_is_sent_by_a_process_that_has_not_taken_up_the_new_settings(out: Outdoors) -> None:
    await messages_of_every_kind(out)
    behind = out.dispatcher("one")
    await out.write(switching.switch, wish(out))
    assert await behind.run_once() == 0
    assert out.texts() == []
    assert (await by_name(out))["reminder"] == READY
    out.settings = out.settings.of_epoch(1, out.settings)
    await out.dispatcher("two").run_once()
    assert out.texts() == ["the reminder"]


async def test_what_was_claimed_is_taken_back_before_it_is_handed_over(out: Outdoors) -> None:
    await messages_of_every_kind(out)
    dispatcher = out.dispatcher("one")
    now = out.clock()
    claimed = await out.write(lambda conn: dispatcher._claim(conn, (CHANNEL, 10)))
    assert len(claimed) == 4
    await out.write(switching.switch, wish(out, waiting=Waiting.REMINDERS))
    left = await by_name(out)
    assert left == {"offer": GONE, "reminder": READY, "late": GONE, "answer": GONE}
    assert all(row["worker"] == "" for row in await out.messages())
    assert now <= out.clock()


async def test_what_was_handed_over_is_never_sent_a_second_time(out: Outdoors) -> None:
    await messages_of_every_kind(out)

    def hand_over(conn: Connection) -> None:
        conn.execute(update(MessageRow).where(MessageRow.dedupe_key == "answer").values(state="unknown"))
        conn.execute(update(MessageRow).where(MessageRow.dedupe_key == "reminder").values(state="submitting"))

    await out.write(hand_over)
    switched = wish(out)
    await out.write(switching.switch, switched)
    rows = {row["dedupe_key"]: row for row in await out.messages()}
    assert (rows["answer"]["state"], rows["answer"]["reason"]) == ("abandoned", "channel_switched")
    assert rows["reminder"]["state"] == "submitting"
    assert rows["reminder"]["expires_at"] <= switched.at, "its outcome is still written down, but it is too late"


async def test_the_real_mailbox_and_the_sandboxs_are_read_on_where_each_was_left(out: Outdoors) -> None:
    def position(conn: Connection) -> Any:
        return leases.read_cursor(conn, CHANNEL, "INBOX")

    def read_to(conn: Connection, where: int) -> None:
        leases.move_cursor(conn, CHANNEL, "INBOX", {"at": where}, out.clock())

    await out.write(read_to, 1)
    await out.write(switching.switch, wish(out, "live"))
    assert await out.write(position) is None
    await out.write(read_to, 100)
    await out.write(switching.switch, wish(out, "sandbox", Waiting.HOLD))
    assert await out.write(position) == {"at": 1}
    await out.write(switching.switch, wish(out, "live"))
    assert await out.write(position) == {"at": 100}


async def test_a_reader_under_the_old_settings_loses_its_lease(out: Outdoors) -> None:
    now = out.clock()
    lease = await out.write(leases.take_lease, f"poll:{CHANNEL}/INBOX", "one", now, timedelta(minutes=1))
    await out.write(switching.switch, wish(out))
    with pytest.raises(leases.LeaseLost):
        await out.write(leases.fence, lease)


async def test_only_what_differs_from_the_file_is_kept(out: Outdoors) -> None:
    await out.write(switching.switch, wish(out, "live"))
    assert await out.write(switching.modes) == {CHANNEL: "live"}
    await out.write(switching.switch, wish(out, "sandbox", Waiting.HOLD))
    assert await out.write(switching.modes) == {}


async def test_what_the_sandbox_took_over_is_counted_since_it_is_one(out: Outdoors) -> None:
    await messages_of_every_kind(out)
    await out.dispatcher().run_once()
    sent = [row for row in await out.messages() if row["state"] == "accepted"]
    assert len(sent) == 2
    count = await out.write(switching.would_have_sent, {CHANNEL: None}, 100)
    assert count == 2
    assert await out.write(switching.would_have_sent, {CHANNEL: None}, 1) == 1
    assert await out.write(switching.would_have_sent, {CHANNEL: out.clock() + timedelta(seconds=1)}, 100) == 0
