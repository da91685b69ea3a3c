"""Who is alike is asked once by a flight plan: it says of each what the gates and the words say of them alone."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, select

from hub.capture.capture import Capture
from hub.model.bases import Basis
from hub.outreach import seeing
from hub.outreach.campaigning import flight, looking
from hub.outreach.gates import ask
from hub.outreach.prepare import prepare
from hub.outreach.quiet_hours import rulebook_of
from hub.store import audience, consents, limits, rests, templates
from hub.store.limits import Limit
from hub.store.tables import IdentityRow
from tests.builders import incoming, mail
from tests.hub.campaigns.conftest import BOTH, FACES, Marketing, agreement, identity_of
from tests.hub.outreach.conftest import KEYS

_MANY = 60
_PLACES = [("CZ", "Europe/Prague"), ("US", "America/New_York"), ("US", ""), ("", ""), ("BR", "America/Sao_Paulo")]
_OWN = ("limited", "child", "rests", "asks", "bounced", "bought", "young", "old", "", "", "", "")
_NAMES = ("Ada Lovelace", "Bob Noyce", "", "two  spaces")


async def _people(market: Marketing, chance: random.Random) -> None:
    out, now = market.out, market.out.clock()
    own: dict[str, str] = {}
    for number in range(_MANY):
        place, zone = chance.choice(_PLACES)
        mailbox, what = f"c{number}@example.com", chance.choice(_OWN)
        born = {"young": date(2020, 5, 5), "old": date(1961, 5, 5)}.get(what)
        addresses = (f"mailto:{mailbox}", f"tel:+42077712{number:04}")
        await market.customer(*addresses, country=place, time_zone=zone, birthday=born,
                              display_name=chance.choice(_NAMES), language=chance.choice(("en", "cs")))  # fmt: skip
        own[mailbox] = what

    def happen(conn: Connection) -> None:
        for mailbox, what in own.items():
            identity = identity_of(conn, mailbox)
            customer = conn.scalar(select(IdentityRow.customer_id).where(IdentityRow.id == identity)) or 0
            if what in ("limited", "child"):
                kind = Limit.RESTRICTION if what == "limited" else Limit.CHILD
                limits.limit(conn, customer, kind, "asked", "Max", now)
            elif what == "rests":
                rests.rest(conn, identity, now + timedelta(minutes=30), "page", now)
            elif what == "bounced":
                consents.suppress(conn, f"mailto:{mailbox}", "stop", now, channel="main_number")
            elif what == "bought":
                told = {**agreement(identity, now), "basis": Basis.EXISTING_CUSTOMER.value}
                consents.record(conn, [told], KEYS.consent)
        asks = [mail(one, "Where is it?", at=now) for one, what in own.items() if what == "asks"]
        Capture(KEYS.consent)(conn, [incoming(one) for one in asks])
        czech = {**FACES, "text": "{% if customer.country == 'CZ' %}Doma{% else %}Jinde{% endif %}", "html": ""}
        templates.save(conn, name="offer", language="cs", purpose="promotional", faces=czech, now=now)

    await out.write(happen)


@BOTH
@pytest.mark.parametrize("channel", ["outgoing_mail", "main_number"])
@pytest.mark.outbound("plan-audience")
async def test_a_flight_plan_says_of_each_what_is_true_of_them_alone(market: Marketing, channel: str) -> None:
    out, now = market.out, market.out.clock()
    await _people(market, random.Random(channel))
    campaign = await market.draft(channel)
    plan = await market.plan(campaign)
    house, rulebook = out.house, rulebook_of(out.settings)

    def one_by_one(conn: Connection) -> tuple[Counter[str], Counter[int], int]:
        gated: Counter[str] = Counter()
        parts: Counter[int] = Counter()
        apart = 0
        look = flight._prepare(conn, campaign, house, rulebook, now)
        customers = audience.members(conn, look.segment.segment, now, limit=_MANY)
        for lot, row in looking._messages(conn, look, look.chooser.choose(conn, customers, now)):
            found = seeing.Found.about(conn, [row], now, house, rulebook)
            seen = found.seen(row, row["due_at"], has_run=False)
            materials = look.materials.with_people(looking._people([(lot, row)]))
            materials.existing.update({row["identity_id"]} if seen.existing_customer else ())
            prepared = prepare(row, materials, house, rulebook)
            refusal = ask(seen.told(prepared.kind, existing=prepared.notices.existing))
            gated[refusal.reason if refusal else ""] += 1
            parts[prepared.parts] += not prepared.failure
            apart += found.likeness(row) is None
        return gated, parts, apart

    gated, parts, apart = await out.write(one_by_one)
    assert +plan.parts == +parts
    assert dict(plan.gated) == {reason: many for reason, many in gated.items() if reason}
    assert plan.gated.total() > 10
    assert 0 < apart < plan.messages, "some are asked alone, the others together"
