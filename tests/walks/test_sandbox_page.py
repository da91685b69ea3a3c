"""Issue 3, items 1 and 4: the customer is played, nothing leaves this machine, a channel goes live and back."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from hub.cli.visitor import fill_in
from hub.sandbox.mailbox import SandboxMailbox
from tests.servers.dovecot import Dovecot
from tests.walks.conftest import SANDBOX
from tests.walks.running import PASSWORD, Browser, Person, RunningHub, wait_for
from tests.walks.test_mail_in import letter
from tests.walks.test_texts_and_calls import PICTURE


@pytest.fixture(scope="module")
def account(dovecot: Dovecot) -> tuple[str, str]:
    return dovecot.add_user()


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot, account: tuple[str, str]
) -> Iterator[RunningHub]:
    """A hub in the sandbox whose channels have live settings: a mailbox on this machine, but for a secret that nobody
    has set yet, and hosts elsewhere, which it must not reach: whatever tries is refused and written down.
    """
    live = f'host = "127.0.0.1"\nport = {dovecot.port}\ntls = "none"\nusername = "{account[0]}"\n'
    live += 'password = "secret:SUPPORT_PASSWORD"\n'
    own, sender = '\naddress = "support@example.com"\n', '\nfrom_address = "support@example.com"\n'
    config = SANDBOX.replace(own, own + live).replace(sender, sender + 'host = "192.0.2.1"\nport = 25\n')
    config = config.replace("[channels.main_phone]", 'media_base = "https://api.twilio.com"\n\n[channels.main_phone]')
    folder = tmp_path_factory.mktemp("played")
    environment = {"LEAKS": str(folder / "leaks.txt")}
    module = "tests.hub.app.loopback_only"
    with RunningHub(folder / "data", config=config, environment=environment, module=module) as running:
        yield running


@pytest.fixture(scope="module")
def admin(played: RunningHub) -> Browser:
    """The administrator's browser, without scripts."""
    browser = played.browser()
    assert played.sign_in is not None
    path = urllib.parse.urlsplit(played.sign_in).path
    page = browser.open(path)[1]
    form = {**browser.hidden(page), "email": "boss@example.com", "display_name": "Boss"}
    assert browser.open(path, {**form, "password": PASSWORD, "again": PASSWORD})[0] == 200
    return browser


def query(person: Person) -> str:
    return urllib.parse.urlencode({"name": "Ada", "phone": person.phone, "address": person.email})


def send(browser: Browser, person: Person, path: str, **fields: str) -> tuple[str, str]:
    """Sends a form of the person's sandbox page; returns the page that comes then, and its address."""
    page = browser.open(f"/sandbox?{query(person)}")[1]
    who = {"name": "Ada", "phone": person.phone, "address": person.email}
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    status, shown, url = browser.open(path, {"csrf": token[1], **who, **fields})
    assert status == 200, shown[:2000]
    return unescape(shown), url


def test_mail_text_call_and_answers_are_played_without_scripts(
    played: RunningHub, admin: Browser, person: Person
) -> None:
    empty = admin.open(f"/sandbox?{query(person)}")[1]
    assert "Nothing has reached this phone yet" in empty
    assert "Nothing has reached this mailbox yet" in empty
    send(admin, person, "/sandbox/mail", mailbox="support_mail", subject="My fridge", text="It is broken.")
    send(admin, person, "/sandbox/text", number="+14155550100", body="Can you come on Monday?")
    by_mail, by_text = played.customer(f"mailto:{person.email}"), played.customer(f"tel:{person.phone}")
    for customer, text in ((by_mail, "We <b>come</b> on Monday."), (by_text, "On Monday at ten.")):
        entry = played.timeline(customer)[0]
        played.api("POST", f"/conversations/{entry['conversation_id']}/reply", {"text": text})

    def shown() -> str | None:
        page = unescape(admin.open(f"/sandbox?{query(person)}")[1])
        return page if "On Monday at ten." in page and "Re: My fridge" in page else None

    page = wait_for(shown, "both answers on the page")
    assert 'class="bubble theirs"' in page
    assert 'class="bubble mine"' in page
    mail = re.search(r"answer=([^&\"#]+)", page)
    assert mail is not None
    answering = unescape(admin.open(f"/sandbox?{query(person)}&answer={mail[1]}")[1])
    reply_to = re.search(r'name="in_reply_to" value="([^"]+)"', answering)
    assert reply_to is not None
    send(admin, person, "/sandbox/mail", mailbox="support_mail", subject="Re: My fridge", text="Thank you!",
         in_reply_to=reply_to[1])  # fmt: skip
    talks = {entry["conversation_id"] for entry in played.timeline(by_mail, 3)}
    assert len(talks) == 1, "the answer is in the same conversation"
    told = wait_for(lambda: re.search(r"would have sent (\d+) message", admin.open("/")[1]), "the banner's count")
    assert int(told[1]) >= 2


def test_a_played_mail_is_vouched_for_so_that_it_can_be_acknowledged(
    played: RunningHub, admin: Browser, person: Person
) -> None:
    address = "/channels/support_mail/acknowledging"
    played.api("PUT", address, {"enabled": True, "when": "always"})
    send(admin, person, "/sandbox/mail", mailbox="support_mail", subject="Opening hours", text="When are you open?")
    answer, question = played.timeline(played.customer(f"mailto:{person.email}"), 2)
    assert (question["trust"], question["text"]) == ("verified", "When are you open?")
    assert (answer["direction"], answer["message"]["origin"]) == ("out", "acknowledgement")
    played.api("PUT", address, {"enabled": False})


