"""Signatures and footers: what stands under a person's own text without being part of what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, pairwise

from channels.email_message.reply.endings import CLOSINGS, DEVICES, LIST_FOOTERS, MY_DEVICE, SENT_FROM, SENT_LAST
from channels.email_message.reply.lines import bare, folded, is_rule

_LONGEST_SIGNATURE = 15
_LONGEST_RULED_SIGNATURE = 8
_LONGEST_NAME_BLOCK = 4
_LONGEST_MOBILE_LINE = 160
_SHORTEST_PHRASE = 7

_SENT = tuple(sorted({folded(phrase) for phrase in chain.from_iterable(SENT_FROM.values())}))
_SENT_LAST = tuple(map(folded, SENT_LAST))
_MY_DEVICE = tuple(map(folded, MY_DEVICE))
_FOOTERS = tuple(map(folded, LIST_FOOTERS))
_AROUND = "<>[]()*_-— .!|\"'"
_CLOSINGS = frozenset(map(folded, CLOSINGS))
_DEVICE = re.compile(
    "(?<![^\\W\\d_])(?:"
    + "|".join(re.escape(folded(d)) for d in sorted(DEVICES, key=len, reverse=True))
    + ")(?![^\\W\\d_]{5})"
)
_LINK = re.compile(r"\(?<?https?:[^\s)>]{0,300}[)>]?")
_FIRST_CLAUSE = re.compile(r"[^.,;<(?!]{0,90}")
_GET_OUTLOOK = re.compile(r"outlook (?:for|pour|für|para|per|voor|dla|för|til|pro|для|на) (?:ios|android|mac|windows)")
_FROM_DEVICE = re.compile(r"(?:\S{1,20} ){0,3}from (?:my )?(?:mobile|phone|cell|iphone|ipad|android)\b.{0,12}")
_DASHED_NAME = re.compile(r"(?:[-–—~]{1,2}|//) ?[^\W\d_][\w.'’-]{0,20}(?: [^\W\d_][\w.'’-]{0,20}){0,2}")


def is_mobile_line(line: str) -> bool:
    """Whether a mail program wrote this line about itself or its device, in any of the known languages."""
    if not _SHORTEST_PHRASE <= len(line) <= _LONGEST_MOBILE_LINE + 200:
        return False
    words = folded(bare(line)).strip(_AROUND)
    if not words.startswith(_SENT) and not any(verb in words for verb in _SENT_LAST) and "outlook" not in words:
        return False
    words = _LINK.sub(" ", words.replace("[", "").replace("]", "")).strip(_AROUND)
    if not words or len(words) > _LONGEST_MOBILE_LINE or words.endswith("?"):
        return False
    if "outlook" in words and words.count(" ") <= 7 and (_GET_OUTLOOK.search(words) or "outlook for ios" in words):
        return True
    clause = _FIRST_CLAUSE.match(words)
    first = clause.group().strip() if clause else ""
    if not first.startswith(_SENT) and not first.endswith(_SENT_LAST):
        return False
    if _DEVICE.search(first) and first.count(" ") <= 12:
        return True
    mine = next((phrase for phrase in _MY_DEVICE if words.startswith(phrase)), "")
    return bool(mine) and first == words and words[len(mine) :].count(" ") <= 3 and words != mine


def mobile_lines(lines: Sequence[str], run: Sequence[int]) -> set[int]:
    """The lines of a run that a device wrote; a vague one (`Bob from mobile`) counts beside a plain one."""
    found = {i for i in run if is_mobile_line(lines[i])}
    for before, here in pairwise(run):
        if before in found and here not in found and _FROM_DEVICE.fullmatch(folded(bare(lines[here]))):
            found.add(here)
    return found


def signature_start(lines: Sequence[str], run: Sequence[int], *, text_before: bool) -> int | None:
    """The position within `run` (the numbers of lines, blank ones left out) at which a signature begins, or None."""
    texts_after = _texts_after(lines, run)
    seen_text = text_before
    for position, i in enumerate(run):
        rule = is_rule(lines[i])
        if not seen_text:
            seen_text = not rule
            continue
        if rule and (texts_after[position] == 0 or _delimits(lines, run, position, texts_after[position])):
            return position
        if _is_footer(lines[i]) and texts_after[position] <= _LONGEST_SIGNATURE and _stands_free(lines, i):
            return position
    return None


def _delimits(lines: Sequence[str], run: Sequence[int], position: int, texts: int) -> bool:
    line, core = lines[run[position]], bare(lines[run[position]])
    if line.rstrip("\r\n") == "-- ":  # RFC 3676 4.3
        return True
    if core in {"--", "—", "―", "––", "ᐧ"}:
        return texts <= _LONGEST_SIGNATURE
    if texts > _LONGEST_SIGNATURE or set(core) - set("-_–—"):
        return False
    rest = [lines[i] for i in run[position + 1 :] if not is_rule(lines[i])]
    if any(_is_footer(text) for text in rest[:3]):
        return True
    if len(core) <= 3 and core[0] != "–":
        return texts <= _LONGEST_RULED_SIGNATURE
    # A longer rule may part two sections of what was said: a signature's lines are short and no sentences.
    return texts <= _LONGEST_RULED_SIGNATURE and _stands_free(lines, run[position]) and not any(map(_is_sentence, rest))


def is_footer_at(lines: Sequence[str], run: Sequence[int], position: int) -> bool:
    """Whether what begins there was added by a mailing list or a notifier rather than signed by the person."""
    for i in run[position : position + 4]:
        if _is_footer(lines[i]):
            return True
        if i != run[position] and is_rule(lines[i]):
            break
    return False


def closing_start(lines: Sequence[str], run: Sequence[int]) -> int | None:
    """The position within `run` of a closing phrase with a name below it, or of a name after a dash, or None."""
    for position in range(max(1, len(run) - _LONGEST_NAME_BLOCK - 1), len(run) - 1):
        phrase = folded(bare(lines[run[position]])).rstrip(",.!， ")
        if phrase in _CLOSINGS and not any(_is_sentence(lines[i]) for i in run[position + 1 :]):
            return position
    if len(run) > 1 and _stands_free(lines, run[-1]) and _DASHED_NAME.fullmatch(bare(lines[run[-1]])):
        itemised = any(bare(lines[i]).startswith(("-", "–")) for i in run[-6:-1])
        name = bare(lines[run[-1]]).lstrip("-–—~/ ")
        return None if itemised or not name[:1].isupper() else len(run) - 1
    return None


def _texts_after(lines: Sequence[str], run: Sequence[int]) -> list[int]:
    counts, texts = [0] * len(run), 0
    for position in range(len(run) - 1, -1, -1):
        counts[position] = texts
        texts += not is_rule(lines[run[position]])
    return counts


def _is_footer(line: str) -> bool:
    if not _SHORTEST_PHRASE <= len(line) <= 400:
        return False
    words = folded(line[:200])
    return any(phrase in words for phrase in _FOOTERS)


def _is_sentence(line: str) -> bool:
    core = bare(line)
    return len(core) > 70 or core.endswith("?") or (core.endswith((".", "!")) and core.count(" ") >= 3)


def _stands_free(lines: Sequence[str], i: int) -> bool:
    return i == 0 or not lines[i - 1].strip()
