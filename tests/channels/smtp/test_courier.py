"""A courier: a process of its own carries a run's mails, says the same as the hub itself would, and may be killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from channels.email_smtp import rush as rush_module
from channels.email_smtp.courier import Courier
from channels.email_smtp.pipe import Order
from hub.model.contact import Attachment
from hub.model.errors import Refused, Rejected, Temporary, Unknown
from hub.model.identity import Identity
from hub.sandbox.mailbox import SandboxMailbox
from tests.channels.smtp.conftest import MakeSender, in_a_minute, outgoing
from tests.channels.smtp.scripted import ScriptedServer

MakeCourier = Callable[[int], Courier]


@pytest.fixture
async def make_courier() -> AsyncIterator[MakeCourier]:
    made = []

    def make(port: int) -> Courier:
        settings = {"host": "127.0.0.1", "port": port, "tls": "none", "from_address": "shop@example.org"}
        made.append(Courier(Order("mail_out", settings, "https://hub.example.org")))
        return made[-1]

    yield make
    for courier in made:
        await courier.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  # another process is waited for
            await asyncio.sleep(0.01)


def processes() -> list[int]:
    """Returns the couriers' processes among our children."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(one) for one in children if b"courier_process" in _command(one)]


def _command(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


async def test_what_the_process_says_is_what_the_hub_itself_would_say(
    mailbox: SandboxMailbox, make_courier: MakeCourier
) -> None:
    courier = make_courier(mailbox.port)
    await until(lambda: courier.is_ready)
    for number in processes():
        os.kill(number, signal.SIGTERM)  # it goes to all of a service; the hub decides when they end
    to = [f"customer{number}@example.com" for number in range(20)]
    receipts = await asyncio.gather(
        *(courier.send(outgoing(to=Identity("mailto", each), subject="Dobrý den"), in_a_minute()) for each in to)
    )
    assert {receipt.reference for receipt in receipts} == {mail.path.name for mail in mailbox.caught()}
    assert sorted(each for mail in mailbox.caught() for each in mail.recipients) == sorted(to)
    mailbox.refuse("rcpt", 550)
    with pytest.raises(Rejected) as refused:
        await courier.send(outgoing(), in_a_minute())
    assert (refused.value.phase, refused.value.provider_code) == ("rcpt", "550")
    with pytest.raises(Refused, match="line break"):
        await courier.send(outgoing(subject="two\r\nlines"), in_a_minute())
    assert courier.is_idle
    courier.end()
    assert await courier.gone, "it ends as it is told"
    with pytest.raises(Temporary):
        await courier.send(outgoing(), in_a_minute())


@pytest.mark.outbound("crash-before-bytes", "crash-after-bytes", "smtp-phase")
async def test_a_killed_process_leaves_unknown_what_may_have_had_its_dot_and_nothing_else(
    make_courier: MakeCourier,
) -> None:
    async with ScriptedServer({}, silent_at="dot") as past, ScriptedServer({}, silent_at="rcpt") as before:
        couriers = [make_courier(past.port), make_courier(before.port)]
        await until(lambda: all(courier.is_ready for courier in couriers))
        sent = [asyncio.ensure_future(courier.send(outgoing(), in_a_minute())) for courier in couriers]
        await until(lambda: past.content and before.has_heard.is_set())
        for number in processes():
            os.kill(number, signal.SIGKILL)
        unknown, temporary = await asyncio.gather(*sent, return_exceptions=True)
        assert isinstance(unknown, Unknown), unknown
        assert isinstance(temporary, Temporary), temporary
        assert (unknown.phase, temporary.phase) == ("dot", "data")
        assert [await courier.gone for courier in couriers] == [False, False]
        assert not any(courier.is_ready for courier in couriers)


async def test_a_mail_that_is_called_off_does_not_get_its_dot(
    mailbox: SandboxMailbox, make_courier: MakeCourier
) -> None:
    mailbox.delay("data", 0.5)
    courier = make_courier(mailbox.port)
    await until(lambda: courier.is_ready)
    sent = asyncio.ensure_future(courier.send(outgoing(), in_a_minute()))
    await until(lambda: mailbox.connections)
    sent.cancel()
    await until(lambda: courier.is_idle)
    assert sent.cancelled()
    assert mailbox.caught() == []


async def test_a_rush_has_a_process_and_its_end_ends_it(
    mailbox: SandboxMailbox, make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rush_module, "MANY", 3)
    monkeypatch.setattr(rush_module, "WITHIN", 600.0)
    monkeypatch.setattr(rush_module, "REST", 0.2)
    monkeypatch.setattr(rush_module, "LARGEST", 10)
    sender = make_sender(mailbox.port, connections=1)
    for _ in range(2):
        await sender.send(outgoing(), in_a_minute())
    assert processes() == [], "two are no rush"
    large = Attachment(filename="a.txt", content_type="text/plain", content=b"x" * 11)
    async with asyncio.timeout(60):
        while not processes():
            await sender.send(outgoing(attachments=(large,)), in_a_minute())
    assert mailbox.connections == 1, "what is large, or early, the hub sends itself"
    await until(lambda: not processes())
