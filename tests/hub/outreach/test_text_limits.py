"""The money of a day and WhatsApp's session, as the gates see them on both engines; STOP heard everywhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import update

from hub.capture.capture import Capture
from hub.config import Settings
from hub.model.contact import Medium, Party
from hub.model.errors import ConfigurationError
from hub.model.identity import Identity
from hub.outreach.house import House
from hub.outreach.text_limits import last_heard, spending
from hub.store.tables import MessageRow
from tests.builders import incoming, sms
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.hub.outreach.sending import PHONE


@pytest.mark.outbound("gate-spend")
async def test_the_day_counts_what_went_out_and_a_session_runs_from_the_last_text_in(out: Outdoors) -> None:
    await out.appointment(await out.customer(PHONE), hours=23.9)
    await out.plan()
    await out.send()
    lane = replace(out.house.lanes["main_number"], price_per_part=Decimal("0.5"), daily_spend=Decimal(1))
    lanes, channels = {"main_number": lane}, ["main_number", "outgoing_mail"]
    await out.write(lambda conn: conn.execute(update(MessageRow).values(parts=2)))
    told = await out.write(spending, lanes, channels, out.clock(), "UTC")
    assert {name: money.spent for name, money in told.items()} == {"main_number": Decimal(1)}
    assert await out.write(spending, out.house.lanes, channels, out.clock(), "UTC") == {}
    at = out.clock()
    sender = Party(Identity("whatsapp", "+14155550101"))
    text = replace(sms(at=at), sender=sender, medium=Medium.WHATSAPP)
    await out.database.write(Capture(KEYS.consent), [incoming(text, received_at=at)])
    heard = await out.write(last_heard, range(1, 10))
    assert [abs(moment - at).total_seconds() < 1 for moment in heard.values()] == [True]


def channel_of(settings: Settings, **own: object) -> Settings:
    section = settings.channels["main_number"]
    changed = section.model_copy(update={"settings": {**section.settings, **own}})
    return settings.model_copy(update={"channels": {**settings.channels, "main_number": changed}})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_cap_needs_a_price_and_stop_may_count_everywhere(out: Outdoors) -> None:
    for own in ({"daily_spend": 5}, {"daily_spend": "much", "price_per_part": 1}, {"price_per_part": -1}):
        with pytest.raises(ConfigurationError):
            House.of(channel_of(out.settings, **own), out.channels, "")
    assert out.house.lanes["main_number"].heard_by == {"main_number"}
    everywhere = out.settings.model_copy(update={"hub": out.settings.hub.model_copy(update={"stop_everywhere": True})})
    lane = House.of(everywhere, out.channels, "").lanes["outgoing_mail"]
    assert "main_number" in lane.heard_by
