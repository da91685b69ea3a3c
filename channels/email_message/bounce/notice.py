"""Where the notice ends and our returned message begins, when both stand in one text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.email_message.bounce.phrases_notice import RETURNED
from channels.email_message.bounce.reasons import Phrases
from channels.email_message.bounce.text import folded

_RETURNED = Phrases(RETURNED)
_RULED = re.compile(r"^[\s|]*[-=*_#+~>|]{2,}")
_TRACE = re.compile(
    r"^[> \t|]*(?:received[ \t]*:[ \t]*(?:from|by|\(|with)|(?:return-path|dkim-signature|mime-version)[ \t]*:)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\b(?:follows?|follow(?:ing|s)? below|copy of|attached|reads|header[s ])\b")
_QUOTED_HEAD = re.compile(r"^[ *]*(?:from|de|von|da|van|från|fra|od|от|差出人|发件人)[ *]*:.*[\w>)\]]", re.IGNORECASE)
_QUOTED_NEXT = re.compile(
    r"^[ *]*(?:sent|date|to|subject|gesendet|datum|an|envoy|enviado|fecha|data|para|à|inviato|verzonden|skickat|sendt|"
    r"отправлено|дата|送信日時|发送时间)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The server's own words and, below them, what came back of our message."""

    text: str
    returned: str


def split_notice(text: str, *, from_a_person: bool = False) -> Notice:
    """Cut at the marker line or at the first trace header.

    In a mail that may be a person's, quoted lines and a forwarded header block are cut away too: what a colleague
    forwards or answers is not a notice to us.
    """
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if _begins_returned(line) and any(part.strip() for part in lines[:index]):
            return _cut(lines, index, from_a_person)
        if (
            from_a_person
            and _QUOTED_HEAD.match(line)
            and index + 1 < len(lines)
            and _QUOTED_NEXT.match(lines[index + 1])
        ):
            return _cut(lines, index, from_a_person)
    return _cut(lines, len(lines), from_a_person)


def _cut(lines: list[str], index: int, from_a_person: bool) -> Notice:
    notice = lines[:index]
    if from_a_person:
        notice = [line for line in notice if not line.lstrip().startswith(">")]
    return Notice("\n".join(notice), "\n".join(lines[index:]))


def _begins_returned(line: str) -> bool:
    if _TRACE.match(line):
        return True
    if not line.strip() or len(line) > 160:
        return False
    plain = folded(line)
    if not _RETURNED.in_text(plain):
        return False
    return bool(_RULED.match(line)) or plain.rstrip().endswith((":", "--", "**", "==")) or bool(_is_announcement(plain))


def _is_announcement(plain: str) -> bool:
    short = len(plain) <= 70 and plain.rstrip().endswith((".", "follows", "follow"))
    return short and bool(_SENTENCE.search(plain)) and "attached" not in plain and "transcript" not in plain
