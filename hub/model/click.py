"""Clicks: whether a link in a message was followed by its reader, or by a machine that looks at mail before they do.

Mail gateways, link previews and browsers that fetch ahead open links nobody clicked on. What gives them away: they say
who they are, they ask for the headers alone, they come in the moment of delivery, or they open every link at once. A
gateway that opens one link minutes later under a browser's name cannot be told from a person, so clicks are never
proof.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

# Nobody has read a message so soon after it was handed over.
AT_ONCE = timedelta(seconds=5)
# Nobody opens all links of a message, or so many of them, within so long.
BURST = timedelta(seconds=5)
MANY = 4
HEAD, PREFETCH, NAMED, SOON, ALL = "head", "prefetch", "named", "at_once", "all_links"
# Fetch standard, 3.7: Sec-Purpose; the older names are those of Firefox and Safari.
_PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_AHEAD = re.compile("prefetch|preview|prerender", re.IGNORECASE)
_MACHINES = re.compile(
    "bot|crawl|spider|slurp|preview|scan|check|monitor|facebookexternalhit|whatsapp/|skypeuri|embedly|"
    "barracuda|mimecast|proofpoint|ironport|fortinet|forcepoint|sophos|symantec|messagelabs|trendmicro|zscaler|"
    "safelinks|urldefense|googleimageproxy|yahoomailproxy|read-aloud|headless|phantomjs|"
    r"curl/|wget/|python|aiohttp|httpx|go-http|java/|okhttp|libwww|perl|ruby|axios|node|undici|httpclient",
    re.IGNORECASE,
)


def machine(method: str, headers: Mapping[str, str], at: datetime, sent_at: datetime | None) -> str:
    """Returns what tells that a machine followed a link, empty for a person. `sent_at`: None while it is on its way."""
    agent = headers.get("User-Agent", "").strip()
    if method == "HEAD":
        return HEAD
    if any(_AHEAD.search(headers.get(name, "")) for name in _PURPOSES):
        return PREFETCH
    if not agent or _MACHINES.search(agent):
        return NAMED
    return SOON if sent_at is None or at - sent_at < AT_ONCE else ""


def at_once(clicks: Collection[datetime], at: datetime, links: int) -> bool:
    """Says whether these clicks on different links of one message, up to now, are no person's: all in one moment.

    `links`: how many the message has; one is no pattern.
    """
    many = sum(1 for click in clicks if abs(at - click) <= BURST)
    return many >= MANY or many >= max(2, links)
