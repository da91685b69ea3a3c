"""What a provider lists and no webhook brought is captured once, counted, and answered where an answer is owed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from channels.base import Context, Cursor, Raw, Request
from channels.sms import TwilioSms
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.capture.recalling import ALONE_EVERY, EVERY, Recaller
from hub.model.contact import Party
from hub.model.errors import ChannelBroken, Temporary
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Fault, Hooks, Media, TwilioEmulator
from hub.store import health, leases, mailboxes, outbox
from hub.store.blobs import FileBlobs
from hub.store.customers import hold_identities
from hub.store.leases import LeaseLost
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow, LeaseRow, SuppressionRow

SID, TOKEN = "AC" + "0" * 32, "token-of-the-tests"
OURS, PHONE, OTHER = "+14155550100", "+14155550142", "+14155550143"


@dataclass
class Bench:
    """A Twilio, a hub's intake, and the time of the hub."""

    twilio: TwilioEmulator
    intake: Intake
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def channel(self, **more: Any) -> TwilioSms:
        settings = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": self.twilio.base_url}
        return TwilioSms("main_number", {**settings, **more}, Context(public_url="https://hub.example.com"))

    def recaller(self, channel: Any, worker: str = "a") -> Recaller:
        return Recaller(self.intake, channel, worker, self.clock)

    async def rows(self, statement: Any) -> list[Any]:
        return await self.intake.database.read(lambda conn, _: list(conn.execute(statement)), None)

    async def texts(self) -> list[tuple[str, str]]:
        columns = (InteractionRow.direction, InteractionRow.text)
        return [tuple(row) for row in await self.rows(select(*columns).order_by(InteractionRow.id))]

    async def by_webhook(self, channel: TwilioSms, sid: str) -> None:
        """Brings a text in as its webhook would."""
        text = self.twilio.account.messages[sid]
        form = (("MessageSid", sid), ("From", text.from_), ("To", text.to), ("Body", text.body), ("NumMedia", "0"))
        request = Request(
            hook="text", url="https://hub.example.com/", headers={}, form=form, body=b"x", received_at=self.clock()
        )
        await self.intake.take_request("main_number", channel.key(request), request, channel.parse(request))


@pytest.fixture
async def bench(database: Database, tmp_path: Path) -> AsyncIterator[Bench]:
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks()}, status_delay=0) as twilio:
        yield Bench(twilio, Intake(database, FileBlobs(tmp_path / "blobs"), Capture(b"k" * 32)))


@pytest.fixture
async def opened(bench: Bench) -> AsyncIterator[Callable[..., TwilioSms]]:
    made: list[TwilioSms] = []

    def open_(**more: Any) -> TwilioSms:
        made.append(bench.channel(**more))
        return made[-1]

    yield open_
    for channel in made:
        await channel.close()


def sent_by_the_hub(conn: Connection, given: tuple[str, str, datetime]) -> None:
    reference, state, now = given
    party = Party(Identity("tel", OTHER))
    held = hold_identities(conn, [party], now)[party.identity]
    row: dict[str, Any] = {
        "dedupe_key": state,
        "origin": "reply",
        "purpose": "service",
        "channel": "main_number",
        "content": {},
    }
    row |= {"customer_id": held.customer_id, "identity_id": held.identity_id, "state": state, "reference": reference}
    outbox.plan_messages(conn, [{**row, "due_at": now, "expires_at": now, "planned_at": now}])


async def test_what_webhooks_missed_and_other_tools_sent_comes_once_and_is_counted(
    bench: Bench, opened: Callable[..., TwilioSms]
) -> None:
    channel = opened()
    seen = await bench.twilio.receive_text(PHONE, OURS, "seen")
    await bench.by_webhook(channel, seen.sid)
    await bench.twilio.receive_text(PHONE, OURS, "missed", media=[Media("image/png", b"\x89PNG")])
    soon = bench.clock() + timedelta(minutes=1)
    words = Outgoing(id=1, attempt=1, to=Identity("tel", PHONE), text="by another tool")
    await channel.send(words, soon)
    ours = await channel.send(replace(words, to=Identity("tel", OTHER), text="by the hub"), soon)
    await bench.twilio.settle()
    await bench.intake.database.write(sent_by_the_hub, (ours.reference, "accepted", bench.clock()))

    assert await bench.recaller(channel).run_once() == 4, "a text in, a text out, two statuses"
    assert await bench.recaller(channel, "b").run_once() == 0
    # Twilio's list tells seconds, our own clock milliseconds: their order within a second is not known.
    assert sorted(await bench.texts()) == [("in", "missed"), ("in", "seen"), ("out", "by another tool")]
    late = await bench.twilio.receive_text(PHONE, OURS, "first in the list")
    assert await bench.recaller(channel).run_once() == 1
    await bench.by_webhook(channel, late.sid)
    assert len(await bench.texts()) == 4, "a text in both ways is one interaction, whichever came first"

    bench.ahead = timedelta(minutes=61)
    assert await bench.recaller(channel).run_once() == 0
    counted = (await bench.intake.database.read(lambda conn, _: mailboxes.all_mailboxes(conn), None))["main_number"][0]
    assert (counted.folder, counted.server, counted.here, counted.unread, counted.missing) == ("Twilio", 5, 5, 0, 0)


