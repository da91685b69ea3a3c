"""The best channel beside everything else: variants, a holdout, results, reminders of appointments and the month."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.model.arms import HOLDOUT, arm_of
from hub.model.habits import Habits
from hub.outreach import why
from hub.outreach.campaigning.comparing import compare
from hub.outreach.campaigning.results import results
from hub.outreach.campaigning.telling import of_run
from hub.outreach.month import planned
from hub.store import campaigns, consents, habits, reminders, templates
from tests.hub.campaigns.conftest import BOTH, FACES, Marketing, agreement, identity_of
from tests.hub.outreach.conftest import KEYS

MAIL, TEXT = "outgoing_mail", "main_number"
_TEXTS = Habits(many=20, medium="sms", of_medium=14, part_of_day="noon", in_part=13, hour=12, of_hour=13)
_MANY = 40
# They may be written to by mail alone: one said no to offers by text, one has stopped all texts.
_NO_OFFERS, _STOPPED = 3, 4


async def _people(market: Marketing) -> list[int]:
    """Every second one writes by text, and whoever has stopped texts did."""
    everybody = [
        await market.customer(f"mailto:c{number}@example.com", f"tel:+42077712{number:04}") for number in range(_MANY)
    ]
    now = market.out.clock()

    def happen(conn: Connection) -> None:
        writers = [one for number, one in enumerate(everybody) if number % 2 or number == _STOPPED]
        habits.keep(conn, (sorted(writers), dict.fromkeys(writers, _TEXTS), now))
        no = agreement(identity_of(conn, f"+42077712{_NO_OFFERS:04}"), now, granted=False)
        consents.record(conn, [no], KEYS.consent)
        consents.suppress(conn, f"tel:+42077712{_STOPPED:04}", "stop", now)
        other = {**FACES, "text": "The other one, {{ campaign.code }}\n"}
        templates.save(conn, name="other", language="en", purpose="promotional", faces=other, now=now)

    await market.out.write(happen)
    return everybody


def _by_mail(number: int) -> bool:
    return number % 2 == 0 or number == _NO_OFFERS


@BOTH
@pytest.mark.outbound("arms", "results", "run-why", "run-sums")
async def test_variants_and_a_holdout_go_by_each_customers_best_channel(market: Marketing) -> None:
    out = market.out
    everybody = await _people(market)
    campaign = await market.draft(best_of=[TEXT], variants={"b": "other"}, holdout=20)
    name = (await out.write(campaigns.by_id, campaign))["name"]
    arms = {one: arm_of(name, one, ["b"], 20) for one in everybody}
    written = [one for one in everybody if arms[one] != HOLDOUT]
    ways = Counter(MAIL if _by_mail(everybody.index(one)) else TEXT for one in written)
    flight = await market.plan(campaign)
    assert (dict(flight.channels), flight.skipped[HOLDOUT]) == (dict(ways), _MANY - len(written))
    assert sum(flight.arms.values()) == len(written)
    assert set(flight.arms) == {"a", "b"}
    await market.launch(campaign, flight.hash)
    await market.run()
    await out.send()
    rows = {row["customer_id"]: row for row in await out.messages()}
    assert {one: row["channel"] for one, row in rows.items()} == {
        one: MAIL if _by_mail(everybody.index(one)) else TEXT for one in written
    }
    found = await out.write(results, 1)
    assert (found.channels, found.audience, found.accepted) == (dict(ways), _MANY, len(written))
    compared: Any = await out.write(lambda conn: compare(conn, 1, days=14))
    assert {arm.name: arm.people for arm in compared.arms} == Counter(arms.values())
    assert await market.sums() == (_MANY, _MANY)
    # Their habits are learnt anew each week; why a message went the way it did does not change with them.
    await out.write(lambda conn: habits.keep(conn, (everybody, {}, out.clock())))
    by_text, by_mail = (everybody[number] for number in (_written(1, arms, everybody), _NO_OFFERS))
    assert (await out.write(why.story, rows[by_text]["id"])).when == (
        "The customer writes mostly by text (14 of 20 messages)."
    )
    if by_mail in rows:
        assert (await out.write(why.story, rows[by_mail]["id"])).when == (
            "The customer writes mostly by text (14 of 20 messages), by which it could not go, so the usual channel"
            " counts."
        )
    held = next(one for one in everybody if arms[one] == HOLDOUT)
    assert "by whom the result is measured" in (await out.write(of_run, 1, held, out.clock())).words


def _written(first: int, arms: dict[int, str], everybody: list[int]) -> int:
    """Returns the first who writes by text, agreed to it, and is not held out."""
    return next(n for n in range(first, _MANY) if not _by_mail(n) and arms[everybody[n]] != HOLDOUT)


@BOTH
@pytest.mark.outbound("schedule-appointment", "reminder-consent")
async def test_reminders_of_appointments_go_by_the_best_channel_that_may_be_used(market: Marketing) -> None:
    out = market.out
    everybody = await _people(market)
    await out.furnish()

    def rule(conn: Connection) -> None:
        reminders.add_rule(
            conn, name="Visit", about="appointment", minutes_before=1440, template="appointment_reminder",
            channel=MAIL, best_of=[TEXT], now=out.clock(),
        )  # fmt: skip

    await out.write(rule)
    for number in (1, 2, _NO_OFFERS, _STOPPED):
        await out.appointment(everybody[number], hours=26)
    await out.appointment(everybody[5], hours=24 * 5)
    await out.plan()
    ours = [row for row in await out.messages() if row["content"]["rule_name"] == "Visit"]
    assert {everybody.index(row["customer_id"]): row["channel"] for row in ours} == {
        1: TEXT, 2: MAIL, _NO_OFFERS: TEXT, _STOPPED: MAIL,
    }, "no to offers is no word on reminders; who stopped all texts is reminded by mail"  # fmt: skip
    stopped = next(row for row in ours if row["customer_id"] == everybody[_STOPPED])
    assert "by which it could not go" in (await out.write(why.story, stopped["id"])).when
    now = out.clock()
    entries = await out.write(lambda conn: planned(conn, now.date(), (now + timedelta(days=6)).date(), out.house, now))
    visits = Counter({(one.channel, one.count) for one in entries if one.title == "Visit"})
    assert set(visits) == {(f"{TEXT} / {MAIL}", 4), (f"{MAIL} / {TEXT}", 1)}
