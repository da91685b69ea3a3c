"""Signatures and footers: what stands under a person's own text without being part of what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import chain, pairwise

from channels.email_message.reply.closings import CLOSINGS
from channels.email_message.reply.endings import (
    DEVICES,
    DISCLAIMERS,
    LIST_FOOTERS,
    MY_DEVICE,
    NOTICE_LINKS,
    NOTICES,
    OFFERED,
    SENT_FROM,
    SENT_LAST,
)
from channels.email_message.reply.lines import LONGEST_MARK, Beginnings, bare, folded, is_rule
from channels.email_message.reply.phrases import Phrases

_LONGEST_SIGNATURE = 15
_LONGEST_RULED_SIGNATURE = 8
_LONGEST_NAME_BLOCK = 4
_LONGEST_ADDRESS_BLOCK = 12
_LONGEST_DISCLAIMER = 30
_MOST_WORDS_OF_SIGNER = 8
_LONGEST_ABBREVIATION = 5
_LONGEST_MOBILE_LINE = 160
_SHORTEST_PHRASE = 5

_SENT = tuple(sorted({folded(phrase) for phrase in chain.from_iterable(SENT_FROM.values())}))
_SENT_BY_START = {
    start: sorted((phrase for phrase in _SENT if phrase[:3] == start), key=len, reverse=True)
    for start in {phrase[:3] for phrase in _SENT}
}
_SENT_LAST = tuple(map(folded, SENT_LAST))
_MY_DEVICE = tuple(map(folded, MY_DEVICE))
_FOOTERS = Phrases(map(folded, LIST_FOOTERS))
_DISCLAIMERS = Phrases(map(folded, DISCLAIMERS))
_NOTICES = tuple(map(folded, NOTICES))
_LEAVE = ("unsubscribe", "to unsubscribe", "abmelden", "se désabonner", "darse de baja", "cancelar inscrição")
_SENT_STARTS = Beginnings(_SENT)
_WORDS_BEHIND = Phrases([phrase.split()[-1] for phrase in (*_SENT_LAST, "outlook")])
_AROUND = "<>[]()*_-—~ .!。|\"'"
_CLOSINGS = frozenset(map(folded, CLOSINGS))
_LONGEST_CLOSING = 80
_JOINED = re.compile(r",? (?:and|a|und|y|et|e|i|и) |, ?| ?[&+] ?")
_FROM_WHERE = re.compile(r" (?:aus|from|de|da|z|ze|из)(?: dem| der| la)? [^\s,]{3,30}$")
# Scripts that part their words; in the others a device's name may stand within a run of letters.
_LETTER = "[a-z\u00e0-\u024f\u0370-\u052f\u0590-\u06ff]"
_DEVICE = re.compile(
    f"(?<!{_LETTER})(?:"
    + "|".join(re.escape(folded(d)) for d in sorted(DEVICES, key=len, reverse=True))
    + f")(?!{_LETTER}{{6}})"
)
_LINK = re.compile(r"\(?<?https?:[^\s)>]{0,300}[)>]?")
_FIRST_CLAUSE = re.compile(r"(?:[^.,;<(?!]|[.!](?=\w)){0,90}")
_OFFER = tuple(map(folded, OFFERED))
_SYSTEM = re.compile(f"(?<!{_LETTER})(?:ios|android|mac|windows)(?!{_LETTER}{{6}})")
_LONGEST_OFFER = 8
_MOST_WORDS_OF_PROGRAM = 4
# A mail has one or two of these lines; judging is the dear part of hostile input, so only the last are judged.
_MOST_JUDGED = 100
_FROM_DEVICE = re.compile(r"(?:\S{1,20} ){0,3}from (?:my )?(?:mobile|phone|cell|iphone|ipad|android)\b.{0,12}")
_ITEM = re.compile(r"\s{0,4}(?:\d{1,2}[.)]|[A-Za-z]\)|[-*+•])\s")
# A dash may stand before a name.
_ENTRY = re.compile(r"\s{0,4}(?:\d{1,2}[.)]|[A-Za-z]\)|[*+•])\s")
# An address, a telephone number, a postcode: what a card tells.
_REACHES = re.compile(r"@|www\.|https?:|\d[\d ()/.-]{4,}")
_DASHED_NAME = re.compile(r"(?:[-–—~]{1,2}|/{1,2}) ?[^\W\d_][\w.'’-]{0,20}(?: [^\W\d_][\w.'’-]{0,20}){0,2}")


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
    if "outlook" in words and words.count(" ") < _LONGEST_OFFER and _is_offer(words):
        return True
    clause = _FIRST_CLAUSE.match(words)
    first = clause.group().strip() if clause else ""
    if not first.startswith(_SENT) and not first.endswith(_SENT_LAST):
        return False
    if _DEVICE.search(first) and first.count(" ") <= 12:
        return True
    mine = next((phrase for phrase in _MY_DEVICE if words.startswith(phrase)), "")
    if (
        mine
        and words != mine
        and (
            (_DEVICE.search(words) and words.count(" ") < _LONGEST_OFFER)
            or (first == words and words[len(mine) :].count(" ") <= 3)
        )
    ):
        return True
    return _names_a_program(bare(line).strip(_AROUND), words)


def _is_offer(words: str) -> bool:
    if words.startswith(("get ", "try ")) and "outlook for" not in words:
        return False  # "Get Outlook running on my Android" asks for help
    return bool(_SYSTEM.search(words)) and (words.startswith(("outlook ", *_OFFER)) or words.endswith(_OFFER))


def _names_a_program(said: str, words: str) -> bool:
    """Whether a line is a phrase like `Sent from` and a name alone, each of its words capital: `Sent from Front`."""
    phrase = next((phrase for phrase in _SENT_BY_START.get(words[:3], ()) if words.startswith(f"{phrase} ")), "")
    name = said.split()[phrase.count(" ") + 1 :] if phrase else []
    return 0 < len(name) <= _MOST_WORDS_OF_PROGRAM and ":" not in words and all(word[0].isupper() for word in name)


def mobile_lines(lines: Sequence[str], told: Sequence[str], own: Sequence[int]) -> set[int]:
    """The lines, among the author's `own`, that a device wrote."""
    behind = _WORDS_BEHIND.within("\n".join(told))
    candidates = _SENT_STARTS.among(told, own)
    if behind:
        candidates += [i for i in own if any(word in told[i] for word in behind)]
    return {i for i in candidates[-_MOST_JUDGED:] if is_mobile_line(lines[i])}


