"""A mailbox with a past: the command brings it in beside the hub and without one; pages and API show the counts."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.servers.dovecot import Dovecot
from tests.walks.conftest import mailbox_section
from tests.walks.running import PASSWORD, RunningHub, wait_for
from tests.walks.test_mail_in import letter

_OUTGOING = '[channels.outgoing_mail]\nadapter = "channels.email_smtp:SmtpSender"\nfrom_address = "us@example.com"\n'


def deliver(dovecot: Dovecot, user: str, number: int, days: int, folder: str = "INBOX") -> None:
    path = dovecot.deliver(user, letter(number, sender=f"past{number}@example.com").as_bytes(), folder)
    at = time.time() - days * 86_400
    os.utime(path, (at, at))


def test_older_mail_comes_in_by_command_and_is_counted(dovecot: Dovecot, tmp_path: Path) -> None:
    user, password = dovecot.add_user()
    for number, days in enumerate((300, 200, 100, 1)):
        deliver(dovecot, user, number, days)
    hub = RunningHub(tmp_path / "data", config=_OUTGOING + mailbox_section("support_mail", dovecot, user, password))
    with hub:
        hub.customer("mailto:past3@example.com")
        early = (datetime.now(UTC) - timedelta(days=150)).date().isoformat()
        done = hub.command("backfill", "support_mail", "--since", early, "--folder", "INBOX", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["state"], told["done"], told["since"]) == ("done", 1, early)
        assert hub.api("GET", "/customers?identity=mailto:past2@example.com")["items"]
        assert not hub.api("GET", "/customers?identity=mailto:past1@example.com")["items"]
        for words, code in (
            (("backfill", "support_mail", "--since", "soon"), 2),
            (("backfill", "support_mail", "--folder", "Nowhere"), 3),
        ):
            refused = hub.command(*words)
            assert (refused.returncode, refused.stdout) == (code, ""), words

        def counted() -> Any:
            boxes = hub.api("GET", "/channels/support_mail/mailboxes")["items"]
            return next((box for box in boxes if box["mailbox"] == "INBOX" and box["compared_at"]), None)

        first = wait_for(counted, "the comparison", 90)["compared_at"]  # perhaps from before the older mail came in
        hub.api("POST", "/channels/support_mail/mailboxes/compare")
        wait_for(lambda: counted()["compared_at"] != first, "another comparison", 90)
        box = counted()
        assert (box["server"], box["here"], box["left_out"], box["missing"]) == (4, 2, 2, 0)
        browser = hub.browser()
        assert hub.sign_in
        form = {"email": "grace@example.com", "display_name": "Grace", "password": PASSWORD, "again": PASSWORD}
        browser.open(hub.sign_in, {**browser.hidden(browser.open(hub.sign_in)[1]), **form})
        _, page, _ = browser.open("/channels")
        assert "server 4, here 2, could not be read 0, left out as older 2" in " ".join(page.split())
        for act in ("older", "older/stop", "compare"):
            status, page, _ = browser.open(f"/channels/support_mail/{act}", {**browser.hidden(page), "since": ""})
            assert status == 200, act
        checked = hub.command("check")
        assert "support_mail, INBOX: server 4, here" in checked.stdout
    alone = hub.command("backfill", "support_mail")
    assert alone.returncode == 0, alone.stderr
    with closing(sqlite3.connect(f"file:{hub.data / 'hub.sqlite3'}?mode=ro", uri=True)) as conn:
        assert conn.execute("SELECT count(*) FROM interaction").fetchone() == (4,)
        assert conn.execute("SELECT count(*) FROM conversation WHERE state = 'open'").fetchone() == (1,)
