"""Item 7: a mail is answered from the page; taken back, killed, sent, copied among what was sent, and answered."""

from __future__ import annotations

import email
import html
import re
import urllib.request
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpCatcher
from tests.walks.conftest import mailbox_section
from tests.walks.running import PASSWORD, Browser, RunningHub, wait_for

_PATIENCE = 60.0
_BOUNDARY = "walk-boundary"


def _config(dovecot: Dovecot, smtp: SmtpCatcher, account: tuple[str, str]) -> str:
    return f"""
[hub]
business_name = "Example Pharmacy"

[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
mode = "live"
host = "127.0.0.1"
port = {smtp.port}
tls = "none"
from_address = "{account[0]}"
bounces_to = "{account[0]}"
{mailbox_section("support_mail", dovecot, *account)}
save_sent = true
plus_addressing = true
"""


def _signed_in(hub: RunningHub) -> Browser:
    assert hub.sign_in
    browser = hub.browser()
    _, page, _ = browser.open(hub.sign_in)
    told = {"email": "grace@example.net", "display_name": "Grace", "password": PASSWORD, "again": PASSWORD}
    assert browser.open(hub.sign_in, {**browser.hidden(page), **told})[0] == 200
    _, page, _ = browser.open("/profile")
    signature = "{{ staff.name }}\n{{ business.name }}"
    profile = {**browser.hidden(page), "display_name": "Grace", "signature": signature}
    assert browser.open("/profile", profile)[0] == 200
    return browser


def _composer(page: str) -> dict[str, str]:
    form = page[page.index('id="composer"') :]
    form = form[: form.index("</form>")]
    found = {"quote": "yes"}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="file"' not in tag and 'type="checkbox"' not in tag:
            found[name[1]] = html.unescape(value[1]) if value else ""
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    assert text
    return {**found, "text": html.unescape(text[1])}


