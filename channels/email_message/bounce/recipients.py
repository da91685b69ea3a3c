"""Which addresses a notice in prose is about, and the lines that concern each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from channels.email_message.bounce import addresses

_ADDRESS = addresses.IN_PROSE.pattern
_LEADING = re.compile(
    rf"^[\s>|]*(?:[-*•·+]+\s*|\d{{1,3}}[.)]\s*)?(?:mailto:|smtp:|rfc822;\s*)?[<\"'(\[]{{0,2}}(?:mailto:)?{_ADDRESS}",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    rf"^[\s>|*-]*(?:(?:failed|final|original|intended|bad|invalid|affected|unknown)?[ -]?"
    rf"(?:recipient|user|address|addressee)s?(?: address| name)?(?:\(s\))?|"
    rf"could not be delivered to|unable to deliver (?:message |mail )?to|undeliverable to|"
    rf"unknown (?:user|host)|user mailbox[^:]{{0,60}}|user's mailbox is full|delivery failed[^:]{{0,60}}|"
    rf"delivery userid|addressed to|message for|your (?:message|mail) (?:to|for)|"
    rf"invalid (?:final delivery )?(?:userid|receiver address)|宛先|送信先|empf[aä]nger|destinataire|destinat[aá]rio)"
    rf"[ \t]*:?[ \t]*[<\"'(\[]{{0,2}}{_ADDRESS}",
    re.IGNORECASE,
)
_TO_ADDRESS = re.compile(
    rf"\b(?:to(?: user| address| recipient| mailbox| the following[^:]{{0,40}}:?)?|generated from|mailbox|user|for|"
    rf"recipient|errors?|account|a|an|à|para|für)[ \t]*:?[ \t]*"
    rf"[<\"'(\[]{{0,2}}{_ADDRESS}",
    re.IGNORECASE,
)
_DIALOGUE = re.compile(rf"(?:RCPT TO:\s*<?|\b[45]\d\d[ -](?:\d\.\d\.\d{{1,3}} )?[<\[]?){_ADDRESS}", re.IGNORECASE)
_NOT_A_RECIPIENT = re.compile(
    r"^[\s>|]*(?:from|sender|reply-to|message-id|references|in-reply-to|x-[\w-]+|return-path|errors-to|received|cc|"
    r"envelope-from|original sender|de|von|id)[ \t]*:|"
    r"mail from|envelope[- ]from|sender address|contact|assistance|\bhelp\b|questions?|support|abuse|identifier|"
    r"please (?:send|write|e-?mail|forward)|administrator|postmaster at|message[- ]?id\b|連絡|お問い合わせ|問合せ",
    re.IGNORECASE,
)
# "551 user has moved to <new>": the new address has not failed.
_SUCCESSOR = re.compile(
    r"\b(?:moved to|new (?:e-?mail )?address(?: is)?|please (?:use|try)|try instead|forward to)\b", re.IGNORECASE
)
_HEADER_TO = re.compile(r"^[\s>|]*to[ \t]*:", re.IGNORECASE)
_BARE_NAME = re.compile(
    r"^[ \t]+([A-Za-z][\w.-]{1,40})(?:[ \t]+\([^()]{1,80}\)|(?:[ \t]{2,}|\t)[^\s@:][^@:]{0,200})?[ \t]*$"
)
_HEADING = re.compile(r"recipient|address|following|delivered to", re.IGNORECASE)
_MAX_RECIPIENTS = 500
_SEGMENT_LINES = 24


@dataclass(slots=True)
class Mention:
    """One recipient and what the notice says of it."""

    address: str
    segment: str = ""


def find_recipients(notice: str, senders: Iterable[str]) -> list[Mention]:
    """Return the recipients of the notice, by the surest kind of line that is there.

    `senders` are the report's own From and To: the mail system and we ourselves; they count only if nobody else
    is named. Each line is read a fixed number of times.
    """
    lines = notice.splitlines()
    senders = list(senders)
    avoided = {addresses.key(address) for address in senders}
    fallback: list[Mention] = []
    for pattern, whole_line in (
        (_LEADING, True),
        (_LABELLED, True),
        (_DIALOGUE, False),
        (_TO_ADDRESS, False),
        (None, False),
    ):
        found = _mentions(lines, pattern, whole_line=whole_line)
        others = [m for m in found if addresses.key(m.address) not in avoided]
        if others:
            return others
        fallback = fallback or found
    return fallback or _bare_names(lines, senders)


def _bare_names(lines: Sequence[str], senders: Iterable[str]) -> list[Mention]:
    """Return `name@host of the reporting server` for user names under a heading (AOL, GroupWise, campus servers)."""
    host = next((a.partition("@")[2] for a in senders if addresses.is_mailer(a)), "")
    headed, names = False, []
    for index, line in enumerate(lines):
        match = _BARE_NAME.match(line)
        if match and headed and host:
            names.append((index, f"{match[1]}@{host}"))
        elif line.strip():
            headed = line.rstrip().endswith(":") and bool(_HEADING.search(line))
    return _with_segments(lines, names[:_MAX_RECIPIENTS])


def _mentions(lines: Sequence[str], pattern: re.Pattern[str] | None, *, whole_line: bool) -> list[Mention]:
    places: dict[str, tuple[int, str]] = {}
    for index, line in enumerate(lines):
        if "@" not in line or len(line) > 4000:
            continue
        if _NOT_A_RECIPIENT.search(line) and not (whole_line and pattern and pattern.match(line)):
            continue
        if pattern is _TO_ADDRESS and _HEADER_TO.match(line):
            continue
        line = _SUCCESSOR.split(line, maxsplit=1)[0]
        for address in _addresses(line, pattern, whole_line=whole_line):
            if not addresses.is_mailer(address) or pattern is _LEADING:
                places.setdefault(addresses.key(address), (index, address))
        if len(places) >= _MAX_RECIPIENTS:
            break
    return _with_segments(lines, list(places.values()))


def _addresses(line: str, pattern: re.Pattern[str] | None, *, whole_line: bool) -> list[str]:
    if pattern is None:
        return addresses.in_prose(line)
    if whole_line:
        match = pattern.match(line)
        if not match:
            return []
        first = f"{match[match.lastindex - 1]}@{match[match.lastindex]}" if match.lastindex else ""
        rest = line[match.end() :]
        listed = addresses.in_prose(rest) if re.match(r"^[>\s]*[,;]", rest) else []
        return addresses.in_prose(f" {first}") + listed
    return [
        a
        for m in pattern.finditer(line)
        if m.lastindex
        for a in addresses.in_prose(f" {m[m.lastindex - 1]}@{m[m.lastindex]}")
    ]


def _with_segments(lines: Sequence[str], places: Sequence[tuple[int, str]]) -> list[Mention]:
    mentions = []
    for number, (start, address) in enumerate(places):
        end = places[number + 1][0] if number + 1 < len(places) else len(lines)
        first = start
        while first > 0 and start - first < 3 and lines[first - 1].lstrip().startswith((">>>", "<<<")):
            first -= 1  # sendmail's transcript: the server's answer stands before the line with the address
        segment = "\n".join(lines[first : max(start + 1, min(end, start + _SEGMENT_LINES))])
        mentions.append(Mention(address, segment))
    return mentions