def with_vague_lines(lines: Sequence[str], run: Sequence[int], mobile: Set[int]) -> set[int]:
    """The mobile lines of a run; a vague one (`Bob from mobile`) counts below a plain one."""
    found = {i for i in run if i in mobile} if mobile else set()
    for before, here in pairwise(run) if found else ():
        if before in found and here not in found and _FROM_DEVICE.fullmatch(folded(bare(lines[here]))):
            found.add(here)
    return found


def signature_start(lines: Sequence[str], run: Sequence[int], rules: Set[int], *, text_before: bool) -> int | None:
    """The position within `run` (the numbers of lines, blank ones left out) at which a signature begins, or None."""
    texts = [i for i in run if i not in rules]
    after = len(texts)
    seen_text = text_before
    for position, i in enumerate(run):
        rule = i in rules
        after -= not rule
        if not seen_text:
            seen_text = not rule
        elif _delimits(lines, i, texts, after) if rule else after <= _LONGEST_SIGNATURE and _is_footer_alone(lines, i):
            return position
    return None


def _delimits(lines: Sequence[str], rule: int, texts: Sequence[int], after: int) -> bool:
    """Whether a rule begins a signature; the last `after` of the lines `texts` stand below it."""
    if after == 0 or lines[rule].rstrip("\r\n") == "-- ":  # RFC 3676 4.3
        return True
    if after > _LONGEST_SIGNATURE:
        return False
    core, below = bare(lines[rule]), texts[-after:]
    if _ITEM.match(lines[below[0]]):
        return False
    if core in {"--", "—", "―", "––", "ᐧ"}:
        # A blank line and a sentence go on with the letter.
        return below[0] == rule + 1 or not _is_sentence(lines[below[0]])
    if set(core) - set("-_–—"):
        return False
    if any(_is_footer(lines[i]) or _is_notice(lines[i]) for i in below[:3]):
        return True
    if after > _LONGEST_RULED_SIGNATURE or (len(core) <= 3 and core[0] != "–"):
        return after <= _LONGEST_RULED_SIGNATURE and not _is_sentence(lines[below[0]])
    # A longer rule may part two sections of what was said: a signature's lines are short and no sentences.
    return _stands_free(lines, rule) and not any(_is_sentence(lines[i]) for i in below)


