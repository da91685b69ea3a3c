"""A number of an account is added while the hub runs, first without any webhook, then with; nothing comes twice."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.nursery import nursery
from tests.walks.running import PASSWORD, Browser, RunningHub, wait_for

SID, OURS, SECOND, PHONE = "AC" + "0" * 31 + "2", "+14155550100", "+14155550101", "+14155550142"
ELSEWHERE = "http://127.0.0.1:1/elsewhere"


class Outside:
    """`hub sandbox twilio`, as anybody runs it beside their tests."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.base_url}/sandbox{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def text(self, body: str, to: str = OURS) -> int:
        """Lets the phone write; returns what the hub's webhook answered, 0 for no webhook."""
        return int(self.ask("POST", "/texts", {"from": PHONE, "to": to, "body": body})["hub_status"])

    def inbox(self) -> list[str]:
        return [each["body"] for each in self.ask("GET", f"/phones/{PHONE}")["texts"]]


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    words = ["sandbox", "twilio", "--json", "--number", OURS, "--number", SECOND, "--text-hook", ELSEWHERE]
    with (tmp_path / "twilio.txt").open("w") as log, Path(os.devnull).open() as nothing:
        program = nursery().start(words, tmp_path, dict(os.environ), stdin=nothing, stderr=log, module="hub")
    told = json.loads(program.stdout.readline())
    assert (told["account_sid"], told["numbers"]) == (SID, [OURS, SECOND])
    yield Outside(told["base_url"])
    program.send_signal(signal.SIGINT)
    assert program.wait(60) == 0


def test_a_number_is_polled_then_called_and_put_back(tmp_path: Path, outside: Outside) -> None:
    token = tmp_path / "token"
    token.write_text("wrong\n")
    add = ["channel", "add", "twilio", SID, "--base-url", outside.base_url, "--token-file", str(token), "--json"]
    assert outside.text("Hello") == 0
    outside.text("STOP")
    with RunningHub(tmp_path / "data", config=f'[hub]\ntwilio_url = "{outside.base_url}"\n') as hub:
        refused = hub.command(*add)
        assert refused.returncode == 1
        assert json.loads(refused.stderr)["next"]
        token.write_text("sandbox\n")
        _, number = json.loads(hub.command(*add).stdout)["numbers"]
        assert (number["number"], number["texts"], number["hooks"]["text"]) == (OURS, True, ELSEWHERE)

        added = hub.command(*add, "--number", OURS, "--receive", "poll", "--name", "main_number", "--yes")
        assert added.returncode == 0, added.stderr
        told = json.loads(added.stdout)
        assert (told["names"], told["webhooks"]) == (["main_number", "main_number_calls"], None)
        customer = hub.customer(f"tel:{PHONE}", 60)
        wait_for(lambda: len(hub.timeline(customer)) >= 2, "what was written before")

        before = json.loads(hub.command("channel", "webhooks", "main_number", "--json").stdout)
        assert (before["now"]["text"], before["stand"]) == (ELSEWHERE, False)
        written = json.loads(hub.command("channel", "webhooks", "main_number", "--to", "hub", "--json").stdout)
        assert written["written"]["before"]["text"] == ELSEWHERE
        assert written["now"] == {"text": f"{hub.url}/hooks/main_number/text"}
        assert written["stand"]
        wait_for(lambda: outside.text("By webhook") == 200 or None, "the channel under its new settings")
        wait_for(lambda: "By webhook" in [each["text"] for each in hub.timeline(customer)] or None, "the text")
        shown = [each["text"] for each in hub.timeline(customer)]
        assert [shown.count(each) for each in ("Hello", "STOP")] == [1, 1], "another way in brings nothing twice"

        back = json.loads(hub.command("channel", "webhooks", "main_number", "--to", "before", "--json").stdout)
        assert back["now"] == {"text": ELSEWHERE}

        add_on_the_page(hub, outside)


def add_on_the_page(hub: RunningHub, outside: Outside) -> None:
    """Adds the account's other number as a person does, at the stand-in that the settings name."""
    assert hub.sign_in
    browser = hub.browser()
    _, page, _ = browser.open(hub.sign_in)
    told = {"email": "ada@example.com", "display_name": "Ada", "password": PASSWORD, "again": PASSWORD}
    assert browser.open(hub.sign_in, {**browser.hidden(page), **told})[0] == 200
    status, page, _ = browser.open("/channels/new/twilio")
    assert (status, outside.base_url in page) == (200, True), "the stand-in is named"
    login = {**browser.hidden(page), "account_sid": SID, "auth_token": "wrong"}
    status, page, _ = browser.open("/channels/new/twilio", login)
    assert (status, "refuses this login" in page) == (422, True)
    status, page, where = browser.open("/channels/new/twilio", {**login, "auth_token": "sandbox"})
    assert status == 200
    assert all(each in page for each in (OURS, SECOND, ELSEWHERE)), "the numbers, and what they call now"
    wanted = {"number": SECOND, "texts": "on", "calls": "on", "receive": "webhooks", "mode": "live", "name": "second"}
    status, page, _ = browser.open(where, {**browser.hidden(page), **wanted})
    assert status == 200, page
    ours = f"{hub.url}/hooks/second/text"
    assert all(each in page for each in (ours, ELSEWHERE, f"{hub.url}/hooks/second_calls/call_status"))
    wait_for(lambda: outside.text("By the page", SECOND) == 200 or None, "the new channel")
    customer = hub.customer(f"tel:{PHONE}", 60)
    wait_for(lambda: "By the page" in [each["text"] for each in hub.timeline(customer)] or None, "the text")
    tell_it_its_answers(hub, outside, browser)
    status, page, _ = browser.open("/channels/second/webhooks")
    assert (status, "calls the hub" in page) == (200, True)
    status, page, _ = browser.open("/channels/second/webhooks", {**browser.hidden(page), "to": "before"})
    assert (status, "does not call the hub" in page) == (200, True)
    assert outside.text("Once more", SECOND) == 0, "what it called before is called again"


def tell_it_its_answers(hub: RunningHub, outside: Outside, browser: Browser) -> None:
    """Gives the number words and limits of its own, on its page, and over the API; they travel as a file."""
    status, page, _ = browser.open("/channels/second/number")
    assert status == 200
    told = {**browser.hidden(page), "answers.help.en": "Ask for Grace.", "countries": "us", "price_per_part": "0.01"}
    status, refused, _ = browser.open("/channels/second/number", {**told, "countries": "US, XX"})
    assert (status, "XX is no country" in refused, "Ask for Grace." in refused) == (422, True, True)
    status, page, _ = browser.open("/channels/second/number", told)
    assert (status, "Ask for Grace." in page) == (200, True)

    def helped() -> bool:
        outside.text("HELP", SECOND)
        return "Ask for Grace." in outside.inbox()

    wait_for(helped, "the answer of this number")
    said = json.loads(hub.command("channel", "number", "second", "--daily-spend", "50", "--json").stdout)
    assert (said["daily_spend"], said["countries"], said["price_per_part"]) == ("50", ["US"], "0.01")
    files = hub.api("GET", "/configuration")["files"]
    assert "Ask for Grace." in files["connections/second.toml"]
    report = hub.api("POST", "/configuration", {"files": files, "dry_run": True})
    assert {each["outcome"] for each in report["changes"]} == {"same"}, "what a number called before travels as well"
