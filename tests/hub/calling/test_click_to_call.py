"""A call that staff asks for: their own phone first, then the customer's, once, and on the customer's timeline."""

from __future__ import annotations

import aiohttp
from sqlalchemy import Connection, select

from hub.sandbox.twilio.caller import Caller
from hub.store import consents
from hub.store.tables import IdentityRow, InteractionRow, PlacedCallRow
from tests.builders import NOW
from tests.hub.calling.pharmacy import ADA, OURS, PATIENT, Line


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

        async def place(**more: str) -> tuple[int, object]:
            address = line.room.url(f"/api/v1/customers/{customer}/calls")
            async with http.post(address, json={**body, **more}) as answer:
                return answer.status, await answer.json()

        assert await place() == (200, {"to": PATIENT, "number": ADA})
        assert (await place(channel="nothing"))[0] == 404
        assert (await place(identity="999"))[0] == 404
        line.twilio.fail_next("refuse", code=21211)
        assert (await place())[0] >= 400
    await line.twilio.settle()
    states = await line.write(lambda conn: sorted(conn.scalars(select(PlacedCallRow.state))))
    assert states == ["failed", "placed"]
    # Staff's phone was never answered; their own number became nobody's customer.
    assert await line.write(lambda conn: list(conn.scalars(select(IdentityRow.value)))) == [PATIENT]
