"""Header blocks over an older mail, as mail programs write them: From, Sent, To, Subject, in any order and language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from channels.email_message.reply import languages
from channels.email_message.reply.lines import bare, folded, is_blank
from channels.email_message.reply.openings import FORWARDED_SUBJECT

_TABLES = {
    "from": languages.FROM,
    "sent": languages.SENT,
    "date": languages.DATE,
    "to": languages.TO,
    "subject": languages.SUBJECT,
}
_FIELDS = dict.fromkeys(map(folded, languages.OTHER_HEADERS), "other") | {
    folded(label): field for field, table in _TABLES.items() for label in chain.from_iterable(table.values())
}
_FORWARDED_SUBJECT = tuple(map(folded, FORWARDED_SUBJECT))
_LONGEST_LABEL = 40
_LONGEST_BLOCK = 40
_LONGEST_VALUE = 3
_MARKUP = " \t\xa0*_"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Lines `start` to `stop` (exclusive) are the headers; `forwards` when the subject says that it was forwarded."""

    start: int
    stop: int
    forwards: bool


def header_field(line: str) -> tuple[str, str] | None:
    """The field (`from`, `sent`, `date`, `to`, `subject`, `other`) and value of a header line, or None."""
    if ":" not in line and "：" not in line:
        return None
    head = line.lstrip(" \t\xa0")[:_LONGEST_LABEL].replace("：", ":", 1)
    label, colon, _ = head.partition(":")
    if not colon:
        return None
    field = _FIELDS.get(folded(bare(label).strip(_MARKUP)))
    if field is None:
        return None
    value = line.lstrip(" \t\xa0")[len(label) + 1 :]
    return field, value[:400].strip(_MARKUP)


def header_block(lines: Sequence[str], start: int, stop: int, *, introduced: bool) -> HeaderBlock | None:
    """The header block whose first line is `start`, if there is one.

    Where a rule or a marker has introduced it, fewer fields will do. A value may go on over up to three lines; blank
    lines may stand between headers, not within a value.
    """
    if header_field(lines[start]) is None:
        return None
    found: dict[str, str] = {}
    last, blank_since = start, 0
    for i in range(start, min(stop, start + _LONGEST_BLOCK)):
        if is_blank(lines[i]):
            blank_since += 1
            if blank_since > 1:
                break
            continue
        named = header_field(lines[i])
        if named is not None and (named[0] not in found or named[0] == "other"):
            found[named[0]] = found.get(named[0], "") + " " + named[1]
            last, blank_since = i, 0
        elif named is not None or blank_since or i - last > _LONGEST_VALUE:
            break
    if not _is_mail(found, introduced=introduced):
        return None
    last = _end_of_last_value(lines, last, stop)
    return HeaderBlock(start, last + 1, folded(found.get("subject", "").strip()).startswith(_FORWARDED_SUBJECT))


def _is_mail(found: dict[str, str], *, introduced: bool) -> bool:
    named = found.keys() - {"other"}
    address = any("@" in value for value in found.values())
    if "from" in named and (named & {"sent", "subject"}):
        return True
    if len(named) >= 3 and "subject" in named:
        return True
    # `From: Oslo / To: Bergen / Date: 3 May` is a journey, not a mail: a date needs an address beside it.
    dated = bool(named & {"date", "sent"})
    return dated and len(named) >= 2 and (address or (introduced and "from" in named))


def _end_of_last_value(lines: Sequence[str], last: int, stop: int) -> int:
    # A folded subject goes on indented, as in RFC 5322 2.2.3.
    while (
        last + 1 < stop
        and lines[last + 1][:1] in (" ", "\t")
        and not is_blank(lines[last + 1])
        and lines[last][:1] not in (" ", "\t")
    ):
        last += 1
    return last
