"""A call that staff asks for: their own phone first, then the customer's, once, and on the customer's timeline."""

from __future__ import annotations

import aiohttp
import pytest
from sqlalchemy import Connection, select

from hub.desk.calling import Wanted
from hub.model.errors import Unknown
from hub.outreach.placed_calls import PlacedCalls
from hub.sandbox.twilio.caller import Caller
from hub.store import consents
from hub.store.audit import Actor
from hub.store.tables import IdentityRow, InteractionRow, PlacedCallRow
from hub.web import calling
from tests.builders import NOW
from tests.hub.calling.pharmacy import ADA, BOB, OURS, PATIENT, Line


async def test_staffs_phone_rings_first_then_the_customers_and_the_callback_is_done(line: Line) -> None:
    await line.follow()
    await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["1", "1"]))
    assert await line.tasks() == ["open"]
    customer = await line.name("Grace Hopper")
    await line.write(lambda conn: consents.suppress(conn, f"tel:{PATIENT}", "stop", NOW))
    line.twilio.answering |= {ADA, PATIENT}
    line.twilio.keys[ADA] = "1"
    identity = await line.write(lambda conn: conn.scalar(select(IdentityRow.id).where(IdentityRow.value == PATIENT)))
    async with line.room.browser("agent") as browser:
        page = await browser.get(f"/customers/{customer}/call")
        assert f"Do not call {PATIENT} unless you must" in page.text
        form = {"key": "once", "identity": str(identity), "number": ADA, "channel": "phone"}
        for _ in range(2):  # pressed twice
            answer = await browser.post(f"/customers/{customer}/call", form)
            assert (answer.status, answer.headers["Location"]) == (303, f"/customers/{customer}")
        refused = await browser.post(f"/customers/{customer}/call", {**form, "key": "two", "number": OURS})
        assert (refused.status, "in no roster" in refused.text) == (422, True)
    await line.twilio.settle()
    placed = [each for each in line.twilio.account.calls.values() if each.direction == "outbound-api"]
    assert [(each.to, each.status) for each in placed] == [(ADA, "completed")]

    def kept(conn: Connection) -> tuple[list[tuple[str, int]], list[str]]:
        calls = conn.execute(select(InteractionRow.direction, InteractionRow.identity_id).order_by(InteractionRow.id))
        return [(row.direction, row.identity_id) for row in calls], list(conn.scalars(select(PlacedCallRow.state)))

    calls, states = await line.write(kept)
    assert sorted(calls) == [("in", identity), ("out", identity)]
    assert states == ["placed"]
    assert await line.tasks() == ["done"]


async def test_a_call_over_the_api_and_one_that_the_provider_refuses(line: Line) -> None:
    await line.twilio.calls.receive(PATIENT, OURS, Caller())
    identity, customer = await line.write(
        lambda conn: tuple(conn.execute(select(IdentityRow.id, IdentityRow.customer_id)).one())
    )
    body = {"identity": str(identity), "number": ADA, "channel": "phone"}
    headers = {"Authorization": f"Bearer {await line.room.token('agent')}"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def place(key: str = "", **more: str) -> tuple[int, object]:
            address = line.room.url(f"/api/v1/customers/{customer}/calls")
            once = {"Idempotency-Key": key} if key else {}
            async with http.post(address, json={**body, **more}, headers=once) as answer:
                return answer.status, await answer.json()

        asked = (200, {"to": PATIENT, "number": ADA, "state": "placed"})
        assert [await place("a"), await place("a")] == [asked, asked], "rung once"
        assert (await place("a", number=BOB))[0] == 422
        rung = [each.to for each in line.twilio.account.calls.values() if each.direction == "outbound-api"]
        assert rung == [ADA]
        assert (await place(channel="nothing"))[0] == 404
        assert (await place(identity="999"))[0] == 404
        line.twilio.fail_next("refuse", code=21211)
        assert (await place())[0] >= 400
    await line.twilio.settle()
    states = await line.write(lambda conn: sorted(conn.scalars(select(PlacedCallRow.state))))
    assert states == ["failed", "placed"]
    # Staff's phone was never answered; their own number became nobody's customer.
    assert await line.write(lambda conn: list(conn.scalars(select(IdentityRow.value)))) == [PATIENT]


@pytest.mark.parametrize(
    ("fault", "minutes", "state"),
    [
        pytest.param("lost_answer", 0, "placed", id="its hooks tell of it"),
        pytest.param("500_after", 2, "placed", id="found in the list"),
        pytest.param("500_before", 11, "failed", id="proven absent, for the list may lag"),
    ],
)
async def test_a_call_whose_answer_was_lost_is_looked_up_and_never_rung_again(
    line: Line, fault: str, minutes: int, state: str
) -> None:
    await line.twilio.calls.receive(PATIENT, OURS, Caller())
    identity, customer = await line.write(
        lambda conn: tuple(conn.execute(select(IdentityRow.id, IdentityRow.customer_id)).one())
    )
    services = line.room.services
    line.twilio.fail_next(fault)
    wanted = Wanted(key="k", channel="phone", customer_id=customer, identity_id=identity, number=ADA)
    by = Actor(name="ada", at=services.clock(), key=services.keys.audit)
    with pytest.raises(Unknown):
        await calling.place(services, wanted, by)
    await line.twilio.settle()
    look_up = PlacedCalls(services.database, services.channels, services.clock)
    for minute in range(2, minutes + 1, 9):
        line.room.clock.at = services.clock().replace(minute=minute)
        await look_up.run_once()
    assert not (await calling.place(services, wanted, by)).new
    assert await line.write(lambda conn: conn.scalar(select(PlacedCallRow.state))) == state
    rung = [each for each in line.twilio.account.calls.values() if each.direction == "outbound-api"]
    assert len(rung) == (fault != "500_before")
