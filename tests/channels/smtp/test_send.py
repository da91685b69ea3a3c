"""Over real sockets: what each answer in each phase means, and what goes over the wire."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.email_smtp import link as link_module
from hub.model.contact import Attachment
from hub.model.errors import ChannelBroken, Refused, Rejected, SendError, Temporary, Unknown
from hub.model.identity import Identity
from hub.sandbox.mailbox import SandboxMailbox
from tests.channels.smtp.conftest import MakeSender, in_a_minute, outgoing
from tests.channels.smtp.scripted import ScriptedServer
from tests.servers.certificate import write_certificate


@pytest.mark.outbound("smtp-dot-accepted")
async def test_an_accepted_mail_gives_the_servers_name_for_it(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    receipt = await make_sender(mailbox.port).send(outgoing(), in_a_minute())
    [caught] = mailbox.caught("ada@example.com")
    assert receipt.reference == caught.path.name
    assert receipt.code == "250"
    assert caught.recipients == ("ada@example.com",)


REFUSALS: list[tuple[str, str, type[SendError]]] = [
    ("mail", "550 5.7.1 sender unknown", ChannelBroken),
    ("mail", "530 5.7.0 authentication required", ChannelBroken),
    ("mail", "552 5.3.4 too large", Rejected),
    ("mail", "451 try later", Temporary),
    ("mail", "421 closing", Temporary),
    ("rcpt", "550 5.1.1 user unknown", Rejected),
    ("rcpt", "554 5.7.1 <ada@example.com>: Relay access denied", ChannelBroken),
    ("rcpt", "450 4.2.1 greylisted", Temporary),
    ("data", "554 5.7.1 no", Rejected),
    ("data", "451 later", Temporary),
    ("dot", "554 5.7.1 spam", Rejected),
    ("dot", "452 4.3.1 disk full", Temporary),
    ("dot", "421 4.3.0 closing", Temporary),
    ("connect", "554 go away", ChannelBroken),
    ("connect", "421 too many connections", Temporary),
    ("mail", "999 what", Temporary),
    ("rcpt", "nonsense", Temporary),
    ("dot", "nonsense", Unknown),
    ("dot", "354 again", Unknown),
    ("connect", "", Temporary),
    ("ehlo", "", Temporary),
    ("mail", "", Temporary),
    ("rcpt", "", Temporary),
    ("data", "", Temporary),
    ("dot", "", Unknown),
]


@pytest.mark.parametrize(
    ("phase", "answer", "error"),
    REFUSALS,
    ids=[f"{phase}-{answer[:9] or 'breaks off'}" for phase, answer, _ in REFUSALS],
)
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)], ids=["step by step", "pipelined"])
@pytest.mark.outbound(
    "smtp-phase", "smtp-before-dot", "smtp-refused", "smtp-dot-refused", "smtp-dot-silence", "smtp-channel",
)  # fmt: skip
async def test_what_an_answer_means_depends_on_the_phase(
    make_sender: MakeSender, phase: str, answer: str, error: type[SendError], extensions: tuple[str, ...]
) -> None:
    async with ScriptedServer({phase: answer}, extensions=extensions) as server:
        with pytest.raises(SendError) as raised:
            await make_sender(server.port).send(outgoing(), in_a_minute())
    assert type(raised.value) is error
    if phase not in ("connect", "ehlo"):
        assert raised.value.phase == phase
    if answer[:3].isdigit() and error is not Unknown and not answer.startswith("999"):
        assert raised.value.provider_code == answer[:3]


@pytest.mark.outbound("smtp-dot-silence")
async def test_silence_after_the_dot_is_unknown(make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "FINAL_ANSWER_SECONDS", 0.2)
    async with ScriptedServer({}, silent_at="dot") as server:
        with pytest.raises(Unknown):
            await make_sender(server.port).send(outgoing(), in_a_minute())


@pytest.mark.outbound("smtp-before-dot")
async def test_silence_before_the_dot_is_temporary(make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "COMMAND_SECONDS", 0.2)
    async with ScriptedServer({}, silent_at="rcpt") as server:
        with pytest.raises(Temporary):
            await make_sender(server.port).send(outgoing(), in_a_minute())


@pytest.mark.outbound("crash-deadline")
async def test_a_mail_past_its_deadline_never_gets_its_dot(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    mailbox.delay("data", 0.3)
    with pytest.raises(Temporary, match="over before it was handed"):
        await make_sender(mailbox.port).send(outgoing(), datetime.now(UTC) + timedelta(seconds=0.2))
    await asyncio.sleep(0.2)
    assert mailbox.caught() == []


@pytest.mark.outbound("smtp-dot-silence")
async def test_a_lost_answer_is_unknown_although_the_mail_arrived(
    mailbox: SandboxMailbox, make_sender: MakeSender
) -> None:
    mailbox.drop("dot")
    with pytest.raises(Unknown):
        await make_sender(mailbox.port).send(outgoing(), in_a_minute())
    assert len(mailbox.caught()) == 1


async def test_a_large_mail_comes_whole_with_its_dots(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    content = bytes(range(256)) * 12_000
    text = ".\r\n..\r\n.hidden\r\n" * 3
    message = outgoing(text=text, attachments=(Attachment(filename="a.bin", content_type="x/y", content=content),))
    await make_sender(mailbox.port).send(message, in_a_minute())
    raw = mailbox.caught()[0].raw
    assert b"\r\n\r\n" + text.encode() + b"--" in raw
    assert len(raw) > 4 * 1024 * 1024


async def test_addresses_beyond_ascii_need_smtputf8(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    message = outgoing(to=Identity("mailto", "jörg@xn--bcher-kva.example"))
    await make_sender(mailbox.port).send(message, in_a_minute())
    [caught] = mailbox.caught()
    assert caught.recipients == ("jörg@xn--bcher-kva.example",)
    assert "To: <jörg@xn--bcher-kva.example>".encode() in caught.raw
    async with ScriptedServer({}) as server:
        with pytest.raises(Rejected, match="SMTPUTF8"):
            await make_sender(server.port).send(message, in_a_minute())


@pytest.mark.outbound("return-path")
async def test_each_mail_has_a_return_path_that_names_and_proves_it(make_sender: MakeSender) -> None:
    async with ScriptedServer({}) as server:
        sender = make_sender(server.port, bounces_to="bounces@example.com")
        await sender.send(outgoing(id=7, message_id="f00d@example.com"), in_a_minute())
        await sender.send(outgoing(id=8, message_id="x" * 70 + "@example.com"), in_a_minute())
    assert server.senders == ["<bounces+7.f00d@example.com>", "<bounces@example.com>"]


async def test_the_return_path_goes_into_the_envelope_only(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    async with ScriptedServer({}) as server:
        sender = make_sender(server.port)
        await sender.send(outgoing(return_path="bounce+7@example.org"), in_a_minute())
        await sender.send(outgoing(return_path="<>"), in_a_minute())
        await sender.send(outgoing(), in_a_minute())
    assert server.senders == ["<bounce+7@example.org>", "<>", "<shop@example.org>"]
    assert b"bounce+7" not in server.content


async def test_a_mail_over_the_servers_size_is_rejected_before_it_is_sent(make_sender: MakeSender) -> None:
    async with ScriptedServer({}, extensions=("SIZE 500",)) as server:
        with pytest.raises(Rejected, match="takes at most"):
            await make_sender(server.port).send(outgoing(text="x" * 600), in_a_minute())
    assert server.senders == []


@pytest.mark.security_row(13)
async def test_a_header_with_a_line_break_is_refused_before_any_connection(make_sender: MakeSender) -> None:
    with pytest.raises(Refused):
        await make_sender(1).send(outgoing(subject="a\r\nBcc: b@example.com"), in_a_minute())


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.outbound("smtp-channel")
async def test_encryption_and_login(
    tls: str, tmp_path: Path, make_sender: MakeSender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    certificate, key = write_certificate(tmp_path)
    async with ScriptedServer({}, certificate=certificate, key=key, tls=tls, password="good") as server:
        settings = {"host": server.host, "tls": tls, "username": "shop", "ca_file": str(certificate)}
        right = make_sender(server.port, password="good", **settings)
        await right.send(outgoing(), in_a_minute())
        assert await right.check() == []
        wrong = make_sender(server.port, password="evil", **settings)
        with pytest.raises(ChannelBroken, match="refuses the login of shop") as raised:
            await wrong.send(outgoing(), in_a_minute())
        assert raised.value.provider_code == "535"
        stranger = make_sender(server.port, password="good", **{**settings, "ca_file": ""})
        assert [problem.code for problem in await stranger.check()] == ["tls_certificate"]
        with pytest.raises(ChannelBroken, match="is not trusted"):
            await stranger.send(outgoing(), in_a_minute())
    assert "good" not in caplog.text
    assert "evil" not in caplog.text


async def test_check_names_what_is_wrong(mailbox: SandboxMailbox, make_sender: MakeSender) -> None:
    port = mailbox.port
    mailbox.refuse("mail", 550)
    senders = [
        make_sender(port),
        make_sender(port),
        make_sender(1),
        make_sender(port, tls="starttls"),
        make_sender(port, tls="tls"),
        make_sender(port, username="a", password="b"),
        make_sender(port, host="smtp.invalid", tls="tls"),
    ]
    found = [[problem.code for problem in await sender.check()] for sender in senders]
    assert found == [["sender"], [], ["refused"], ["no_starttls"], ["tls"], ["no_login"], ["dns"]]
