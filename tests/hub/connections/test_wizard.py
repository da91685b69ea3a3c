"""The mail wizard as a person walks it, against a real Dovecot, an SMTP server and an imitated sign-in provider."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select

from hub.app.hub import Hub, lends
from hub.app.overrides import kept, laid_over
from hub.app.round_trip import sent_once
from hub.app.trying import tried_section
from hub.desk.mail_servers import Outside
from hub.store import connections, health
from hub.store.session import Database
from hub.store.tables import AuditRow, Base
from tests.hub.connections.conftest import ACCOUNT, KEYS
from tests.servers.authorisation import CLIENT_ID, CLIENT_SECRET, AuthorisationServer
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_tokens import TokenSmtp
from tests.web_room import Browser, Clock, WebRoom, services_for, web_room

MAIL = b"From: ada@example.com\r\nSubject: =?utf-8?q?Caf=C3=A9_%d?=\r\nMessage-ID: <%d@example.com>\r\n\r\nHello\r\n"
PASSWORD = "Zürich & <horse>"


@pytest.fixture
async def room(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    clock = Clock()
    services = services_for(sqlite_database, tmp_path, clock)
    hub: Any = SimpleNamespace(
        settings=services.settings,
        base=services.settings,
        database=sqlite_database,
        keys=KEYS,
        clock=clock,
        public_url=services.public_url,
    )

    async def try_new(section: Any, consent: str) -> Any:
        return await tried_section(as_hub(hub), section, lends(as_hub(hub))(consent) if consent else None, looks=True)

    async def send_new(section: Any, consent: str, letter: Any) -> Any:
        return await sent_once(as_hub(hub), section, lends(as_hub(hub))(consent) if consent else None, letter)

    offline = Outside([], allows=lambda _address: False)
    async with web_room(replace(services, try_new=try_new, send_new=send_new, outside=offline), clock) as running:
        yield running


def as_hub(parts: Any) -> Hub:
    """Returns the parts of a hub that trying a channel uses."""
    hub: Hub = parts
    return hub


def servers(imap: Dovecot, smtp: TokenSmtp) -> dict[str, str]:
    return {
        **{"in_host": "127.0.0.1", "in_port": str(imap.port), "in_tls": "none"},
        **{"out_host": "127.0.0.1", "out_port": str(smtp.port), "out_tls": "none"},
    }


async def begun(browser: Browser, address: str) -> str:
    """Begins the wizard with an address; returns the draft's path."""
    await browser.get("/channels/new")
    answer = await browser.post("/channels/new", {"address": address})
    assert answer.status == 303, answer.text
    return str(answer.headers["Location"])


