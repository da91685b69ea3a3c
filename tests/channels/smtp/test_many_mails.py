"""Many mails over few connections: none waits for, tells of or stops another."""

from __future__ import annotations

import asyncio

import pytest

from hub.model.errors import Rejected
from hub.model.identity import Identity
from hub.model.outbound import Receipt
from hub.sandbox.mailbox import SandboxMailbox
from tests.channels.smtp.conftest import MakeSender, in_a_minute, outgoing
from tests.channels.smtp.scripted import ScriptedServer


async def test_a_refused_mail_does_not_stop_the_next_one(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    sender = make_sender(mailbox.port)
    for phase, code in (("rcpt", 550), ("data", 554), ("dot", 554)):
        mailbox.refuse(phase, code)
        with pytest.raises(Rejected):
            await sender.send(outgoing(), in_a_minute())
        await sender.send(outgoing(), in_a_minute())
    assert len(mailbox.caught()) == 3
    assert mailbox.connections == 1


async def test_many_mails_go_over_few_connections(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    sender = make_sender(mailbox.port, connections=3)
    to = [f"customer{number}@example.com" for number in range(60)]
    await asyncio.gather(*(sender.send(outgoing(to=Identity("mailto", each)), in_a_minute()) for each in to))
    assert sorted(each for mail in mailbox.caught() for each in mail.recipients) == sorted(to)
    assert mailbox.connections == 3


async def test_one_connection_is_enough_for_one_mail_after_the_other(
    mailbox: SandboxMailbox, make_sender: MakeSender
) -> None:
    sender = make_sender(mailbox.port, connections=1)
    async with asyncio.timeout(60):
        for _ in range(3):
            await sender.send(outgoing(), in_a_minute())
    assert len(mailbox.caught()) == 3


@pytest.mark.parametrize(
    ("answers", "ends", "connections"),
    [
        pytest.param({"dot": ["250 ok", ""]}, ["", "Unknown", "", ""], {2}, id="a lost answer is about one mail only"),
        # Pipelined, this server wants the mail all the same, and only the end of the connection stops that.
        pytest.param({"rcpt": ["250 ok", "550 no"]}, ["", "Rejected", "", ""], {1, 2}, id="a refused recipient"),
        pytest.param({"dot": ["250 ok", "554 spam"]}, ["", "Rejected", "", ""], {1}, id="a refused mail"),
        pytest.param({"dot": ["250 ok", "451 later"]}, ["", "Temporary", "", ""], {1}, id="a mail to be tried again"),
        pytest.param({"mail": ["250 ok", "421 enough"]}, [""] * 4, {2}, id="enough for one connection"),
        pytest.param({"mail": ["250 ok", ""]}, [""] * 4, {2}, id="broken off before anything was taken"),
        pytest.param({"rcpt": ["250 ok", ""]}, ["", "Temporary", "", ""], {2}, id="broken off later"),
    ],
)
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)], ids=["step by step", "pipelined"])
@pytest.mark.outbound("smtp-one-recipient")
async def test_what_happens_to_one_mail_is_not_told_of_those_behind_it(
    make_sender: MakeSender,
    answers: dict[str, list[str]],
    ends: list[str],
    connections: set[int],
    extensions: tuple[str, ...],
) -> None:
    script = {phase: list(lines) for phase, lines in answers.items()}
    async with ScriptedServer(script, extensions=extensions) as server:
        sender = make_sender(server.port, connections=1)
        mails = [sender.send(outgoing(id=number), in_a_minute()) for number in range(4)]
        found = await asyncio.gather(*mails, return_exceptions=True)
    assert [type(each).__name__ if isinstance(each, Exception) else "" for each in found] == ends
    assert server.connections in connections


async def test_the_opening_of_the_next_mail_goes_with_the_end_of_the_one_before(make_sender: MakeSender) -> None:
    """RFC 2920 3.1: a server that answers a mail only when it has heard of the next would wait for ever."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-hello\r\n250 PIPELINING\r\n")
        opening = [await reader.readline() for _ in range(3)]
        for number in range(3):
            heard.append(opening[0])
            writer.write(b"250 ok\r\n250 ok\r\n354 go ahead\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            opening = [await reader.readline() for _ in range(3 if number < 2 else 0)]
            writer.write(b"250 taken\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sender = make_sender(server.sockets[0].getsockname()[1], connections=1)
    mails = [sender.send(outgoing(id=number), in_a_minute()) for number in range(3)]
    async with asyncio.timeout(20):
        assert [receipt.reference for receipt in await asyncio.gather(*mails)] == ["taken"] * 3
    assert heard == [b"MAIL FROM:<shop@example.org>\r\n"] * 3
    await sender.close()
    server.close()


async def test_a_mail_that_nobody_waits_for_any_more_does_not_stop_the_others(make_sender: MakeSender) -> None:
    async with ScriptedServer({}, extensions=("PIPELINING",)) as server:
        sender = make_sender(server.port, connections=1)
        mails = [asyncio.create_task(sender.send(outgoing(id=number), in_a_minute())) for number in range(4)]
        await server.has_heard.wait()
        mails[0].cancel()
        mails[2].cancel()
        found = await asyncio.gather(*mails, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [True, False, True, False]
    assert all(isinstance(each, Receipt) for each in found[1::2])


async def test_a_connection_that_died_while_idle_is_replaced(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    sender = make_sender(mailbox.port)
    await sender.send(outgoing(), in_a_minute())
    mailbox.drop("mail")
    await sender.send(outgoing(), in_a_minute())
    mailbox.refuse("mail", 421, "idle too long")
    await sender.send(outgoing(), in_a_minute())
    assert len(mailbox.caught()) == 3
    assert mailbox.connections == 3
