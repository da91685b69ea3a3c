"""What lets a customer in: each kind of event once, only who is meant, and who says it again only by the rule."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.outreach.sequencing.webhooks import WebhookSender, secret_of
from hub.store import appointments, jobs, segments
from hub.store.tables import ConversationRow, CustomerRow, IdentityRow, JobRow, PurchaseRow, TaskRow
from tests.hub.outreach.conftest import KEYS
from tests.hub.outreach.sending import queue_reply
from tests.hub.sequences.conftest import MAIL, Following, definition, sends

TASK = {"kind": "task", "title": "Call {name}"}


@pytest.mark.outbound("schedule-detractor")
async def test_a_purchase_an_appointment_a_bad_score_and_a_segment_each_let_somebody_in(following: Following) -> None:
    out = following.out
    ada = await following.market.customer(MAIL, display_name="Ada")
    await out.write(
        lambda conn: segments.save(
            conn, "gold", "Gold", {"all": [{"about": "fact", "is": "equal", "name": "tier", "value": "gold"}]},
            "tests", out.clock(),
        )
    )  # fmt: skip
    for name, on, entry in (
        ("bought", "purchase", {}),
        ("came", "appointment_kept", {}),
        ("missed", "appointment_missed", {}),
        ("cancelled", "appointment_cancelled", {}),
        ("unhappy", "survey_detractor", {}),
        ("golden", "segment_entered", {"segment": "gold"}),
        ("only_gold", "purchase", {"segment": "gold"}),
    ):
        await following.on(name, **definition(on, entry=entry, call=TASK))
    await following.run()
    kept = await out.appointment(ada, hours=1)
    off = await out.appointment(ada, hours=100)
    await out.write(_bought, ada, out.clock())
    await following.says(text="", extra={"nps": "3"})
    await out.write(lambda conn: appointments.close(conn, kept, revision=1, attended=True, now=out.clock()))
    await out.write(lambda conn: appointments.cancel(conn, off, revision=1, now=out.clock()))
    await out.write(_fact, ada, "gold")
    await following.run(minutes=6)
    entered = {name: (await following.results(name)).entered for name in
               ("bought", "came", "missed", "cancelled", "unhappy", "golden")}  # fmt: skip
    assert entered == {"bought": 1, "came": 1, "missed": 0, "cancelled": 1, "unhappy": 1, "golden": 1}
    assert (await following.results("only_gold")).entered == 1
    tasks = await out.write(lambda conn: list(conn.scalars(select(TaskRow.title).where(TaskRow.kind == "sequence"))))
    assert tasks == ["Call Ada"] * 6
    # Out of the segment and in again is another time, which this sequence does not want.
    await out.write(_fact, ada, "silver")
    await following.run(minutes=6)
    await out.write(_fact, ada, "gold")
    await following.run(minutes=6)
    assert (await following.results("golden")).entered == 1


@pytest.mark.outbound("schedule-no-reply")
async def test_no_reply_for_three_days_lets_in_who_was_written_to_by_staff(following: Following) -> None:
    out = following.out
    await following.market.customer(MAIL)
    await following.on("silent", **definition("no_reply", entry={"days": 3}, nudge=sends()))
    await following.says()
    row = await out.write(_waits_for_an_answer)
    await queue_reply(out, row)
    out.clock.pass_(seconds=11)
    await out.send()
    await following.run(days=2, hours=23)
    assert (await following.results("silent")).entered == 0
    await following.run(hours=1, minutes=6)
    assert (await following.results("silent")).entered == 1
    await following.run(minutes=6)
    assert (await following.results("silent")).entered == 1


async def test_a_webhook_is_signed_and_told_until_it_is_taken(following: Following) -> None:
    out = following.out
    await following.market.customer(MAIL)
    await following.on(**definition(tell={"kind": "webhook", "url": "https://shop.example.com/hub"}))
    await following.posts(name="Ada")
    await following.run()
    told: list[tuple[str, bytes, Mapping[str, str]]] = []
    answers = iter([503, 204])

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        told.append((url, body, headers))
        return next(answers)

    sender = WebhookSender(out.database, KEYS, post, "one", out.clock)
    assert await sender.run_once() == 1
    assert await sender.run_once() == 0
    out.clock.pass_(minutes=1)
    assert await sender.run_once() == 1
    url, body, headers = told[-1]
    key = base64.b64decode(secret_of(KEYS, "welcome").removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert told[0][2]["webhook-id"] == headers["webhook-id"]
    assert (url, json.loads(body)["data"]["step"]) == ("https://shop.example.com/hub", "tell")
    assert await out.write(lambda conn: conn.scalars(select(JobRow.state)).all()) == ["done"]


def _bought(conn: Connection, customer: int, now: Any) -> None:
    row = {
        "customer_id": customer,
        "source": "till",
        "external_id": "p1",
        "state": "paid",
        "amount": Decimal(10),
        "currency": "EUR",
        "bought_at": now - timedelta(hours=1),
        "created_at": now,
        "changed_at": now,
    }
    made = conn.execute(insert(PurchaseRow).values(**row).returning(PurchaseRow.id)).scalar_one()
    event = {"kind": "purchase.recorded", "customer_id": customer, "interaction_id": None, "at": now}
    jobs.emit(conn, [{**event, "data": {"purchase": made}}])


def _waits_for_an_answer(conn: Connection) -> dict[str, Any]:
    conn.execute(update(ConversationRow).values(state="waiting"))
    found = conn.execute(
        select(ConversationRow.id, IdentityRow.id.label("identity"), IdentityRow.customer_id).join(
            IdentityRow, IdentityRow.id == ConversationRow.identity_id
        )
    ).one()
    return {
        "scheme": "mailto",
        "channel": "outgoing_mail",
        "customer_id": found.customer_id,
        "identity_id": found.identity,
        "conversation_id": found.id,
    }


def _fact(conn: Connection, customer: int, tier: str) -> None:
    conn.execute(update(CustomerRow).where(CustomerRow.id == customer).values(facts={"tier": tier}))
