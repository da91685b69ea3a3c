"""Servers that go away, refuse, or are not what the settings say: noticed at once, told in words."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.base import Context, Cursor, Raw
from channels.email_imap import ImapMailbox
from channels.email_imap.open_folder import BROKEN_OFF_AT_MOST
from hub.model.errors import ConfigurationError, Unavailable
from tests.channels.imap.conftest import PASSWORD, Account, behind_proxy
from tests.channels.imap.reading import caught_up, next_mail, subjects


async def test_a_server_killed_during_idle_is_noticed_at_once_and_no_mail_is_missed(account: Account) -> None:
    account.deliver(1)
    poll = account.channel().poll("INBOX", None)
    [first] = await caught_up(poll)
    waiting = asyncio.ensure_future(next_mail(poll))
    await asyncio.sleep(0.5)
    account.server.kill()
    with pytest.raises(Unavailable, match="broke off the connection"):
        await waiting  # for 30 s; IDLE is begun anew after minutes only
    account.deliver(2)
    with pytest.raises(Unavailable, match="refuses connections"):
        await caught_up(account.channel().poll("INBOX", first.cursor))
    account.server.start()
    assert subjects(await caught_up(account.channel().poll("INBOX", first.cursor))) == ["mail 2"]


async def test_a_server_killed_again_and_again_during_fetches_gives_each_mail_once(account: Account) -> None:
    for number in range(60):
        account.deliver(number, b"x" * 500_000)
    seen: list[str] = []
    cursor: Cursor | None = None
    channel = account.channel()
    for after in (0.02, 0.05, 0.08, 0.11):
        poll = channel.poll("INBOX", cursor)
        killer = asyncio.get_running_loop().call_later(after + 0.1, account.server.kill)
        try:
            while True:
                raw = await next_mail(poll, 10)
                seen += subjects([raw])
                cursor = raw.cursor
                await asyncio.sleep(0.002)
        except Unavailable:
            pass
        finally:
            killer.cancel()
            await poll.aclose()
        account.server.start()
    rest = await caught_up(channel.poll("INBOX", cursor))
    assert seen + subjects(rest) == [f"mail {number}" for number in range(60)]
    assert not any(raw.failure for raw in rest)


async def until_unavailable(poll: AsyncIterator[Raw | None]) -> list[Raw]:
    found = []
    try:
        while True:
            found.append(await next_mail(poll, 10))
    except Unavailable:
        return found


async def test_a_mail_at_which_the_server_breaks_off_never_stops_the_others(account: Account) -> None:
    for number in range(5):
        account.deliver(number, b"POISON" if number == 2 else b"body")

    def break_off(line: bytes) -> bytes:
        if b"POISON" in line:
            raise ConnectionAbortedError
        return line

    found: list[Raw] = []
    async with behind_proxy(account.server, break_off) as port:
        channel = account.channel(port=port)
        for _ in range(BROKEN_OFF_AT_MOST):
            poll = channel.poll("INBOX", found[-1].cursor if found else None)
            found += await until_unavailable(poll)
        found += await caught_up(channel.poll("INBOX", found[-1].cursor))
    assert [(raw.cursor and raw.cursor.position["uid"], raw.failure) for raw in found] == [
        (1, ""),
        (2, ""),
        (3, "the server breaks off the connection whenever this mail is fetched"),
        (4, ""),
        (5, ""),
    ]


async def test_a_mail_larger_than_the_server_says_is_not_kept_in_memory(account: Account) -> None:
    account.deliver(1, b"x" * 3_000_000)
    account.deliver(2)

    def understate(line: bytes) -> bytes:
        return re.sub(rb"RFC822.SIZE \d+", b"RFC822.SIZE 100", line)

    async with behind_proxy(account.server, understate) as port:
        raws = await caught_up(account.channel(port=port, size_limit_mb=1).poll("INBOX", None))
    assert [raw.failure[:9] for raw in raws] == ["too large", ""]
    assert subjects(raws) == ["mail 1", "mail 2"]


WRONG = [
    pytest.param({"password": "wrong"}, ConfigurationError, "refuses the login of", "login", id="password"),
    pytest.param(
        {"folders": ["Nowhere"]}, ConfigurationError, 'folder "Nowhere" cannot be opened', "folder", id="folder"
    ),
    pytest.param({"tls": "tls"}, ConfigurationError, "No encrypted connection", "tls", id="tls-to-a-plain-port"),
    pytest.param({"tls": "starttls"}, ConfigurationError, "is not trusted", "tls_certificate", id="unknown-authority"),
    pytest.param({"port": 1}, Unavailable, "refuses connections", "refused", id="nothing-listens"),
    pytest.param({"host": "imap.invalid", "tls": "tls"}, Unavailable, "was not found", "dns", id="no-such-host"),
]


@pytest.mark.parametrize(("settings", "error", "words", "code"), WRONG)
async def test_what_is_wrong_is_said_in_words(
    account: Account, settings: dict[str, Any], error: type[Exception], words: str, code: str
) -> None:
    channel = account.channel(**settings)
    with pytest.raises(error, match=words) as raised:
        await caught_up(channel.poll(channel.mailboxes[0], None))
    assert PASSWORD not in str(raised.value)
    [problem] = await channel.check()
    assert problem.code == code
    assert problem.where == "support"
    assert problem.mend


@pytest.mark.parametrize(("tls", "port"), [("tls", "tls_port"), ("starttls", "port")])
async def test_encrypted_connections_with_an_authority_of_our_own(account: Account, tls: str, port: str) -> None:
    account.deliver(1)
    channel = account.channel(tls=tls, port=getattr(account.server, port), ca_file=str(account.server.cert))
    assert await channel.check() == []
    assert subjects(await caught_up(channel.poll("INBOX", None))) == ["mail 1"]


async def test_the_password_is_never_logged(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account.deliver(1)
    await caught_up(account.channel().poll("INBOX", None))
    assert "horse" not in caplog.text
    assert "horse" not in repr(account.channel()._server)


CAPABLE = b"* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"
NOT_NOW = b"{tag} NO [UNAVAILABLE] later\r\n"
SCRIPTS = [
    pytest.param([b"* BYE too many connections\r\n"], "turned us away", id="bye-at-once"),
    pytest.param([b"* OK\r\n", CAPABLE, NOT_NOW], "takes no login now", id="login-refused-for-now"),
    pytest.param([b"* OK\r\n", CAPABLE, b"nonsense OK\r\n"], "broke off the connection", id="nonsense"),
    pytest.param([b"* OK\r\n", b""], "broke off the connection", id="breaks-off"),
]


@pytest.mark.parametrize(("script", "words"), SCRIPTS)
async def test_servers_that_misbehave_are_unavailable(script: list[bytes], words: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(script[0])
        for answer in script[1:]:
            tag = (await reader.readline()).split(b" ")[0]
            if not answer:
                break
            writer.write(answer.replace(b"{tag}", tag))
            await writer.drain()
        if not script[-1]:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = {"host": "127.0.0.1", "port": port, "tls": "none", "username": "a", "password": "b"}
    channel = ImapMailbox("support", settings, Context(public_url="https://hub.example.com"))
    with pytest.raises(Unavailable, match=words):
        await caught_up(channel.poll("INBOX", None))
    server.close()


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    monkeypatch.setattr("channels.email_imap.link.CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = account.channel(port=silent.getsockname()[1])
        with pytest.raises(Unavailable, match="says nothing"):
            await caught_up(channel.poll("INBOX", None), 20)


async def test_an_encrypted_port_taken_for_a_plain_one_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    monkeypatch.setattr("channels.email_imap.link.CONNECT_SECONDS", 1)
    channel = account.channel(tls="starttls", port=account.server.tls_port, ca_file=str(account.server.cert))
    [problem] = await channel.check()
    assert problem.code == "no_greeting"
    assert 'tls = "tls"' in problem.mend


async def test_without_starttls_the_password_is_not_sent(account: Account) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(CAPABLE.replace(b"{tag}", line.split(b" ")[0]))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    channel = account.channel(tls="starttls", port=server.sockets[0].getsockname()[1])
    [problem] = await channel.check()
    server.close()
    assert (problem.code, problem.where) == ("no_starttls", "support")
    assert not any(b"LOGIN" in line or b"horse" in line for line in heard)


SETTINGS = [
    pytest.param({"host": ""}, "host is missing", id="no-host"),
    pytest.param({"username": ""}, "username is missing", id="no-user"),
    pytest.param({"password": ""}, "password is missing", id="no-password"),
    pytest.param({"tls": "maybe"}, 'tls must be "tls", "starttls" or "none"', id="tls"),
    pytest.param({"host": "imap.example.com"}, "only on this machine itself", id="plain-text-far-away"),
    pytest.param({"port": "143"}, "port must be a number from 1 to 65535", id="port"),
    pytest.param({"ca_file": "/nowhere/ca.pem"}, "ca_file names no file", id="ca-file"),
    pytest.param({"address": "nobody"}, "must be an e-mail address", id="address"),
    pytest.param({"folders": [7]}, "folders must be a list of texts", id="folders"),
    pytest.param({"username": "a\r\nb"}, "username must be one line", id="line-break"),
]


@pytest.mark.parametrize(("settings", "words"), SETTINGS)
def test_wrong_settings_are_refused_with_one_sentence(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    right = {"host": "localhost", "tls": "none", "username": "a", "password": "b"}
    with pytest.raises(ConfigurationError, match=words) as raised:
        ImapMailbox("support", {**right, **settings}, Context(public_url="https://hub.example.com"))
    assert str(raised.value).startswith('Channel "support": ')
