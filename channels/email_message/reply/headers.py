"""Header blocks over an older mail, as mail programs write them: From, Sent, To, Subject, in any order and language."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from channels.email_message.reply import labels
from channels.email_message.reply.lines import bare, folded, is_blank
from channels.email_message.reply.openings import FORWARDED_SUBJECT

_TABLES = {
    "from": labels.FROM,
    "sent": labels.SENT,
    "date": labels.DATE,
    "to": labels.TO,
    "subject": labels.SUBJECT,
}
FIELDS = dict.fromkeys(map(folded, labels.OTHER_HEADERS), "other") | {
    folded(label): field for field, table in _TABLES.items() for label in chain.from_iterable(table.values())
}
_FORWARDED_SUBJECT = tuple(map(folded, FORWARDED_SUBJECT))
_LONGEST_LABEL = 40
_LONGEST_BLOCK = 40
_LONGEST_VALUE = 3
# `From: 10:00 / To: 11:00` names nobody.
_TIMES = re.compile(r"[\d .:/-]{1,20}")
_MARKUP = " \t\xa0*_"
# Chinese programs space two letters out to the width of three.
_WIDE_SPACE = "\u3000"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Lines `start` to `stop` (exclusive) are the headers; `forwards` when the subject says that it was forwarded."""

    start: int
    stop: int
    forwards: bool


def header_field(line: str) -> tuple[str, str] | None:
    """The field (`from`, `sent`, `date`, `to`, `subject`, `other`) and value of a header line, or None."""
    if ":" not in line and "：" not in line and not line.startswith("|"):
        return None
    if line.startswith("|"):
        return _in_a_row(line)
    line = line.lstrip(" \t\xa0")
    label, colon, _ = line[:_LONGEST_LABEL].replace("：", ":", 1).partition(":")
    if not colon:
        return None
    plain = label.isascii() and label.isalnum()
    field = FIELDS.get(label.lower() if plain else folded(bare(label.replace(_WIDE_SPACE, "")).strip(_MARKUP)))
    return None if field is None else (field, line[len(label) + 1 :][:400].strip(_MARKUP))


def _in_a_row(line: str) -> tuple[str, str] | None:
    """The field of a row of a table: NetEase's programs write `| From | Ada Byron<ada@example.com> |`."""
    cells = line[:400].split("|")
    field = FIELDS.get(folded(cells[1].strip())) if len(cells) == 4 and not cells[3].strip() else None
    return None if field is None else (field, cells[2].strip())


class Headers:
    """The header lines of a text, each read once: hostile text has one in every line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    @cached_property
    def _fields(self) -> dict[int, tuple[str, str]]:
        return {i: field for i, line in enumerate(self._lines) if (field := header_field(line)) is not None}

    @cached_property
    def _named(self) -> list[int]:
        return [i for i, (name, _) in self._fields.items() if name != "other"]

    def block(self, start: int, *, introduced: bool) -> HeaderBlock | None:
        """The header block whose first line is `start`, if there is one.

        Where a rule or a marker has introduced it, fewer fields will do. A value may go on over up to three lines;
        blank lines may stand between headers, not within a value.
        """
        if header_field(self._lines[start]) is None or not self._two_named_from(start):
            return None
        found: dict[str, str] = {}
        last, blank_since = start, 0
        for i in range(start, min(len(self._lines), start + _LONGEST_BLOCK)):
            named = self._fields.get(i)
            if named is None and is_blank(self._lines[i]):
                blank_since += 1
                if blank_since > 1:
                    break
            elif named is not None and (named[0] not in found or named[0] == "other"):
                found[named[0]] = found.get(named[0], "") + " " + named[1]
                last, blank_since = i, 0
            elif named is not None or blank_since or i - last > _LONGEST_VALUE:
                break
        if not _is_mail(found, introduced=introduced) or _is_timetable(found):
            return None
        if not introduced and _is_note(found) and self._opens_text(start):
            return None
        forwards = folded(found.get("subject", "").strip()).startswith(_FORWARDED_SUBJECT)
        return HeaderBlock(start, _end_of_last_value(self._lines, last) + 1, forwards)

    def _opens_text(self, start: int) -> bool:
        return start < _LONGEST_BLOCK and all(i in self._fields or is_blank(self._lines[i]) for i in range(start))

    def _two_named_from(self, start: int) -> bool:
        second = bisect_left(self._named, start) + 1
        return second < len(self._named) and self._named[second] < start + _LONGEST_BLOCK


def _is_mail(found: dict[str, str], *, introduced: bool) -> bool:
    named = found.keys() - {"other"}
    address = any("@" in value for value in found.values())
    if "from" in named and (named & {"sent", "subject"}):
        return True
    if len(named) >= 3 and "subject" in named:
        return True
    # `From: Oslo / To: Bergen / Date: 3 May` is a journey, not a mail: a date needs an address beside it.
    if introduced and address and len(named) >= 2 and named & {"subject", "from"}:
        return True
    dated = bool(named & {"date", "sent"})
    return dated and bool(named & {"from", "to"}) and (address or (introduced and "from" in named))


def _is_note(found: dict[str, str]) -> bool:
    """Whether a person may have typed the block, as over a letter: `To: the pharmacy / From: Ada / Subject: refill`."""
    return not found.keys() & {"date", "sent"} and not any("@" in value for value in found.values())


def _is_timetable(found: dict[str, str]) -> bool:
    return any(_TIMES.fullmatch(found.get(name, "").strip()) for name in ("from", "to"))


def _end_of_last_value(lines: Sequence[str], last: int) -> int:
    # A folded subject goes on indented, as in RFC 5322 2.2.3.
    while (
        last + 1 < len(lines)
        and lines[last + 1][:1] in (" ", "\t")
        and not is_blank(lines[last + 1])
        and lines[last][:1] not in (" ", "\t")
    ):
        last += 1
    return last
