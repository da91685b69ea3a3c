"""What makes text an attribution: a verb of writing, a date near the beginning, an address, a colon at the end.

Evidence is weighed instead of one pattern per language, so a language without a verb in the table is found by date,
address and colon. Every pattern is anchored or bounded, and is tried on a few hundred characters at most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from itertools import chain

from channels.email_message.reply.languages import OPENERS, WROTE
from channels.email_message.reply.lines import LONGEST_MARK, bare, folded, is_decorated
from channels.email_message.reply.phrases import Phrases

# The longest attribution, joined from all its lines.
LONGEST_ATTRIBUTION = 420
# The longest line that is a verb of writing alone.
LONGEST_VERB = 40


_LONGEST_INTRODUCTION = 160
# A date that opens an attribution begins no later.
_LATEST_DATE = 60
_MOST_WORDS_OF_NAME = 6


class Verdict(Enum):
    NONE = "no attribution"
    ADDRESSED = "names an address, and who wrote or when"
    DATED = "begins with its date"


def _any_of(phrases: Sequence[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(set(phrases), key=len, reverse=True))


_ALL_WROTE = [folded(verb) for verb in chain.from_iterable(WROTE.values())]
_SPACELESS = [verb for verb in _ALL_WROTE if re.match(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", verb)]
_SPACED = [verb for verb in _ALL_WROTE if verb not in _SPACELESS]
_VERB = re.compile(rf"(?<!\w)(?:{_any_of(_SPACED)})(?!\w)|(?:{_any_of(_SPACELESS)})")
# "Sent" says so only at the end: before it, "sent" is too common a word.
_LAST_WORDS = (*sorted(set(_ALL_WROTE)), "sent")
_VERB_AT_END = re.compile(rf"(?:(?<!\w)(?:sent|{_any_of(_SPACED)})|(?:{_any_of(_SPACELESS)}))\W{{0,8}}$")
# How a folded line ends that may end in a verb of writing or a colon: its last three letters, or the last one.
VERB_ENDS = frozenset(verb[-3:] for verb in _LAST_WORDS)
AFTER_VERB = frozenset("-–—*_:： \t\xa0\u3000") | {verb[-1] for verb in _LAST_WORDS if len(verb) < 3}
_WRITING = Phrases(_ALL_WROTE)
_VERB_ALONE = re.compile(rf"[>\s]{{0,8}}(?:{_any_of(_ALL_WROTE)})\s?[:：]?$")
_OPENER = re.compile(rf"\W{{0,4}}(?:{_any_of([folded(word) for word in chain.from_iterable(OPENERS.values())])})(?!\w)")
_WORD = r"[^\W\d_]{1,12}\.?"
_DATE = re.compile(
    r"(?<!\d)(?:"
    r"\d{4}[./-] ?\d{1,2}[./-] ?\d{1,2}"  # 2016-01-27, 2016/1/7
    r"|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}"  # 27.01.2016, 1/27/16
    r"|\d{1,2}(?:st|nd|rd|th|er|[.ºª°])?[\s/-]{1,2}(?:de |d['’])?"  # 27 January 2016, 27 de enero de 2016
    rf"{_WORD},?(?: de| del)?[\s/-]{{1,2}}\d{{2,4}}(?!\d)"
    rf"|{_WORD} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}(?!\d)"  # Jan 27, 2016 / January 27th 2016
    rf"|\d{{4}}\.? {_WORD} \d{{1,2}}(?!\d)"  # Hungarian: 2016. jan. 27.
    r"|\d{1,2} (?:th\w{1,5}) \d{1,2},? \d{4}"  # Vietnamese: 27 tháng 1, 2016
    r"|\d{4} ?[年년]"
    rf"|\d{{1,2}}\.? {_WORD},?(?: \S{{1,6}}){{0,2}} \d{{1,2}}[:.]\d\d"  # 27 jan. om 10:30
    r")"
)
_MONTH_FIRST = re.compile(r"(?<!\w)[^\W\d_]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}")
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h時时]\d\d")
_BRACKETED = re.compile(r"[<(\[\"'][^<>()\s]{0,90}@|<\s?mailto:|<[^<>]{0,60}@")
_STARTS_WITH_ADDRESS = re.compile(r"[\"'<]?[\w.+-]{1,64}@[\w.-]{1,80}")
_STAMP = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?: \d{1,2}:\d\d(?::\d\d)?)?"
    r"(?P<zone> (?:GMT|UTC)(?:[+-]\d{1,2}:?\d\d)?)? (?P<who>\S.{1,90})"
)
_NAME = re.compile(r"(?:[^\W\d_][\w.'’-]{0,24} ?){1,4}(?:<[^<>]{0,90}>)?:?")
_FIRST_PERSON = re.compile(
    r"(?<!\w)(?:i|we|you should have) (?:once |already |had )?wrote|schrieb(?:en)? (?:ich|wir)|j['’]ai écrit"
)
_ADDRESS_AT_END = re.compile(r"[>)\]\"'] ?[:：]$")
_FRAGMENT = re.compile(r"[<(>]|mailto:|[\w.+-]{1,64}@")
_ENDS_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?]$")


def ends(tail: str) -> tuple[bool, bool]:
    """Whether a line ends in a colon, and whether in a verb of writing."""
    last_words = folded(tail[-40:]).rstrip("-–— *_")
    colon = last_words.endswith((":", "：")) and not last_words.endswith("mailto:")
    verb = last_words.rstrip(" :：").endswith(_LAST_WORDS) and bool(_VERB_AT_END.search(last_words))
    return colon, verb


def mentions_writing(text: str) -> bool:
    return bool(_WRITING.within(folded(text[:LONGEST_ATTRIBUTION])))


def is_verb_alone(text: str) -> bool:
    """Whether the text is only a verb of writing, such as the last line of a wrapped attribution."""
    return len(text) <= LONGEST_VERB and bool(_VERB_ALONE.match(folded(bare(text))))


def is_fragment(text: str) -> bool:
    """Whether the text starts with an address, so that something belongs before it."""
    return bool(_FRAGMENT.match(text))


def in_first_person(text: str) -> bool:
    return bool(_FIRST_PERSON.search(folded(text)))


def is_opener(text: str) -> bool:
    """Whether the text is the mere beginning of an attribution: `On Tue,`."""
    brief = len(text) <= 25 and text.count(" ") <= 3
    return brief and bool(_OPENER.match(folded(text))) and not ends_sentence(text)


def ends_sentence(text: str) -> bool:
    return bool(_ENDS_SENTENCE.search(text))


def judge(joined: str) -> Verdict:
    """Weighs a text joined from one or more lines."""
    core = joined.strip("-–—‐*_ >")
    lowered = folded(core)
    if _FIRST_PERSON.search(lowered):
        return Verdict.NONE
    verb_ends = ends(lowered)[1]
    verb = verb_ends or (mentions_writing(lowered) and bool(_VERB.search(lowered)))
    if is_decorated(joined) and verb_ends and len(core) <= 200:
        return Verdict.DATED
    if "@" not in core and not (verb and any(map(str.isdigit, core))):
        return Verdict.NONE
    address = bool(_BRACKETED.search(core) or _STARTS_WITH_ADDRESS.match(core))
    address_ends = address and bool(_ADDRESS_AT_END.search(core[-8:]))
    date = _DATE.search(core) or _MONTH_FIRST.search(core)
    timed = bool(_TIME.search(core))
    # GMX and T-Online end theirs with the address: no colon.
    colon = core.endswith((":", "：")) or (verb and timed and joined.endswith(">"))
    if date is not None and date.start() <= _LATEST_DATE:
        opener = _OPENER.match(lowered)
        words_before = core[opener.end() if opener else 0 : date.start()].count(" ")
        if address and words_before <= 5 and ((verb and (colon or verb_ends)) or address_ends):
            return Verdict.DATED
        opened = words_before <= 3 if opener else words_before <= 2
        if opened and verb and (colon or (verb_ends and timed)):
            return Verdict.DATED
        # `Ada Byron schreef op 6-3-2026 om 10:19:`: the name first, then verb and date.
        named = words_before <= _MOST_WORDS_OF_NAME and not core[:1].islower()
        if named and verb and colon and timed and not address:
            return Verdict.DATED
    if not address or (not colon and not (verb_ends and date)):
        return Verdict.NONE
    wrote = verb and not (verb_ends and "sent" in lowered[-6:])
    dated = date is not None and timed and (address_ends or lowered.startswith("missatge de"))
    return Verdict.ADDRESSED if wrote or dated else Verdict.NONE


def precedes_quote(joined: str) -> bool:
    """Whether a text directly above quoted lines names whom it quotes, in whatever language: by address or moment."""
    core = joined.strip("-–—‐*_ >")
    if not any(ends(core)) or len(core) > _LONGEST_INTRODUCTION or _FIRST_PERSON.search(folded(core)):
        return False
    if _BRACKETED.search(core):
        return True
    date = _DATE.search(core)
    if date is None or date.start() > _LATEST_DATE:
        return False
    return ends(core)[1] or bool(_TIME.search(core, date.end()))


def is_name(text: str) -> bool:
    return text.istitle() and bool(_NAME.fullmatch(text)) and text[-1] != ":"


def is_timed(joined: str) -> bool:
    """Whether the text tells a time of day."""
    return bool(_TIME.search(joined))


def is_stamp(joined: str, *, alone: bool) -> bool:
    """Whether the text is in Gmail's old style, without a verb: `2016-01-27 1:27 GMT+01:00 Ada <ada@example.com>`.

    Without an address it counts only where it stands `alone`, below a blank line.
    """
    stamp = _STAMP.fullmatch(joined) if len(joined) <= LONGEST_MARK else None
    if stamp is None:
        return False
    who = stamp["who"]
    addressed = "@" in who and who.endswith((">", ">:"))
    return addressed or bool(alone and stamp["zone"] and _NAME.fullmatch(who))