async def test_a_mailbox_is_connected_step_by_step_and_its_password_is_nowhere_in_the_clear(
    room: WebRoom, token_dovecot: Dovecot, token_smtp: TokenSmtp
) -> None:
    token_dovecot.add_user(ACCOUNT, PASSWORD)
    token_smtp.passwords[ACCOUNT] = PASSWORD
    for number in range(14):
        token_dovecot.deliver(ACCOUNT, MAIL % (number, number))
    token_dovecot.deliver(ACCOUNT, MAIL % (99, 99), "Sent")
    async with room.browser("admin") as browser, room.browser("admin") as other:
        path = await begun(browser, ACCOUNT)
        assert "Nobody says where this mail is" in (await browser.get(path)).text
        assert (await other.get(path)).status == 404  # another session's draft

        where = {"username": ACCOUNT, **servers(token_dovecot, token_smtp)}
        wrong = await browser.post(path, {**where, "password": "wrong"})
        assert wrong.status == 422
        assert wrong.text.count("The mail server refuses the login of support@example.com.") == 2
        assert "wrong" not in re.sub(r"is wrong|<[^>]*>", "", wrong.text)

        token_smtp.passwords.clear()
        half = await browser.post(path, {**where, "password": PASSWORD})
        assert half.status == 422
        assert half.text.count("The mail server refuses the login") == 1
        token_smtp.passwords[ACCOUNT] = PASSWORD

        looked = await browser.post(path, {**where, "password": ""})  # the one typed before
        assert looked.status == 200, looked.text
        subjects = re.findall(r"<li>(Café \d+)</li>", looked.text)
        assert subjects == [f"Café {number}" for number in range(13, 1, -1)]
        assert re.search(r"<option selected>\s*Sent", looked.text)
        assert await room.services.database.read(lambda conn, _: connections.kept(conn), None) == []

        token_smtp.passwords.clear()
        refused = await browser.post(f"{path}/test")
        assert "The mail server refuses the login" in refused.text
        token_smtp.passwords[ACCOUNT] = PASSWORD
        token_smtp.delivers = lambda mail: token_dovecot.deliver(ACCOUNT, mail)
        arrived = await browser.post(f"{path}/test")
        [sent] = token_smtp.mails
        assert b"Auto-Submitted: auto-generated" in sent
        code = re.search(rb"Subject: Test of support@example.com: (\w{8})", sent)
        assert code, sent
        assert f"Test of support@example.com: {code[1].decode()}” was sent by this account" in arrived.text
        looked_again = await browser.post(f"{path}/test", {"code": code[1].decode()})
        assert "sending and receiving work" in looked_again.text
        assert len(token_smtp.mails) == 1  # looking again sends nothing

        taken = await browser.post(f"{path}/keep", {"name": "support_mail", "folder": "INBOX"})
        assert taken.status == 422
        assert "The settings file has a channel support_mail already." in taken.text
        done = await browser.post(f"{path}/keep", {"name": "help", "folder": "INBOX", "sent_folder": "Sent"})
        assert (done.status, done.headers["Location"]) == (303, "/channels#help")
        assert (await browser.get(path)).status == 404  # used up

        overrides = await room.services.database.read(kept, KEYS)
        laid, closed = laid_over(room.services.settings, overrides)
        assert closed == {}
        assert (laid.channels["help"].mode, laid.channels["help"].sends_with) == ("live", "help_out")
        assert laid.channels["help"].settings["password"] == PASSWORD
        assert PASSWORD not in await room.services.database.read(everything, None)
        assert "taking up the changed settings" in (await browser.get("/channels")).text

        shown = await browser.get("/channels/help/connection")
        assert ACCOUNT in shown.text
        assert PASSWORD not in unescape(shown.text)
        await browser.post("/channels/help/disconnect")
        _, closed = laid_over(room.services.settings, await room.services.database.read(kept, KEYS))
        assert closed["help"].code == "disconnected"
        assert "Disconnected since" in (await browser.get("/channels/help/connection")).text
        await browser.post("/channels/help/connect")
        await browser.post("/channels/help/remove")
        left = await room.services.database.read(lambda conn, _: connections.kept(conn), None)
        assert [(each.name, each.account) for each in left] == [("help_out", ACCOUNT)]
        free = await room.services.database.read(freed, None)
        assert free == (True, False), "a removed channel's name goes to the same account alone: histories never mix"
        acts = await room.services.database.read(lambda conn, _: list(conn.scalars(select(AuditRow.action))), None)
        assert [act for act in acts if act.startswith("connection.")] == [
            *["connection.added"] * 2,
            *("connection.disconnected", "connection.connected", "connection.removed"),
        ]


def freed(conn: Connection, _: None) -> tuple[bool, bool]:
    return connections.is_free(conn, "help", ACCOUNT), connections.is_free(conn, "help", "other@example.com")


def everything(conn: Connection, _: None) -> str:
    """Returns the content of every table."""
    return "\n".join(str(conn.execute(select(table)).all()) for table in Base.metadata.sorted_tables)