def _post(browser: Browser, path: str, fields: dict[str, str], file: tuple[str, bytes] | None = None) -> str:
    """Sends the composer as a browser without scripts does; returns the page that it leads to."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    if file:
        named = f'Content-Disposition: form-data; name="file"; filename="{file[0]}"\r\n'
        parts.append(f"{named}Content-Type: application/pdf\r\n\r\n".encode() + file[1])
    body = b"".join(f"--{_BOUNDARY}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{_BOUNDARY}--\r\n".encode()
    headers = {"Origin": browser.base, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(browser.jar))
    request = urllib.request.Request(browser.base + path, body, headers)
    with opener.open(request, timeout=_PATIENCE) as answer:
        page: str = answer.read().decode()
    return page


def _sent_copies(dovecot: Dovecot, account: str) -> list[Path]:
    found = (dovecot.folder / "mail" / account / ".Sent").glob("*/*")
    return sorted(file for file in found if file.is_file() and b"My prescription" in file.read_bytes())


def _sent_before(account: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = account, "carl@example.org", "From a mail program"
    mail["Message-ID"] = "<earlier@mailprogram.example>"
    mail.set_content("Sent before there was a hub.\n")
    return mail.as_bytes()


def test_an_answer_with_a_file_is_undone_survives_a_kill_and_comes_back_answered(
    dovecot: Dovecot, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> None:
    account = dovecot.add_user()
    dovecot.deliver(account[0], _sent_before(account[0]), "Sent")
    question = EmailMessage()
    question["From"], question["To"], question["Subject"] = "Ada <ada@example.org>", account[0], "AW: My prescription"
    question["Message-ID"], question["References"] = "<q2@customer.example>", "<q0@customer.example> <q1@example.net>"
    question["Cc"] = "Bob <bob@example.org>"
    question.set_content("Is it ready?\n")
    hub = RunningHub(
        tmp_path / "data", config=_config(dovecot, smtp_catcher, account), environment={"HUB_UNDO_SECONDS": "60"}
    )
    with hub:
        dovecot.deliver(account[0], question.as_bytes())
        row = hub.timeline(hub.customer("mailto:ada@example.org", _PATIENCE), seconds=_PATIENCE)[0]
        path = f"/conversations/{row['conversation_id']}"
        browser = _signed_in(hub)
        form = _composer(browser.open(f"{path}?mode=reply_all")[1])
        assert form["text"] == "\n\n-- \nGrace\nExample Pharmacy"
        form["text"] = f"It is. See https://example.net/map.{form['text']}"
        page = _post(browser, f"{path}/reply", form, ("Účtenka č. 1.pdf", b"%PDF-1.4 receipt"))
        undo = re.search(r'action="(/messages/\d+/undo)"', page)
        assert undo
        _, page, _ = browser.open(undo[1], browser.hidden(page))
        form = _composer(page)
        assert "Účtenka č. 1.pdf" in page
        hub.kill()
        assert smtp_catcher.mails == []

        # Killed in the middle of a thought, the hub has the draft; now it sends at once.
        hub._environment["HUB_UNDO_SECONDS"] = "0"
        hub.start()
        assert "Účtenka č. 1.pdf" in browser.open(path)[1]
        _post(browser, f"{path}/reply", {**form, "text": form["text"].replace("It is.", "It is!")})
        smtp_catcher.wait_for(2, _PATIENCE)
        caught = {mail.recipients: mail for mail in smtp_catcher.mails}
        assert set(caught) == {("ada@example.org",), ("bob@example.org",)}
        answer = email.message_from_bytes(caught[("ada@example.org",)].content, policy=default)
        copy = email.message_from_bytes(caught[("bob@example.org",)].content, policy=default)
        _check_headers(answer, copy, account[0], caught[("ada@example.org",)].sender)
        _check_parts(answer)

        customer = hub.customer("mailto:ada@example.org")
        mine = wait_for(
            lambda: [each for each in hub.timeline(customer) if each["direction"] == "out"], "the answer", _PATIENCE
        )
        assert [each["text"] for each in mine] == ["It is! See https://example.net/map."]
        assert mine[0]["conversation_id"] == row["conversation_id"]
        wait_for(lambda: _sent_copies(dovecot, account[0]), "the copy among what was sent", _PATIENCE)

        # The customer's program forgets what it answers, but not to whom.
        back = EmailMessage()
        back["From"], back["To"], back["Subject"] = "Ada <ada@example.org>", str(answer["Reply-To"]), "Thanks"
        back["Message-ID"] = "<q3@customer.example>"
        back.set_content("I will come.\n")
        dovecot.deliver(account[0], back.as_bytes())
        rows = hub.timeline(customer, 3, _PATIENCE)
        assert {each["conversation_id"] for each in rows} == {row["conversation_id"]}
        [kept] = _sent_copies(dovecot, account[0])
        filed = email.message_from_bytes(kept.read_bytes(), policy=default)
        assert (filed["Message-ID"], "S" in kept.name.rpartition(",")[2]) == (answer["Message-ID"], True)
        arrivals = f"/interactions/{mine[0]['id']}/arrivals"
        wait_for(lambda: hub.api("GET", arrivals)["items"], "the copy read back as an arrival", _PATIENCE)
        assert len(hub.timeline(customer)) == 3


def _check_headers(answer: Any, copy: Any, ours: str, return_path: str) -> None:
    assert answer["Subject"] == "Re: My prescription"
    assert (answer["To"], answer["Cc"]) == ("Ada <ada@example.org>", "Bob <bob@example.org>")
    assert (copy["To"], copy["Cc"], copy["Message-ID"]) == (answer["To"], answer["Cc"], answer["Message-ID"])
    assert answer["In-Reply-To"] == "<q2@customer.example>"
    references = ["<q0@customer.example>", "<q1@example.net>", "<q2@customer.example>"]
    assert answer["References"].split() == references
    assert answer["Auto-Submitted"] is None
    local, _, domain = ours.partition("@")
    token = answer["Message-ID"].strip("<>").partition("@")[0]
    assert answer["Reply-To"] == f"{local}+{token}@{domain}"
    assert re.fullmatch(rf"{re.escape(local)}\+\d+\.{re.escape(token)}@{re.escape(domain)}", return_path)


def _check_parts(answer: Any) -> None:
    assert answer.get_content_type() == "multipart/mixed"
    body, file = answer.iter_parts()
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html"]
    plain, page = (part.get_content().replace("\r\n", "\n") for part in body.iter_parts())
    assert plain.startswith("It is! See https://example.net/map.\n\n-- \nGrace\nExample Pharmacy\n\nOn ")
    assert "Ada <ada@example.org> wrote:\n\n> Is it ready?" in plain
    assert '<a href="https://example.net/map">' in page
    assert '<blockquote type="cite"' in page
    assert (file.get_filename(), file.get_content()) == ("Účtenka č. 1.pdf", b"%PDF-1.4 receipt")
