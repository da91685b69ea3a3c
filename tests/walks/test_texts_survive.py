"""Texts survive: the hub dies between commit and answer, and is down while people write; nothing is lost or doubled."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.walks.dying import WORD
from tests.walks.running import RunningHub, wait_for
from tests.walks.test_numbers import OURS, PHONE, SID, Outside, outside

__all__ = ["outside"]
CONFIG = """
[channels.main_number]
adapter = "tests.walks.dying:DyingSms"
mode = "live"
account_sid = "{sid}"
auth_tokens = "sandbox"
from_number = "{ours}"
base_url = "{base_url}"
receive = "webhooks"
"""
AWAY = [f"While you were away, {number}" for number in range(3)]


def test_a_hub_that_dies_and_stays_away_has_every_text_once_and_says_so(tmp_path: Path, outside: Outside) -> None:
    config = CONFIG.format(sid=SID, ours=OURS, base_url=outside.base_url)
    hub = RunningHub(tmp_path / "data", config=config)
    with hub:
        hooks = {"text": f"{hub.url}/hooks/main_number/text"}
        outside.ask("PUT", f"/numbers/{OURS}", hooks)
        died = outside.ask("POST", "/texts", {"from": PHONE, "to": OURS, "body": WORD})
        assert died["hub_status"] == 0, "the hub was killed after its commit and before its answer"
        hub.kill()
        assert [outside.text(body) for body in AWAY] == [0, 0, 0]

        hub.start()
        customer = hub.customer(f"tel:{PHONE}")
        wait_for(lambda: len(hub.timeline(customer)) >= 4, "what was written while the hub was away")

        def again(_number: int) -> int:
            return int(outside.ask("POST", f"/texts/{died['sid']}/again")["hub_status"])

        with ThreadPoolExecutor(10) as pool:
            assert set(pool.map(again, range(10))) == {200}
        shown = [each["text"] for each in hub.timeline(customer)]
        assert sorted(shown) == sorted([WORD, *AWAY])

        def counted() -> list[str]:
            lines = [json.loads(line) for line in hub.command("check", "--json").stdout.splitlines()]
            return [one["message"] for one in lines if one["code"] == "mailbox_counted"]

        assert counted() == ["Twilio 4, here 4, could not be read 0"]
