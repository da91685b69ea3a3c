"""Each server really works: what the other tests stand on."""

from __future__ import annotations

import asyncio
import imaplib
import os
import signal
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Error, Page

from tests.servers.chromium import Pages, pages
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.process import wait_until
from tests.servers.smtp import SmtpCatcher

MAIL = b"From: Ada <ada@example.com>\r\nTo: box@example.com\r\nSubject: Boiler\r\n\r\nIt drips.\r\n"


async def test_each_engine_gives_an_empty_database(database_url: str) -> None:
    if database_url.startswith("sqlite:///"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as database:
            assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        return
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    finally:
        await connection.close()


async def test_a_database_made_from_a_template_has_its_tables(postgres: Postgres) -> None:
    def fill(url: str) -> None:
        postgres.execute("CREATE TABLE appointments (id int)", url.rpartition("/")[2])

    template = postgres.make_template("filled", fill)
    with postgres.database(template) as url:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            assert await connection.fetchval("SELECT count(*) FROM appointments") == 0
        finally:
            await connection.close()


async def test_postgres_comes_back_after_a_kill_with_what_was_committed(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.execute("CREATE TABLE kept AS SELECT 7 AS number", name)
    postgres.kill()
    with pytest.raises(OSError):
        postgres.execute("SELECT 1", name)
    postgres.start()
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SELECT number FROM kept") == 7
    finally:
        await connection.close()


async def test_a_test_that_left_postgres_down_harms_no_other(postgres: Postgres) -> None:
    postgres.kill()
    with pytest.warns(UserWarning, match="shutting down|shutdown"), postgres.database() as url:
        postgres.execute("SELECT 1", url.rpartition("/")[2])


@pytest.mark.parametrize("tls", [False, True], ids=["in the clear", "with TLS"])
def test_dovecot_gives_a_delivered_mail(dovecot: Dovecot, tls: bool) -> None:
    user, password = dovecot.add_user()
    dovecot.deliver(user, MAIL)
    with _imap(dovecot, tls=tls) as client:
        client.login(user, password)
        assert client.select("INBOX") == ("OK", [b"1"])
        _, answer = client.uid("FETCH", "1", "(BODY.PEEK[])")
        assert answer[0] is not None
        assert answer[0][1] == MAIL


def test_dovecot_refuses_a_wrong_password(dovecot: Dovecot) -> None:
    user, _ = dovecot.add_user()
    with _imap(dovecot) as client, pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login(user, "wrong")


def test_dovecot_tells_a_waiting_client_of_a_new_mail(dovecot: Dovecot) -> None:
    user, password = dovecot.add_user()
    with _imap(dovecot) as client:
        client.login(user, password)
        client.select("INBOX")
        client.send(b"a1 IDLE\r\n")
        assert client.readline().startswith(b"+ ")
        dovecot.deliver(user, MAIL)
        client.sock.settimeout(60)
        assert client.readline() == b"* 1 EXISTS\r\n"
        client.send(b"DONE\r\n")
        while not client.readline().startswith(b"a1 OK"):
            pass


def test_dovecot_killed_and_started_keeps_mail_and_ports(dovecot: Dovecot) -> None:
    user, password = dovecot.add_user()
    dovecot.deliver(user, MAIL, folder="Sent")
    client = _imap(dovecot)
    client.login(user, password)
    dovecot.kill()
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        client.noop()
    client.shutdown()
    dovecot.start()
    with _imap(dovecot) as client:
        client.login(user, password)
        assert client.select("Sent") == ("OK", [b"1"])


def test_the_catcher_keeps_mails_and_answers_as_told(smtp_catcher: SmtpCatcher) -> None:
    smtp_catcher.answers["gone@example.com"] = "550 5.1.1 no such mailbox"
    with smtplib.SMTP(smtp_catcher.host, smtp_catcher.port) as client:
        refused = client.sendmail("hub@example.com", ["ada@example.com", "gone@example.com"], MAIL)
    assert refused == {"gone@example.com": (550, b"5.1.1 no such mailbox")}
    (mail,) = smtp_catcher.wait_for(1)
    assert (mail.sender, mail.recipients, mail.content) == ("hub@example.com", ("ada@example.com",), MAIL)


async def test_the_browser_runs_scripts_of_a_local_page(page: Page, local_page: str) -> None:
    await page.goto(local_page)
    assert await page.inner_text("h1") == "set by a script"


async def test_a_window_without_scripts_shows_the_page_as_sent(browser_pages: Pages, local_page: str) -> None:
    page = await browser_pages.open(javascript=False, width=360)
    await page.goto(local_page)
    assert await page.inner_text("h1") == "as sent"


async def test_a_page_that_reaches_out_fails_its_test(browser_pages: Pages) -> None:
    async def reach_out() -> None:
        async with pages(browser_pages.browser) as opened:
            page = await opened.open()
            with pytest.raises(Error):
                await page.goto("http://192.0.2.1/", timeout=3000)

    with pytest.raises(AssertionError, match=r"leave this machine: \['http://192\.0\.2\.1/"):
        await reach_out()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_server_dies_with_a_killed_run(tmp_path: Path) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from tests.servers.process import Process
        server = Process([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"],
                         Path(sys.argv[1]))
        time.sleep(60)
    """
    log = tmp_path / "log"
    root = Path(__file__).resolve().parents[2]
    run = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), log], cwd=root)
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"), "the server")
    server = int(log.read_text())
    run.send_signal(signal.SIGKILL)
    run.wait()
    wait_until(lambda: not _alive(server), "the server's end")


def _alive(process: int) -> bool:
    """A zombie that nobody has waited for yet counts as dead."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def _imap(dovecot: Dovecot, *, tls: bool = False) -> imaplib.IMAP4:
    if tls:
        trusted = ssl.create_default_context(cafile=os.fspath(dovecot.cert))
        return imaplib.IMAP4_SSL(dovecot.host, dovecot.tls_port, ssl_context=trusted, timeout=60)
    return imaplib.IMAP4(dovecot.host, dovecot.port, timeout=60)


@pytest.fixture
async def local_page() -> object:
    html = (
        b"<title>t</title><h1>as sent</h1><script>document.querySelector('h1').textContent='set by a script'</script>"
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(html)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + html)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
