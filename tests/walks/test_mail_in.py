"""Item 1: mail in, against a real Dovecot."""

from __future__ import annotations

import urllib.request
from email.message import EmailMessage
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.walks.conftest import SANDBOX, mailbox_section
from tests.walks.running import RunningHub, wait_for

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


def letter(
    number: int = 1, *, sender: str = "Ada Lovelace <ada@example.com>", text: str = "My fridge is broken."
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "support@example.com", f"Fridge {number}"
    message["Message-ID"] = f"<letter-{number}@customer.example>"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    message.set_content(
        f"{text}\n\nOn Sun, 1 Mar 2026 at 09:00, Support <support@example.com> wrote:\n> What is wrong?\n"
    )
    return message


def hub_with(dovecot: Dovecot, data: Path, *accounts: tuple[str, str]) -> RunningHub:
    sections = SANDBOX.replace("[channels.support_mail]", "[channels.sandbox_mail]")
    for number, (user, password) in enumerate(accounts):
        sections += mailbox_section(f"mailbox_{number}", dovecot, user, password)
    return RunningHub(data, config=sections)


def test_a_new_mail_is_on_the_timeline_within_two_seconds(dovecot: Dovecot, tmp_path: Path) -> None:
    account = dovecot.add_user()
    mail = letter()
    mail.add_alternative(
        "<p>My <b>fridge</b> is broken.</p><script>alert(1)</script>"
        "<img src='http://evil.example/x.png' onerror=alert(1)>",
        subtype="html",
    )
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="fridge.png")
    with hub_with(dovecot, tmp_path / "data", account) as hub:
        dovecot.deliver(account[0], letter(0, sender="first@example.net").as_bytes())
        hub.customer("mailto:first@example.net")
        dovecot.deliver(account[0], mail.as_bytes())
        customer = hub.customer("mailto:ada@example.com")
        row = hub.timeline(customer)[0]
        assert customer["display_name"] == "Ada Lovelace"
        assert row["text"] == "My fridge is broken."
        assert (row["medium"], row["direction"], row["trust"]) == ("email", "in", "unverified")
        assert "first contact" in row["customer_why"]
        assert [file["filename"] for file in row["attachments"]] == ["fridge.png"]


def test_several_mailboxes_and_one_mail_in_two_of_them(dovecot: Dovecot, tmp_path: Path) -> None:
    sales, support = dovecot.add_user(), dovecot.add_user()
    with hub_with(dovecot, tmp_path / "data", sales, support) as hub:
        for account in (sales, support):
            dovecot.deliver(account[0], letter(7).as_bytes())
        dovecot.deliver(sales[0], letter(8, sender="bob@example.org").as_bytes())
        hub.customer("mailto:bob@example.org")
        ada = hub.customer("mailto:ada@example.com")
        row = hub.timeline(ada)[0]
        arrivals = f"/interactions/{row['id']}/arrivals"
        wait_for(lambda: len(hub.api("GET", arrivals)["items"]) == 2, "the second arrival")
        assert len(hub.timeline(ada)) == 1


def test_a_restart_loses_and_repeats_nothing(dovecot: Dovecot, tmp_path: Path) -> None:
    account = dovecot.add_user()
    hub = hub_with(dovecot, tmp_path / "data", account)
    total = 60
    with hub:
        for number in range(total // 2):
            dovecot.deliver(account[0], letter(number).as_bytes())
        hub.customer("mailto:ada@example.com")
    for number in range(total // 2, total):
        dovecot.deliver(account[0], letter(number).as_bytes())
    with hub:
        ada = hub.customer("mailto:ada@example.com")

        def all_here() -> bool:
            first = hub.api("GET", f"/customers/{ada['id']}/timeline?limit=100")
            return len(first["items"]) >= total

        wait_for(all_here, "every mail")
        items = hub.api("GET", f"/customers/{ada['id']}/timeline?limit=100")["items"]
        assert sorted(row["subject"] for row in items) == sorted(f"Fridge {number}" for number in range(total))


def test_what_cannot_be_read_is_kept_and_can_be_tried_again(dovecot: Dovecot, tmp_path: Path) -> None:
    account = dovecot.add_user()
    bomb = b"From: eve@example.net\nTo: a@example.com\nSubject: deep\nMIME-Version: 1.0\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (depth, depth) for depth in range(1000)
    )
    with hub_with(dovecot, tmp_path / "data", account) as hub:
        dovecot.deliver(account[0], bomb)
        dovecot.deliver(account[0], letter().as_bytes())
        hub.customer("mailto:ada@example.com")
        kept = wait_for(lambda: hub.api("GET", "/unreadable")["items"], "the bomb")
        assert kept[0]["reason"]
        hub.api("POST", f"/unreadable/{kept[0]['id']}/retry", {})
        assert hub.api("GET", "/unreadable")["items"][0]["id"] == kept[0]["id"]


def test_raw_mail_is_kept_whole(dovecot: Dovecot, tmp_path: Path) -> None:
    account = dovecot.add_user()
    mail = letter().as_bytes()
    with hub_with(dovecot, tmp_path / "data", account) as hub:
        dovecot.deliver(account[0], mail)
        row = hub.timeline(hub.customer("mailto:ada@example.com"))[0]
        arrivals = f"/interactions/{row['id']}/arrivals"
        first = hub.api("GET", arrivals)["items"][0]
        url = f"{hub.url}/api/v1{arrivals}/{first['id']}/raw"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {hub.token()}"})
        with urllib.request.urlopen(request) as answer:
            assert answer.read().replace(b"\r\n", b"\n") == mail.replace(b"\r\n", b"\n")


def test_a_wrong_password_is_a_red_line_and_stops_nobody(dovecot: Dovecot, tmp_path: Path) -> None:
    right, wrong = dovecot.add_user(), dovecot.add_user()
    with hub_with(dovecot, tmp_path / "data", (wrong[0], "not this"), right) as hub:
        dovecot.deliver(right[0], letter().as_bytes())
        hub.customer("mailto:ada@example.com")

        def problem() -> object:
            return next(c for c in hub.api("GET", "/channels")["items"] if c["name"] == "mailbox_0")["problem"]

        told = wait_for(problem, "the problem")
        assert "password" in str(told).lower() or "login" in str(told).lower()