def _is_footer_alone(lines: Sequence[str], i: int) -> bool:
    return _stands_free(lines, i) and _is_notice(lines[i])


def is_footer_at(lines: Sequence[str], run: Sequence[int], position: int) -> bool:
    """Whether what begins there was added by a mailing list or a notifier rather than signed by the person."""
    for i in run[position : position + 4]:
        if _is_footer(lines[i]) or _is_notice(lines[i]):
            return True
        if i != run[position] and is_rule(lines[i]):
            break
    return False


def closing_start(lines: Sequence[str], run: Sequence[int]) -> int | None:
    """The position within `run` of a closing phrase with a name below it, or of a name after a dash, or None."""
    end = _disclaimer_start(lines, run)
    for position in range(max(1, end - _LONGEST_ADDRESS_BLOCK - 1), end - 1):
        below = run[position + 1 : end]
        if (
            not _is_closing(lines[run[position]])
            or not _is_signer(lines[below[0]])
            or any(_is_sentence(lines[i]) for i in below)
        ):
            continue
        if len(below) <= _LONGEST_NAME_BLOCK or any(_REACHES.search(lines[i][:LONGEST_MARK]) for i in below):
            return position
    if len(run) > 1 and _stands_free(lines, run[-1]) and _DASHED_NAME.fullmatch(bare(lines[run[-1]])):
        itemised = any(bare(lines[i]).startswith(("-", "–")) for i in run[-6:-1])
        name = bare(lines[run[-1]]).lstrip("-–—~/ ")
        return None if itemised or not name[:1].isupper() else len(run) - 1
    return None


def _is_closing(line: str) -> bool:
    """Whether a line is a closing, or several that belong together: `Danke und viele Grüße aus Berlin`."""
    if len(line) > _LONGEST_CLOSING:
        return False
    phrase = folded(bare(line)).rstrip(",.!，。、 ")
    if phrase in _CLOSINGS:
        return True
    phrase = _FROM_WHERE.sub("", phrase)
    return all(part in _CLOSINGS for part in _JOINED.split(phrase))


def _is_notice(line: str) -> bool:
    """Whether a list, a notifier or a scanner wrote the line, which stands below no rule."""
    said = folded(bare(line)).strip("<>()[]*_ ") if len(line) <= LONGEST_MARK else ""
    if " " not in said:
        return any(link in said for link in NOTICE_LINKS) and ("://" in said or said.startswith("www."))
    return said.startswith(_NOTICES) or (said.startswith(_LEAVE) and "://" in said.rsplit(" ", 1)[1])


def _disclaimer_start(lines: Sequence[str], run: Sequence[int]) -> int:
    """The position within `run` at which lawyers begin to speak, its length where they do not."""
    for position in range(max(1, len(run) - _LONGEST_DISCLAIMER), len(run)):
        if _DISCLAIMERS.within(folded(lines[run[position]][:LONGEST_MARK])):
            return position
    return len(run)


def _is_signer(line: str) -> bool:
    """Whether a line may be a name: `Ada Byron`, `Dr. Ada van der Byron`, `ada`."""
    core = bare(line).strip("*_ ")
    words = core.split()
    if not words or _ENTRY.match(line):
        return False
    if core[-1] in "?!:;" or (core[-1] == "." and len(words[-1]) > _LONGEST_ABBREVIATION):
        return False
    capital = sum(not word[0].islower() for word in words)
    return len(words) == 1 or (len(words) <= _MOST_WORDS_OF_SIGNER and 2 * capital > len(words))


def _is_footer(line: str) -> bool:
    return _SHORTEST_PHRASE <= len(line) <= 400 and bool(_FOOTERS.within(folded(line[:200])))


def _is_sentence(line: str) -> bool:
    core = bare(line)
    return len(core) > 70 or core.endswith("?") or (core.endswith((".", "!")) and core.count(" ") >= 3)


def _stands_free(lines: Sequence[str], i: int) -> bool:
    return i == 0 or not lines[i - 1].strip()
