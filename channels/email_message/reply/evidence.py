"""What makes text an attribution: a verb of writing, a date near the beginning, an address, a colon at the end.

Evidence is weighed instead of one pattern per language, so a language without a verb in the table is found by date,
address and colon. Every pattern is anchored or bounded, and is tried on a few hundred characters at most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from itertools import chain

from channels.email_message.reply.lines import LONGEST_MARK, bare, folded, is_decorated
from channels.email_message.reply.phrases import Phrases
from channels.email_message.reply.writing import CITING, OPENERS, OWN_WRITING, WROTE

# The longest attribution, joined from all its lines.
LONGEST_ATTRIBUTION = 420
# The longest line that is a verb of writing alone.
LONGEST_VERB = 40


_LONGEST_INTRODUCTION = 160
# A date that opens an attribution begins no later.
_LATEST_DATE = 60
_LATEST_FIRST_DATE = 25
_MOST_WORDS_OF_NAME = 6
_LONGEST_NAME = 120
# A verb of writing and what stands between it and its date: ` wrote on Friday, `.
_LONGEST_GAP = 32


class Verdict(Enum):
    NONE = "no attribution"
    ADDRESSED = "names an address, and who wrote or when"
    DATED = "begins with its date"


def _any_of(phrases: Sequence[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(set(phrases), key=len, reverse=True))


_ALL_WROTE = [folded(verb) for verb in chain.from_iterable(WROTE.values())]
_SPACELESS = [verb for verb in _ALL_WROTE if re.match(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", verb)]
_SPACED = [verb for verb in _ALL_WROTE if verb not in _SPACELESS]
_VERB = re.compile(rf"(?<!\w)(?:{_any_of(_SPACED)})(?!\w)|(?:{_any_of(_SPACELESS)})(?=[\s:：(（]|$)")
_NEEDS_NO_SPACE = frozenset(_SPACELESS)
# "Sent" says so only at the end: before it, "sent" is too common a word.
_LAST_WORDS = (*sorted(set(_ALL_WROTE)), "sent")
_VERB_AT_END = re.compile(rf"(?:(?<!\w)(?:sent|{_any_of(_SPACED)})|(?:{_any_of(_SPACELESS)}))\W{{0,8}}$")
# How a folded line ends that may end in a verb of writing or a colon: its last three letters, or the last one.
VERB_ENDS = frozenset(verb[-3:] for verb in _LAST_WORDS)
AFTER_VERB = frozenset("-–—*_:： \t\xa0\u3000") | {verb[-1] for verb in _LAST_WORDS if len(verb) < 3}
_WRITING = Phrases(_ALL_WROTE)
_VERB_ALONE = re.compile(rf"[>\s]{{0,8}}(?:{_any_of(_ALL_WROTE)})\s?[:：]?$")
_OPENER = re.compile(rf"\W{{0,4}}(?:{_any_of([folded(word) for word in chain.from_iterable(OPENERS.values())])})(?!\w)")
# Airmail's verb, which people use of much else.
_SAID = re.compile(r"\bsaid ?:$")
_TAIL = "-–—‐*_ \t\xa0"
_CITES = re.compile(rf"\W{{0,4}}(?:{_any_of([folded(word) for word in chain.from_iterable(CITING.values())])})(?!\w)")
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
# "The pharmacist wrote on 6 March": nobody is called so.
_FOR_NO_NAME = re.compile(
    r"(?:the|my|your|our|his|her|a|der|die|das|mein\w*|ihr\w*|el|la|mi|su|le|mon|ma|votre|il|mio|mia|o|meu|minha) "
)
_NAME = re.compile(r"(?:[^\W\d_][\w.'’-]{0,24} ?){1,4}(?:<[^<>]{0,90}>)?:?")
_OWN_WRITING = Phrases(map(folded, chain.from_iterable(OWN_WRITING.values())))
# Names hold a few lower-case words ("van der"), and programs add a few of theirs; so many in a row are prose.
_PROSE = 6
_PROSE_WITHOUT_VERB = 4
# Where a sentence ends: titles and months are abbreviated to four letters at most, and follow no lower-case word.
_NEXT_SENTENCE = re.compile(
    r"(?:[^\W\d_]{5}|:\d\d)[.!?] (?P<after>[^\W\d_])|[^\W\d_]{2}[.!?] [-–—•*] "
    r"|(?<!\S)(?P<last>[^\W\d_]+ [^\W\d_]{2,})[.!?] (?P<next>[^\W\d_])"
    r"|[가-힣]{3}[.!?] |[\u0621-\u064a]{4}[.!؟] |。."
)
# Tutanota: `6 Mar 2026, 10:19 by ada@example.com:`.
_BARE_ADDRESS_AT_END = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4} ?[:：]$")
_ADDRESS_AT_END = re.compile(r"[>)\]\"'] ?[:：]$")
_FRAGMENT = re.compile(r"[<(>]|mailto:|[\w.+-]{1,64}@")


def ends(tail: str) -> tuple[bool, bool]:
    """Whether a line ends in a colon, and whether in a verb of writing."""
    last_words = folded(tail[-40:]).rstrip(_TAIL)
    colon = last_words.endswith((":", "：")) and not last_words.endswith("mailto:")
    verb = last_words.rstrip(" :：").endswith(_LAST_WORDS) and bool(_VERB_AT_END.search(last_words))
    return colon, verb


def mentions_writing(text: str) -> bool:
    return bool(_WRITING.within(folded(text[:LONGEST_ATTRIBUTION])))


def _tells_of_writing(said: str) -> bool:
    """Whether a verb of writing stands in a folded text as a word; one pattern of all is a hundred times slower."""
    return any(_is_word(verb, said) for verb in _WRITING.within(said[:LONGEST_ATTRIBUTION]))


def _is_word(verb: str, said: str) -> bool:
    at = said.find(verb)
    while at >= 0:
        before, after = said[at - 1 : at], said[at + len(verb) : at + len(verb) + 1]
        if verb in _NEEDS_NO_SPACE:
            if not after or after in ":：(（" or after.isspace():
                return True
        elif not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return True
        at = said.find(verb, at + 1)
    return False


def names_a_writer(told: str) -> bool:
    """Whether an address or a verb of writing stands anywhere in a folded text, however long."""
    return "@" in told or bool(_WRITING.within(told))


def is_verb_alone(text: str) -> bool:
    """Whether the text is only a verb of writing, such as the last line of a wrapped attribution."""
    return len(text) <= LONGEST_VERB and bool(_VERB_ALONE.match(folded(bare(text))))


def is_fragment(text: str) -> bool:
    """Whether the text starts with an address, so that something belongs before it."""
    return bool(_FRAGMENT.match(text))


def is_prose(text: str) -> bool:
    """Whether the text tells what its own author wrote, or runs on as sentences do."""
    said = folded(text)
    own = (re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", said) for phrase in _OWN_WRITING.within(said))
    return any(own) or any(map(_is_sentence_end, _NEXT_SENTENCE.finditer(text))) or _runs_on(text, _PROSE)


def _is_sentence_end(found: re.Match[str]) -> bool:
    if found["after"]:
        return found["after"].isupper()
    return not found["next"] or (found["last"].islower() and found["next"].isupper())


def _runs_on(text: str, words: int) -> bool:
    run = 0
    for word in text.split():
        run = run + 1 if word.islower() and word.rstrip(",;").isalpha() else 0
        if run == words:
            return True
    return False


def is_opener(text: str) -> bool:
    """Whether the text is the mere beginning of an attribution: `On Tue,`."""
    brief = len(text) <= 25 and text.count(" ") <= 3
    return brief and bool(_OPENER.match(folded(text))) and not ends_sentence(text)


def ends_sentence(text: str) -> bool:
    return text[-1:] in (".", "!", "?") and len(text) > 3 and text[-4:-1].isalpha()


def judge(joined: str) -> Verdict:
    """Weighs a text joined from one or more lines."""
    core = joined.strip("-–—‐*_ >")
    verdict = _weigh(joined, core, folded(core))
    return Verdict.NONE if verdict is not Verdict.NONE and is_prose(core) else verdict


def _weigh(joined: str, core: str, lowered: str) -> Verdict:
    verb_ends = ends(lowered)[1]
    verb = verb_ends or _tells_of_writing(lowered)
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
        wrote = (verb or bool(_SAID.search(lowered))) and (colon or verb_ends)
        named = address_ends and not _runs_on(core, _PROSE_WITHOUT_VERB)
        if address and words_before <= 5 and (wrote or named):
            return Verdict.DATED
        last = _BARE_ADDRESS_AT_END.search(core, max(0, len(core) - _LONGEST_NAME))
        if last and timed and words_before <= 3 and last.start() - date.end() <= LONGEST_VERB and not verb:
            return Verdict.DATED
        opened = words_before <= 3 if opener else words_before <= 2
        if opened and verb and (colon or (verb_ends and timed)):
            return Verdict.DATED
    if verb and date is not None and colon and timed and not address and _names_first(core[: date.start()]):
        return Verdict.DATED
    if not address or (not colon and not (verb_ends and date)):
        return Verdict.NONE
    wrote = (verb and not (verb_ends and "sent" in lowered[-6:])) or (": " not in core and bool(_CITES.match(lowered)))
    named = address_ends and not _runs_on(core, _PROSE_WITHOUT_VERB)
    dated = date is not None and timed and (named or lowered.startswith("missatge de"))
    return Verdict.ADDRESSED if wrote or dated else Verdict.NONE


def _names_first(before_date: str) -> bool:
    """Whether a name alone, or a name and a verb of writing, stand before the date: `Ada schreef op 6-3-2026`."""
    if before_date[:1].islower() or _FOR_NO_NAME.match(folded(before_date)):
        return False
    if before_date.count(" ") <= _MOST_WORDS_OF_NAME:
        return True
    return len(before_date) <= _LONGEST_NAME and _tells_of_writing(folded(before_date[-_LONGEST_GAP:]))


def precedes_quote(joined: str) -> bool:
    """Whether a text directly above quoted lines names whom it quotes, in whatever language: by address or moment."""
    core = joined.strip("-–—‐*_ >")
    if not any(ends(core)) or len(core) > _LONGEST_INTRODUCTION:
        return False
    return _introduces(core) and not is_prose(core)


def _introduces(core: str) -> bool:
    if _BRACKETED.search(core):
        return True
    if core.endswith((":", "：")) and _CITES.match(folded(core)):
        return True
    date = _DATE.search(core)
    if date is None or date.start() > _LATEST_DATE:
        return False
    return mentions_writing(core) or bool(_TIME.search(core, date.end()))


def cites(text: str) -> bool:
    """Whether the text begins as `Quoting Ada Byron` does."""
    return bool(_CITES.match(folded(text)))


def begins_with_date(text: str) -> bool:
    """Whether the text may be the first line of an attribution: `On 6 Mar 2026`, `pá 6. 3. 2026`."""
    lowered = folded(text)
    date = _DATE.search(text) or _MONTH_FIRST.search(text)
    dated = date is not None and date.start() <= _LATEST_FIRST_DATE
    return (dated or bool(_OPENER.match(lowered))) and not _VERB.match(lowered)


def is_name(text: str) -> bool:
    return text.istitle() and bool(_NAME.fullmatch(text)) and text[-1] != ":"


def is_timed(joined: str) -> bool:
    """Whether the text tells a time of day."""
    return bool(_TIME.search(joined))


def is_enclosed(joined: str) -> bool:
    """Whether the text is what GroupWise writes: `>>> Ada Byron <ada@example.com> 06.03.2026 10:19 >>>`."""
    core = joined.strip("> ")
    return joined.startswith(">>") and joined.endswith(">>") and bool(_DATE.search(core)) and is_timed(core)


def is_stamp(joined: str, *, alone: bool) -> bool:
    """Whether the text is in Gmail's old style, without a verb: `2016-01-27 1:27 GMT+01:00 Ada <ada@example.com>`.

    Without an address it counts only where it stands `alone`, below a blank line.
    """
    stamp = _STAMP.fullmatch(joined) if len(joined) <= LONGEST_MARK else None
    if stamp is None:
        return False
    who = stamp["who"]
    addressed = "@" in who and who.endswith((">", ">:")) and not _runs_on(who, _PROSE_WITHOUT_VERB)
    return addressed or bool(alone and stamp["zone"] and _NAME.fullmatch(who))
