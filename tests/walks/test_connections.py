"""A mailbox is connected by the command line while the hub runs, disconnected, and removed; its history stays."""

from __future__ import annotations

import json
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.servers.smtp_tokens import TokenSmtp
from tests.walks.running import RunningHub, wait_for

MAIL = b"From: ada@example.com\r\nTo: %s\r\nSubject: Opening hours\r\nMessage-ID: <hours@example.com>\r\n\r\nHello\r\n"


def test_a_mailbox_added_while_the_hub_runs_is_read_at_once(tmp_path: Path, dovecot: Dovecot) -> None:
    address, password = dovecot.add_user()
    dovecot.deliver(address, MAIL % address.encode())
    smtp = TokenSmtp({}, {address: password})
    smtp.start()
    secret = tmp_path / "password"
    secret.write_text("no, not this one\n")
    where = ["--imap", f"127.0.0.1:{dovecot.port}/none", "--smtp", f"127.0.0.1:{smtp.port}/none"]
    add = ["channel", "add", "mail", address, *where, "--password-file", str(secret), "--name", "helpdesk", "--json"]
    try:
        with RunningHub(tmp_path / "data", config="") as hub:
            refused = hub.command(*add)
            assert refused.returncode == 6
            told = json.loads(refused.stdout)
            assert {each["code"] for side in ("reading", "sending") for each in told[side]} == {"login"}
            assert told["names"] == []
            secret.write_text(f"{password}\n")
            smtp.delivers = lambda mail: dovecot.deliver(address, mail)
            connected = hub.command(*add, "--send-test")
            assert connected.returncode == 0, connected.stderr
            newest, first = json.loads(connected.stdout)["subjects"]
            assert (newest.startswith(f"Test of {address}"), first) == (True, "Opening hours")
            assert "The test mail arrived" in connected.stderr
            assert json.loads(connected.stdout)["names"] == ["helpdesk", "helpdesk_out"]
            (mail,) = hub.timeline(hub.customer("mailto:ada@example.com", 60), seconds=60)
            assert mail["subject"] == "Opening hours"

            hub.api("POST", "/connections/helpdesk/disconnect")

            def said() -> list[str]:
                states = hub.api("GET", "/channels")["items"]
                return [each["problem"]["code"] for each in states if each["name"] == "helpdesk" and each["problem"]]

            assert wait_for(said, "the disconnected channel") == ["disconnected"]
            assert hub.command("channel", "remove", "helpdesk").returncode == 0
            left = [json.loads(line)["name"] for line in hub.command("channel", "list", "--json").stdout.splitlines()]
            assert left == ["helpdesk_out"]
    finally:
        smtp.stop()
