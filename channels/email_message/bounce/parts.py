"""The parts of a report: the notice for people, the fields for machines, and what came back of our message."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message

from channels.email_message.bounce.text import LIMIT, decoded, header, part_text

_MAX_PARTS = 100
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_STATUS_FIELDS = re.compile(r"^(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
# RFC 3464 2.2 and 2.3: what such a part begins with, when its type does not tell.
_BEGINS_AS_STATUS = re.compile(
    r"\s*(?:reporting-mta|original-envelope-id|dsn-gateway|received-from-mta|arrival-date|x-postfix-[\w-]{1,40}|"
    r"final-recipient|original-recipient|action|status)[ \t]*:",
    re.IGNORECASE,
)
_FEEDBACK_FIELDS = re.compile(r"^feedback-type[ \t]*:", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Parts:
    """The leaves of a mail, sorted by what they are in a report; messages within messages stay closed."""

    report_type: str = ""
    notices: list[str] = field(default_factory=list)
    html_notices: list[str] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    returned: list[Message] = field(default_factory=list)
    returned_headers: list[str] = field(default_factory=list)

    @property
    def notice(self) -> str:
        return "\n".join(self.notices if any(n.strip() for n in self.notices) else self.html_notices)[:LIMIT]


def read_parts(mail: Message, *, bodies: bool = True) -> Parts:
    """Sort the parts of `mail`; without `bodies` only their types are looked at (cheap, for ordinary mail)."""
    parts = Parts()
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    for _ in range(_MAX_PARTS):
        if not waiting:
            break
        part, depth = waiting.pop()
        kind = part.get_content_type()
        children = _children(part)
        if kind == "multipart/report" and not parts.report_type:
            parts.report_type = report_type(part) or "unnamed"
        if kind.startswith("multipart/") and children:
            waiting.extend((child, depth + 1) for child in reversed(children) if depth < 8)
            if bodies and isinstance(part.preamble, str) and _STATUS_FIELDS.search(part.preamble[:LIMIT]):
                parts.notices.append(part.preamble[:LIMIT])
        elif kind in _STATUS_TYPES:
            parts.status.append(field_text(part))
        elif kind == "message/feedback-report":
            parts.feedback.append(field_text(part))
        elif kind in _RETURNED_TYPES:
            _sort_returned(parts, part, children)
        elif bodies and (kind.startswith(("text/", "multipart/")) or kind == "application/octet-stream"):
            _sort_text(parts, part, kind)
    return parts


def _children(part: Message) -> list[Message]:
    # Python's get_payload() raises TypeError on eight-bit text with an RFC 2231 charset (charset*=...), so ask first.
    payload = part.get_payload() if part.is_multipart() else ()
    return [child for child in payload if isinstance(child, Message)]


def _sort_returned(parts: Parts, part: Message, children: list[Message]) -> None:
    if children:
        parts.returned.append(children[0])
        if part.get_content_type() == "message/rfc822" and not children[0].keys():
            parts.returned_headers.append(field_text(part))
    else:
        parts.returned_headers.append(part_text(part))


def _sort_text(parts: Parts, part: Message, kind: str) -> None:
    text = part_text(part)
    named = f"{part.get('content-description', '')} {part.get('content-disposition', '')}".lower()
    if _FEEDBACK_FIELDS.search(text) and parts.report_type in ("feedback-report", "unnamed"):
        parts.feedback.append(text)
    elif _STATUS_FIELDS.search(text) and (_BEGINS_AS_STATUS.match(text) or "delivery" in named):
        parts.status.append(text)
    elif kind == "text/html":
        parts.html_notices.append(text)
    elif kind != "application/octet-stream":
        parts.notices.append(text)


def report_type(part: Message) -> str:
    """Return the report-type of a multipart/report in lower case, or ''."""
    found = re.search(r"report-type[ \t]*=[ \t]*\"?([\w-]+)", header(part, "content-type"), re.IGNORECASE)
    return found[1].lower() if found else ""


def field_text(part: Message) -> str:
    """Return the lines of a message/* part as they stood: the parser keeps each block as a message of its own."""
    children = _children(part)
    if not children:
        return part_text(part)
    blocks = []
    for child in children:
        fields = "\n".join(f"{name}: {value}" for name, value in child.raw_items()).encode("utf-8", "surrogateescape")
        body = child.get_payload(decode=True) if not child.is_multipart() else b""
        separator = b"\n" if child.defects else b"\n\n"
        blocks.append(fields + separator + body if isinstance(body, bytes) and body else fields)
    text = b"\n\n".join(blocks)
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    plain = encoding == "base64" and _STATUS_FIELDS.search(text.decode("utf-8", "replace"))
    if encoding in ("base64", "quoted-printable") and not plain:
        envelope = Message()
        envelope["content-transfer-encoding"] = encoding
        envelope.set_payload(text.decode("utf-8", "replace").strip())
        return part_text(envelope)
    return decoded(text)
