"""What goes with a text beside its words: files by their addresses, and the wording that WhatsApp approved.

WhatsApp takes what a business words freely only within 24 hours of the customer's last message; afterwards only a
wording that it approved before, which Twilio knows as HX and 32 digits and which has places to be filled in
(https://www.twilio.com/docs/content). The text message of the template says what it comes to, for the history.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from hub.model.errors import Refused
from hub.model.text_media import MOST_FILES

_CONTENT_SID = re.compile(r"HX[0-9a-f]{32}\Z")
_VARIABLE = re.compile(r"\s*\{*\s*([A-Za-z0-9_]{1,40})\s*\}*\s*[:=]\s*(.*?)\s*\Z")
_NAME = re.compile(r"[^/\\:?#\s][^/\\:?#\n]{0,199}\Z")
_LONGEST_ADDRESS = 2_000


def content_sid(written: str) -> str:
    """Returns the name of an approved wording. Raises Refused for what is none."""
    sid = written.strip()
    if not _CONTENT_SID.match(sid):
        raise Refused(
            f"{sid[:40]!r} is no approved wording of WhatsApp.",
            field="content_sid",
            next_step="Copy its Content SID from the Twilio console: HX and 32 digits and letters from a to f.",
        )
    return sid


def variables(written: str) -> Mapping[str, str]:
    """Returns what fills the places of an approved wording: a line for each, as `1: Ada`. Raises Refused.

    WhatsApp takes no line breaks, tabs or empty values in them (Twilio's error 63028).
    """
    found: dict[str, str] = {}
    for line in filter(str.strip, written.splitlines()):
        match = _VARIABLE.match(line)
        if match is None or not match[2]:
            raise Refused(
                f"{line[:40]!r} fills no place of the approved wording.",
                field="content_variables",
                next_step="Write the number or name of each place and what fills it, as 1: {{ customer.first_name }}.",
            )
        found[match[1]] = " ".join(match[2].split())
    return found


def is_own(line: str) -> bool:
    """Says whether a file that goes with a text is one of its template's, and no address elsewhere."""
    return "://" not in line


def addresses(written: str) -> tuple[str, ...]:
    """Returns the files that go with a text, one on each line: by an address, or by its name among the template's own.

    Raises Refused.
    """
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    for line in lines:
        if is_own(line) and _NAME.match(line):
            continue
        parts = urlsplit(line) if line.isascii() and len(line) <= _LONGEST_ADDRESS else None
        if parts is None or parts.scheme != "https" or not parts.hostname or " " in line or parts.username:
            raise Refused(
                f"{line[:60]!r} is no address that a file can be fetched from.",
                field="media",
                next_step="Write one picture on each line: https://example.com/offer.jpg, or a file of the template.",
            )
    if len(lines) > MOST_FILES:
        raise Refused(f"One text carries at most {MOST_FILES} files.", field="media")
    return tuple(lines)
