"""Following: links of a promotion lead by way of the hub, where its campaign or channel has clicks counted.

Off unless staff switches it on. Links to ourselves (to leave, to answer) are never followed, and a link that shows its
address leads to it: mail programs warn of one that says one address and opens another. There is no picture that tells
of opening: mail programs fetch pictures ahead for everybody, so it would tell of them and not of people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape, unescape
from typing import Any

from hub.model.identity import Identity
from hub.outreach.house import CALL, House
from hub.outreach.rendering import Rendered
from hub.store import clicks
from hub.store.clicks import Kept

_LINK = re.compile(
    r"""(<a\b[^>]*?\bhref\s*=\s*)(?:"([^"]*)"|'([^']*)')([^>]*>)(.*?)(?=</a\s*>)""", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")
_SHOWN_ADDRESS = re.compile(r"(?:https?://|www\.)", re.IGNORECASE)
_IN_TEXT = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
_ENDS_A_SENTENCE = ".,;:!?"
# As long as a real one, so that parts are counted as they will be.
_PREVIEW = "preview".ljust(clicks.KEY_LENGTH + 22, "0")


def counts_clicks(message: Mapping[str, Any], counting: frozenset[int], house: House) -> bool:
    """Says whether clicks of a message are counted. `counting`: the runs whose campaign has it so."""
    lane = house.lanes.get(message["channel"])
    is_on = (message["run_id"] is not None and message["run_id"] in counting) or (lane and lane.counts_clicks)
    return bool(is_on and house.public_url and house.keys) and message["content"].get("medium") != CALL


def follow(
    rendered: Rendered,
    message: Mapping[str, Any],
    to: Identity,
    template: Mapping[str, Any],
    campaign: Mapping[str, Any],
    house: House,
) -> tuple[Rendered, tuple[Kept, ...]]:
    """Returns the message with links that lead by way of the hub, and what is to be kept of them before it leaves.

    A link that stands neither in the template nor in the campaign's variables is this message's own.
    """
    if rendered.approved:
        return rendered, ()  # WhatsApp has approved the wording with its links
    found: dict[str, Kept] = {}
    sources = [face for face in template["faces"].values() if isinstance(face, str)]
    sources += [value for value in campaign.values() if isinstance(value, str)]

    def by_way(url: str) -> str | None:
        if not _goes_out(url, house.public_url):
            return None
        if url not in found:
            said = (url, escape(url))
            is_shared = any(each in source for source in sources for each in said)
            assert house.keys is not None, "clicks are counted only with keys"
            found[url] = clicks.kept(house.keys, url, None if is_shared else message["id"])
        return house.click_url(found[url].key, message["id"], to) if message["id"] > 0 else _preview(house)

    def in_html(match: re.Match[str]) -> str:
        opening, rest, shown = match[1], match[4], match[5]
        url = unescape(match[2] if match[2] is not None else match[3]).strip()
        if _SHOWN_ADDRESS.match(unescape(_TAG.sub("", shown)).strip()):
            return match[0]
        led = by_way(url)
        return match[0] if led is None else f'{opening}"{escape(led)}"{rest}{shown}'

    def in_text(match: re.Match[str]) -> str:
        url = match[0].rstrip(_ENDS_A_SENTENCE)
        led = by_way(url)
        return match[0] if led is None else led + match[0][len(url) :]

    text = _IN_TEXT.sub(in_text, rendered.text)
    if message["id"] <= 0:
        return replace(rendered, text=text), ()  # who looks at a preview can try its links
    return replace(rendered, text=text, html=_LINK.sub(in_html, rendered.html)), tuple(found.values())


def _goes_out(url: str, own: str) -> bool:
    base = own.rstrip("/").lower()
    there = url.lower()
    is_web = there.startswith(("http://", "https://")) and there.isprintable() and " " not in there
    return is_web and there != base and not there.startswith(f"{base}/")


def _preview(house: House) -> str:
    return f"{house.public_url.rstrip('/')}/l/{_PREVIEW}"