async def test_a_mailbox_is_connected_by_consent_and_connected_again_when_that_has_ended(
    room: WebRoom, provider: AuthorisationServer, token_dovecot: Dovecot, token_smtp: TokenSmtp
) -> None:
    token = await room.token("admin")
    body = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "endpoints": provider.endpoints}
    async with room.browser("admin") as browser, room.browser("admin") as thief, aiohttp.ClientSession() as http:
        api = {"headers": {"Authorization": f"Bearer {token}"}}
        told = await http.put(room.url("/api/v1/registrations/google"), json=body, **api)
        registered = (await told.json())["items"]
        assert [each["return_address"] for each in registered] == ["http://hub.test/channels/consent"]
        assert CLIENT_SECRET not in str(registered)
        provider.account = "someone@gmail.com"
        path = await begun(browser, "someone@gmail.com")
        assert "Sign in with Google…" in (await browser.get(path)).text
        # The imitated provider's mailbox is on this machine.
        await browser.post(
            path, {"username": "someone@gmail.com", **servers(token_dovecot, token_smtp), "password": "x"}
        )
        back = await returned(browser, http, await browser.post(f"{path}/consent"))

        assert (await thief.get(back)).status == 404  # the word is bound to the session that asked
        assert provider.posts == []
        page = await browser.get(back)
        assert provider.posts == []  # looking uses nothing up
        fields = dict(re.findall(r'name="(state|code)" value="([^"]+)"', page.text))
        looked = await browser.post("/channels/consent", fields)
        assert looked.status == 200, looked.text
        assert "The login works, for reading and for sending." in looked.text
        assert (await browser.post("/channels/consent", fields)).status == 404  # once
        done = await browser.post(f"{path}/keep", {"folder": "INBOX"})
        assert done.headers["Location"] == "/channels#someone_mail"

        _, closed = laid_over(room.services.settings, await room.services.database.read(kept, KEYS))
        assert closed == {}
        provider.ended = True
        room.clock.advance(hours=2)
        lender = lends(as_hub(room.services))("someone@gmail.com")
        with pytest.raises(Exception, match="no longer takes the consent"):
            await lender("")
        listed = await (await http.get(room.url("/api/v1/connections"), **api)).json()
        assert {each["consent"]["ended_why"] != "" for each in listed["items"]} == {True}
        await browser.sign_in("admin@hub.test", "correct horse battery")  # idle for two hours
        assert (
            "The consent by which it signs in has ended."
            in (await browser.get("/channels/someone_mail/connection")).text
        )

        provider.ended = False
        back = await returned(browser, http, await browser.post("/channels/someone_mail/consent"))
        page = await browser.get(back)
        fields = dict(re.findall(r'name="(state|code)" value="([^"]+)"', page.text))
        again = await browser.post("/channels/consent", fields)
        assert again.headers["Location"] == "/channels/someone_mail/connection"
        assert await lender("") in provider.good
        assert (await browser.get("/channels/consent?state=unknown&code=x")).status == 404

        # The same with a code that is typed elsewhere, as the command line does.
        wanted = {"provider": "google", "address": "typed@gmail.com"}
        typed = await (await http.post(room.url("/api/v1/consents"), json=wanted, **api)).json()
        assert (typed["code"], typed["url"]) == ("ABC-DEF", "https://example.com/device")
        for provider.approved, consent in ((False, ""), (True, "typed@gmail.com")):
            told = await http.post(room.url(f"/api/v1/consents/{typed['id']}"), **api)
            assert (await told.json())["consent"] == consent
        states = await room.services.database.read(lambda conn, _: health.channel_states(conn), None)
        assert CLIENT_SECRET not in str(states)


async def returned(browser: Browser, http: aiohttp.ClientSession, page: Any) -> str:
    """Goes where the page leads, agrees there, and returns the path that the provider sends back to."""
    link = re.search(r'href="(http://127\.0\.0\.1:\d+/authorize[^"]+)"', page.text)
    assert link, page.text
    async with http.get(unescape(link[1]), allow_redirects=False) as answer:
        return str(answer.headers["Location"]).removeprefix("http://hub.test")
