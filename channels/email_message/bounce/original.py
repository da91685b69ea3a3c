"""Our own message as the report returns it: its Message-ID, subject and recipients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from channels.email_message.bounce import addresses
from channels.email_message.bounce.parts import Parts
from channels.email_message.bounce.text import header

_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,250}@[^<>\s]{1,250}>")
_ID_LINE = re.compile(
    r"^[\s>|]*(?:message-id|the message identifier (?:is|was)|x-message-id)[ \t]*:?[ \t]*(<[^<>\s]{3,500}>)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:(.*)$")
_RECIPIENT_HEADERS = ("to", "x-original-to", "envelope-to", "x-hmxmroriginalrecipient", "x-rcpt-to", "cc")
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of the message that bounced; each may be empty."""

    message_id: str = ""
    subject: str = ""
    recipients: tuple[str, ...] = ()


def find_original(mail: Message, parts: Parts, notice: str, returned: str) -> Original:
    """Read the returned message or headers; the report's In-Reply-To or References are the last resort (RFC 3834)."""
    found = [read_headers(message) for message in parts.returned]
    found += [read_headers(header_block(text)) for text in [*parts.returned_headers, returned] if text.strip()]
    message_id = _first([o.message_id for o in found])
    if not message_id:
        named = _ID_LINE.search(notice) or _ID_LINE.search(returned[:_BLOCK])
        replied = _MESSAGE_ID.findall(f"{header(mail, 'references')} {header(mail, 'in-reply-to')}")
        message_id = named[1] if named else (replied[-1] if replied else "")
    return Original(
        message_id, _first([o.subject for o in found]), next((o.recipients for o in found if o.recipients), ())
    )


def _first(values: Sequence[str]) -> str:
    return next((value for value in values if value), "")


def read_headers(message: Message) -> Original:
    """Return what the headers of the returned message tell."""
    ids = _MESSAGE_ID.search(header(message, "message-id"))
    written: list[str] = []
    for name in _RECIPIENT_HEADERS:
        written += addresses.in_prose(header(message, name))
    return Original(
        ids[0] if ids else header(message, "message-id")[:500],
        header(message, "subject"),
        tuple(addresses.distinct(written)[:500]),
    )


def header_block(text: str) -> Message:
    """Parse the first run of at least two header lines in text (after a marker line, maybe indented)."""
    lines = text[:_BLOCK].splitlines()
    start = 0
    for start, line in enumerate(lines):
        if _HEADER_LINE.match(line.strip()) and start + 1 < len(lines) and lines[start + 1].strip():
            break
    else:
        return Message()
    indent = len(lines[start]) - len(lines[start].lstrip())
    block = []
    for line in lines[start:]:
        if not line.strip():
            break
        block.append(line[indent:] if not line[:indent].strip() else line)
    return HeaderParser().parsestr("\n".join(block) + "\n\n")