def test_a_call_is_played_step_by_step(played: RunningHub, admin: Browser, person: Person) -> None:
    page, url = send(admin, person, "/sandbox/call", number="+14155550100")
    assert "Thank you for calling" in page
    assert "leave a voicemail" in page
    call = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["call"][0]
    page, _ = send(admin, person, f"/sandbox/call/{call}", act="speak_on", words="My number is 5", seconds="3")
    assert "is over" in page
    assert "My number is 5" in page
    entry = played.timeline(played.customer(f"tel:{person.phone}"))[0]
    assert entry["medium"] == "call"
    page, url = send(admin, person, "/sandbox/call", number="+14155550100")
    call = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["call"][0]
    page, _ = send(admin, person, f"/sandbox/call/{call}", act="hang_up")
    assert "hung up" in page


def play(hub: RunningHub, ada: Person) -> None:
    """Writes, texts with a picture, calls and fills in a form, as the sandbox's own doors take it."""
    SandboxMailbox(hub.data / "sandbox" / "mail").deliver(letter(72, sender=ada.email).as_bytes())
    twilio = json.loads((hub.data / "running.json").read_text())["twilio"]
    to = {"from": ada.phone, "to": "+14155550100"}
    for path, more in (
        ("/sandbox/texts", {"body": "Look at this", "media_urls": [PICTURE]}),
        ("/sandbox/calls", {"say": "Call me back", "seconds": 2}),
    ):
        request = urllib.request.Request(twilio + path, json.dumps({**to, **more}).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200
    assert fill_in(f"{hub.url}/f/contact", {"name": "Ada", "email": ada.email, "message": "A price list, please"})


def test_no_socket_leaves_loopback_for_a_sandbox_channel(played: RunningHub, person: Person) -> None:
    play(played, person)
    by_text = played.customer(f"tel:{person.phone}")
    played.timeline(played.customer(f"mailto:{person.email}"), 2)

    def stored() -> int:
        files = [file for entry in played.timeline(by_text) for file in entry["attachments"]]
        return sum(file["state"] == "stored" for file in files)

    wait_for(lambda: stored() == 2, "the picture and the recording")
    for name in ("support_mail", "outgoing_mail", "main_number", "main_phone"):
        assert played.api("POST", f"/channels/{name}/check")["items"] == [], name
    leaks = played.data.parent / "leaks.txt"
    assert not leaks.exists(), leaks.read_text()


class Traffic:
    """Asks the hub all the time, as visitors and providers do, and keeps what went wrong."""

    def __init__(self, hub: RunningHub, person: Person) -> None:
        self._hub, self._person = hub, person
        self._stop = threading.Event()
        self.asked = 0
        self.failed: list[str] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with urllib.request.urlopen(f"{self._hub.url}/healthz", timeout=60) as answer:
                    assert answer.status == 200
                self.asked += 1
            except (OSError, AssertionError) as error:
                self.failed.append(repr(error))
            time.sleep(0.01)


def test_a_channel_goes_live_and_back_while_the_hub_works_on(
    played: RunningHub, admin: Browser, dovecot: Dovecot, account: tuple[str, str], person: Person
) -> None:
    answer = played.api("POST", "/channels/support_mail/mode", {"mode": "live"})
    assert answer["switched"] is False
    assert "SUPPORT_PASSWORD" in answer["problems"][0]["message"], "a secret that is missing is named"
    secrets = played.data / "secrets.env"
    secrets.touch(0o600)
    secrets.write_text("SUPPORT_PASSWORD=wrong\n")
    answer = played.api("POST", "/channels/support_mail/mode", {"mode": "live"})
    assert answer["switched"] is False, "a login that is refused is a wall"
    secrets.write_text(f"SUPPORT_PASSWORD={account[1]}\n")
    dovecot.deliver(account[0], letter(71, sender=person.email).as_bytes())
    with Traffic(played, person) as traffic:
        assert mode(played, "support_mail") == "sandbox"
        page = admin.open("/channels/support_mail/switch")[1]
        status, shown, _ = admin.open("/channels/support_mail/switch", {**admin.hidden(page), "waiting": "reminders"})
        assert status == 200, shown[:2000]
        wait_for(lambda: mode(played, "support_mail") == "live", "the live mailbox")
        live = played.customer(f"mailto:{person.email}", 30)
        assert [box for box in SANDBOX_BANNER.findall(admin.open("/")[1]) if "support_mail" in box] == []
        played.api("POST", "/channels/support_mail/mode", {"mode": "sandbox"})
        wait_for(lambda: mode(played, "support_mail") == "sandbox", "the sandbox")
    assert traffic.failed == []
    assert traffic.asked > 20
    send(admin, person, "/sandbox/mail", mailbox="support_mail", subject="And again", text="Still there?")
    wait_for(lambda: len(played.timeline(live)) == 2, "the mail to the sandbox again")
    acts = [row for row in admin.open("/audit")[1].splitlines() if "channel.switched" in row]
    assert len(acts) == 2


SANDBOX_BANNER = re.compile(r'<p class="banner"[^>]*>(.*?)</p>', re.DOTALL)


def mode(hub: RunningHub, name: str) -> str:
    found: dict[str, Any] = next(one for one in hub.api("GET", "/channels")["items"] if one["name"] == name)
    return str(found["mode"])


def test_the_public_address_is_named_by_the_command_line_and_used_at_once(played: RunningHub) -> None:
    other = played.url.replace("127.0.0.1", "localhost")
    done = played.command("address", other)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "proven" in done.stdout

    def servers() -> bool:
        with urllib.request.urlopen(f"{played.url}/api/v1/openapi.json", timeout=60) as answer:
            return other.encode() in answer.read()

    wait_for(servers, "the new address in use")
