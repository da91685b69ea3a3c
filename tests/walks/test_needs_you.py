"""A wrong password becomes a sentence on the page, a number beside its place and an exit code; mended, it is gone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.walks.conftest import mailbox_section
from tests.walks.running import PASSWORD, Browser, RunningHub, wait_for

HUB_TOML = """
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
from_address = "support@example.com"
"""


def signed_in(hub: RunningHub) -> Browser:
    assert hub.sign_in
    browser = hub.browser()
    _, page, _ = browser.open(hub.sign_in)
    told = {"email": "grace@example.com", "display_name": "Grace", "password": PASSWORD, "again": PASSWORD}
    browser.open(hub.sign_in, {**browser.hidden(page), **told})
    return browser


def test_a_wrong_password_is_told_everywhere_and_gone_when_mended(dovecot: Dovecot, tmp_path: Path) -> None:
    user, _ = dovecot.add_user(password="the right one")
    config = HUB_TOML + mailbox_section("support_mail", dovecot, user, "a wrong one")
    with RunningHub(tmp_path / "data", config=config) as hub:
        (told,) = wait_for(
            lambda: [each for each in hub.api("GET", "/problems")["items"] if each["code"] == "login"], "the problem"
        )
        assert (told["place"], told["severity"]) == ("support_mail", "error")
        assert "AUTHENTICATIONFAILED" in told["said"]

        browser = signed_in(hub)
        _, page, _ = browser.open("/needs-you")
        assert "The mail server refuses the login of support_mail." in page
        assert "Write the right user name and password" in page
        _, inbox, _ = browser.open("/inbox")
        assert re.search(r'class="count grave">\d', inbox)

        checked = hub.command("check", "--json")
        assert checked.returncode == 6, checked.stderr
        first = json.loads(checked.stdout.splitlines()[0])
        assert (first["code"], first["where"], first["since"]) == ("login", "support_mail", _as_written(told["since"]))

        dovecot.add_user(user, "a wrong one")  # mended, if on the other side
        fields = browser.hidden(page)

        def is_gone() -> bool:  # a login that was under way when the password changed may still fail
            _, looked, _ = browser.open("/needs-you/look", fields)
            return "refuses the login" not in looked.partition("Mended of late")[0]

        wait_for(is_gone, "the problem to be gone")
        _, inbox, _ = browser.open("/inbox")
        assert "count grave" not in inbox
        assert "login" not in [each["code"] for each in hub.api("GET", "/problems")["items"]]
        assert hub.api("GET", "/problems?state=ended")["items"][0]["code"] == "login"

        def left() -> set[str]:
            return {json.loads(line)["code"] for line in hub.command("check", "--json").stdout.splitlines()}

        wait_for(lambda: "login" not in left(), "the check to find it gone")


def _as_written(moment: str) -> str:
    return f"{moment.removesuffix('Z').replace('T', ' ')}000+00:00"
