"""Links of a rendered message, to be tried before it goes out to many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from hub.outreach.rendering import Rendered

MOST = 40
_IN_HTML = re.compile(r"""(?i)\b(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_IN_TEXT = re.compile(r"https?://[^\s<>\"'\]]+", re.IGNORECASE)


def links_of(rendered: Mapping[str, Rendered], own: str) -> list[str]:
    """Returns the web addresses that a message leads to, each once, in order; `own`: our own, which need no trying."""
    found: list[str] = []
    for each in rendered.values():
        found += [unescape(match[1] or match[2] or "").strip() for match in _IN_HTML.finditer(each.html)]
        found += [_without_the_sentence(match[0]) for match in _IN_TEXT.finditer(each.text)]
    web = [url for url in found if url.lower().startswith(("http://", "https://"))]
    return [url for url in dict.fromkeys(web) if not (own and url.startswith(f"{own.rstrip('/')}/"))][:MOST]


def _without_the_sentence(url: str) -> str:
    """Returns an address without what closes the sentence or the brackets around it; its own brackets are paired."""
    bare = url.rstrip(".,;:!?")
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(".,;:!?")
    return bare
