"""What tells that a link was opened by a machine and not by the reader of the message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.model.click import AT_ONCE, HEAD, NAMED, PREFETCH, SOON, at_once, machine

SENT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
LATER = AT_ONCE + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("method", "headers", "after", "told"),
    [
        pytest.param("GET", {"User-Agent": FIREFOX}, LATER, "", id="a browser, later"),
        pytest.param("GET", {"User-Agent": IPHONE}, LATER, "", id="a phone, later"),
        pytest.param("HEAD", {"User-Agent": FIREFOX}, LATER, HEAD, id="the headers alone"),
        pytest.param("GET", {"User-Agent": FIREFOX, "Sec-Purpose": "prefetch;prerender"}, LATER, PREFETCH, id="ahead"),
        pytest.param("GET", {"User-Agent": FIREFOX, "X-Purpose": "preview"}, LATER, PREFETCH, id="Safari's preview"),
        pytest.param("GET", {}, LATER, NAMED, id="no name"),
        pytest.param("GET", {"User-Agent": "WhatsApp/2.23.20 A"}, LATER, NAMED, id="WhatsApp's preview"),
        pytest.param("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}, LATER, NAMED, id="Slack's preview"),
        pytest.param("GET", {"User-Agent": f"{FIREFOX} BingPreview/1.0b"}, LATER, NAMED, id="a preview in disguise"),
        pytest.param("GET", {"User-Agent": "python-requests/2.32"}, LATER, NAMED, id="a script"),
        pytest.param("GET", {"User-Agent": FIREFOX}, AT_ONCE / 2, SOON, id="in the moment of delivery"),
        pytest.param("GET", {"User-Agent": FIREFOX}, None, SOON, id="before it is known to be sent"),
    ],
)
def test_a_machine_gives_itself_away(method: str, headers: dict[str, str], after: timedelta | None, told: str) -> None:
    sent_at = None if after is None else SENT
    assert machine(method, headers, SENT + (after or timedelta()), sent_at) == told


@pytest.mark.parametrize(
    ("seconds", "links", "is_burst"),
    [
        pytest.param([0], 1, False, id="the only link"),
        pytest.param([0, 1], 3, False, id="two of three"),
        pytest.param([0, 1, 2], 3, True, id="all of three"),
        pytest.param([0, 1], 2, True, id="both"),
        pytest.param([0, 60], 2, False, id="both, one after the other"),
        pytest.param([0, 1, 1, 2], 30, True, id="four of thirty"),
    ],
)
def test_nobody_opens_all_links_in_one_moment(seconds: list[int], links: int, is_burst: bool) -> None:
    clicks = [SENT + timedelta(seconds=each) for each in seconds]
    assert at_once(clicks, clicks[-1], links) is is_burst