async def test_a_send_nobody_knows_of_yet_is_not_taken_for_another_tools(
    bench: Bench, opened: Callable[..., TwilioSms]
) -> None:
    channel = opened()
    words = Outgoing(id=1, attempt=1, to=Identity("tel", OTHER), text="ours")
    receipt = await channel.send(words, bench.clock() + timedelta(minutes=1))
    await bench.twilio.settle()
    await bench.intake.database.write(sent_by_the_hub, ("", "unknown", bench.clock()))
    await bench.recaller(channel).run_once()
    assert await bench.texts() == []
    assert await bench.rows(select(ArrivalRow.key).where(ArrivalRow.key == receipt.reference)) == []


async def test_a_provider_that_asks_to_wait_is_left_alone_and_nothing_is_lost(
    bench: Bench, opened: Callable[..., TwilioSms]
) -> None:
    recaller = bench.recaller(opened())
    await bench.twilio.receive_text(PHONE, OURS, "hello")
    await recaller.run_once()
    position = await bench.intake.database.read(lambda conn, _: leases.read_cursor(conn, "main_number", "recall"), None)
    await bench.twilio.receive_text(PHONE, OURS, "while it was busy")
    bench.twilio.fail_next(Fault.READING_TOO_MANY, retry_after=600)
    with pytest.raises(Temporary):
        await recaller.run_once()
    states = await bench.intake.database.read(lambda conn, _: health.channel_states(conn), None)
    assert states["main_number"]["problem"]["code"] == "unavailable"
    again = await bench.intake.database.read(lambda conn, _: leases.read_cursor(conn, "main_number", "recall"), None)
    assert again == position
    bench.ahead = timedelta(seconds=300)
    assert await recaller.run_once() == 0, "not before it said"
    bench.ahead = timedelta(seconds=900)
    bench.twilio.fail_next(Fault.READING_ERROR)
    with pytest.raises(Temporary):
        await recaller.run_once()
    assert await recaller.run_once() == 1
    states = await bench.intake.database.read(lambda conn, _: health.channel_states(conn), None)
    assert states["main_number"]["problem"] is None


async def test_a_refused_login_is_told_as_one(bench: Bench, opened: Callable[..., TwilioSms]) -> None:
    with pytest.raises(ChannelBroken):
        await bench.recaller(opened(auth_tokens=["another"])).run_once()
    states = await bench.intake.database.read(lambda conn, _: health.channel_states(conn), None)
    assert states["main_number"]["problem"]["code"] == "channel_broken"
    assert states["main_number"]["problem"]["provider_code"] == "20003"


@pytest.mark.outbound("dedupe-system")
async def test_without_webhooks_stop_is_heeded_and_confirmed_once_by_a_message(
    bench: Bench, opened: Callable[..., TwilioSms]
) -> None:
    channel = opened(receive="poll")
    recaller = bench.recaller(channel)
    assert recaller.every == ALONE_EVERY
    assert bench.recaller(opened()).every == EVERY
    await bench.twilio.receive_text(PHONE, OURS, "STOP")
    bench.twilio.account.stopped.clear()  # an account whose own answers to STOP are switched off
    await recaller.run_once()
    await recaller.run_once()
    await bench.twilio.settle()
    assert ["START" in text.body for text in bench.twilio.phone(PHONE)] == [True]
    assert [row.reason for row in await bench.rows(select(SuppressionRow.reason))] == ["stop"]
    await recaller.run_once()
    assert [direction for direction, _ in await bench.texts()] == ["in", "out"]

    webhooks = bench.recaller(opened(receive="webhooks"))
    assert await webhooks.run_once() == 0, "another way in brings nothing twice"
    await bench.twilio.settle()
    assert len(bench.twilio.phone(PHONE)) == 1


@dataclass
class Overtaken:
    """A channel whose lease another process takes while its provider answers."""

    channel: TwilioSms
    database: Database
    name: str = "main_number"

    async def recall(self, after: Cursor | None) -> AsyncIterator[Raw]:
        async for raw in self.channel.recall(after):
            yield raw

        def overtake(conn: Connection, _: None) -> None:
            conn.execute(update(LeaseRow).values(epoch=LeaseRow.epoch + 1, holder="another"))

        await self.database.write(overtake, None)

    async def find(self, message: Outgoing, body_hash: str) -> None:
        return None

    def parse(self, source: Raw | Request) -> Any:
        return self.channel.parse(source)


async def test_who_lost_the_lease_neither_captures_nor_moves_the_cursor(
    bench: Bench, opened: Callable[..., TwilioSms]
) -> None:
    await bench.twilio.receive_text(PHONE, OURS, "hello")
    channel = opened()
    with pytest.raises(LeaseLost):
        await bench.recaller(Overtaken(channel, bench.intake.database)).run_once()
    assert await bench.texts() == []
    assert await bench.intake.database.read(lambda c, _: leases.read_cursor(c, "main_number", "recall"), None) is None
    assert await bench.recaller(channel, "b").run_once() == 0, "the other one holds it"
