"""Logging in with a token: Dovecot and an SMTP server take it, refuse it, and are asked once more with a fresh one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Context
from channels.email_imap import ImapMailbox
from channels.email_imap.token_login import TokenLogin
from channels.email_smtp import SmtpSender
from channels.mail_wire import MailServer, NotAccepted, SettingsReader, challenge_text
from hub.insight.finders import of_channel
from hub.model.errors import ConfigurationError
from tests.channels.smtp.conftest import outgoing
from tests.hub.connections.conftest import ACCOUNT
from tests.servers.authorisation import AuthorisationServer
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_tokens import TokenSmtp


class Lent:
    """Lends tokens as they are put here; notes which were refused."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.refused: list[str] = []

    async def __call__(self, refused: str = "") -> str:
        self.refused += [refused] if refused else []
        if not self.tokens:
            ended = ConfigurationError("The sign-in provider no longer takes the consent: invalid_grant.")
            ended.code = "oauth_ended"  # type: ignore[misc]  # as ConsentEnded has it
            raise ended
        return self.tokens.pop(0)


def settings(port: int, **more: object) -> dict[str, object]:
    where = {"host": "127.0.0.1", "port": port, "tls": "none", "username": ACCOUNT, "login": "oauth"}
    return {**where, "from_address": ACCOUNT, **more}


def context(lent: Lent) -> Context:
    return Context(public_url="http://hub.test", access_token=lent)


async def test_imap_and_smtp_take_a_token_and_are_asked_once_more_with_a_fresh_one(
    provider: AuthorisationServer, token_dovecot: Dovecot, token_smtp: TokenSmtp
) -> None:
    good = provider.issue()["access_token"]
    for old in ("", "expired-1"):
        tokens = [old, good] if old else [good]
        reads, sends = Lent(*tokens), Lent(*tokens)
        async with asyncio.timeout(40):
            assert await ImapMailbox("mail", settings(token_dovecot.port), context(reads)).check() == []
            assert await SmtpSender("out", settings(token_smtp.port), context(sends)).check() == []
        assert reads.refused == sends.refused == ([old] if old else [])
    sender = SmtpSender("out", settings(token_smtp.port), context(Lent(good)))
    await sender.send(outgoing(), datetime.now(UTC) + timedelta(minutes=5))
    await sender.close()
    assert len(token_smtp.mails) == 1


async def test_a_refused_token_and_an_ended_consent_are_told_apart_and_never_wait_for_a_time_limit(
    provider: AuthorisationServer, token_dovecot: Dovecot, token_smtp: TokenSmtp
) -> None:
    for lent, code in ((Lent("bad-1", "bad-2"), "token_refused"), (Lent("bad-1"), "oauth_ended")):
        tokens = list(lent.tokens)
        async with asyncio.timeout(40):  # a command's own time limit is 60 s
            (imap,) = await ImapMailbox("mail", settings(token_dovecot.port), context(lent)).check()
            (smtp,) = await SmtpSender("out", settings(token_smtp.port), context(Lent(*tokens))).check()
        assert (imap.code, smtp.code) == (code, code)
        assert (of_channel(imap).code, of_channel(smtp).code) == (code, code)
    assert "status" in (await _refused(token_dovecot)).problem.cause


async def _refused(server: Dovecot) -> NotAccepted:
    with pytest.raises(NotAccepted) as refused:
        await ImapMailbox("mail", settings(server.port), context(Lent("bad-1", "bad-2"))).look_around(12)
    return refused.value


async def test_a_server_without_token_logins_is_told_apart(dovecot: Dovecot, provider: AuthorisationServer) -> None:
    (problem,) = await ImapMailbox("mail", settings(dovecot.port), context(Lent("x"))).check()
    assert problem.code == "no_oauth"
    assert "PLAIN" in problem.cause


def test_a_channel_by_consent_without_one_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match='login is "oauth", and the hub keeps no consent'):
        ImapMailbox("mail", settings(1), Context(public_url="http://hub.test"))


class Sent:
    """What the server gets, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def new_tag(self) -> str:
        return "T1"

    def send(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def server() -> MailServer:
    read = SettingsReader("mail", settings(143, username="a,b=c@example.com"))
    return MailServer.from_settings(read, {"none": 143}, context(Lent("tok")))


@pytest.mark.parametrize(
    ("mechanism", "is_at_once", "challenges", "replies"),
    [
        pytest.param("XOAUTH2", True, ["+ eyJzdGF0dXMiOiI0MDAifQ=="], [""], id="XOAUTH2 with the command"),
        pytest.param("OAUTHBEARER", True, ["+ eyJzdGF0dXMiOiI0MDAifQ=="], ["AQ=="], id="OAUTHBEARER with the command"),
        pytest.param("XOAUTH2", False, ["+", "+ eyJzdGF0dXMiOiI0MDAifQ=="], ["TOKEN", ""], id="XOAUTH2 after it"),
        pytest.param("XOAUTH2", True, ["+ eyJzdGF0dXMiOiI0MDAifQ==", "+ x"], ["", "*"], id="no end to challenges"),
    ],
)
async def test_every_challenge_is_answered(
    server: MailServer, mechanism: str, is_at_once: bool, challenges: list[str], replies: list[str]
) -> None:
    wire = Sent()
    login = TokenLogin(wire, server, mechanism, "tok", is_at_once)  # type: ignore[arg-type]  # as far as it is used
    for line in challenges:
        login.append_to_resp(line.encode())
    token = server.bearer(mechanism, "tok")
    assert wire.lines == [token if reply == "TOKEN" else reply for reply in replies]
    assert b'{"status":"400"}' in login.response.lines


def test_a_token_is_wrapped_as_each_mechanism_wants(server: MailServer) -> None:
    assert challenge_text(server.bearer("XOAUTH2", "tok")) == "user=a,b=c@example.com\x01auth=Bearer tok\x01\x01"
    said = challenge_text(server.bearer("OAUTHBEARER", "tok"))
    assert said.startswith("n,a=a=2Cb=3Dc@example.com,\x01host=127.0.0.1\x01port=143\x01auth=Bearer tok")
