"""Webhooks of sequences tell other systems of nobody who is known by what is about health."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.desk import sensitive as desk
from hub.model.errors import Refused
from hub.outreach.sequencing.webhooks import WebhookSender
from hub.store import segments, sensitive, sequences
from hub.store.tables import JobRow
from tests.hub.outreach.conftest import KEYS
from tests.hub.sequences.conftest import MAIL, Following, definition
from tests.hub.sequences.conftest import following as following

HOOK = {"kind": "webhook", "url": "https://shop.example.com/hub"}
ASKS = {"kind": "wait_reply", "minutes": 60, "replied": "tell", "silent": "tell"}


async def _jobs(following: Following) -> list[tuple[str, dict[str, Any], str]]:
    def ask(conn: Connection) -> list[tuple[str, dict[str, Any], str]]:
        rows = conn.execute(select(JobRow.state, JobRow.payload, JobRow.last_error).order_by(JobRow.id)).all()
        return [(row.state, row.payload, row.last_error) for row in rows]

    found: list[tuple[str, dict[str, Any], str]] = await following.out.write(ask)
    return found


@pytest.mark.law("sensitive-role")
async def test_nobody_outside_learns_who_was_chosen_by_what_is_about_health(following: Following) -> None:
    out, market = following.out, following.market
    ada = await market.customer(MAIL)
    await following.on(**definition(tell=HOOK, entry={"again_days": 0}))
    await following.posts()
    await following.run()
    told: list[bytes] = []

    async def post(_url: str, body: bytes, _headers: Mapping[str, str]) -> int:
        told.append(body)
        return 204

    sender = WebhookSender(out.database, KEYS, post, "one", out.clock)
    await out.write(lambda conn: desk.mark(conn, sensitive.FORM, "contact", market.by))
    assert await sender.run_once() == 1
    assert told == [], "marked since it was queued"
    [(state, _, error)] = await _jobs(following)
    assert state != "done"
    assert "about health" in error
    await following.posts()
    await following.run(minutes=5)
    assert await following.steps(ada) == [("tell", "follows_health_form")]
    assert len(await _jobs(following)) == 1
    with pytest.raises(Refused, match="another system"):
        await out.write(sequences.save, "welcome", definition(tell=HOOK, title="Anew"), "Max", out.clock())


@pytest.mark.law("sensitive-role")
async def test_a_webhook_names_no_interaction_that_is_about_health(following: Following) -> None:
    out, market = following.out, following.market
    await market.customer(MAIL)
    await following.on(**definition(ask=ASKS, tell=HOOK))
    await following.posts()
    await following.run()
    await out.write(lambda conn: desk.mark(conn, sensitive.CHANNEL, "support_mail", market.by))
    await following.says(text="It hurts again", channel="support_mail")
    await following.run(minutes=5)
    [(_, payload, _)] = await _jobs(following)
    assert set(payload["data"]["context"]) == {"key", "interaction"}, "what they answered is about health"
    assert "hurts" not in json.dumps(payload)


@pytest.mark.law("sensitive-role", "sensitive-unsaid")
async def test_a_sequence_that_chooses_by_health_has_no_webhook(following: Following) -> None:
    out, market = following.out, following.market

    def work(conn: Connection) -> None:
        desk.mark(conn, sensitive.FACT, "diagnosis", market.by)
        segments.save(conn, "ill", "Ill", {"all": [{"about": "fact", "is": "known", "name": "diagnosis"}]}, "Max",
                      out.clock())  # fmt: skip
        entry = {"segment": "ill"}
        with pytest.raises(Refused, match="Nor is another system told"):
            sequences.save(conn, "ill", definition("segment_entered", entry=entry, tell=HOOK), "Max", out.clock())

    await out.write(work)
