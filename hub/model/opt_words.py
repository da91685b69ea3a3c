"""Recognising that a person wants no more messages, wants them again, or asks for help (inbound.md, Texts).

Three readings, in this order: the whole message is a keyword (with courtesy, a greeting or a signature around it);
a sentence holds a phrase of the tables ("please remove me from your list"); else nothing. Rules are rows in
`opt_rules/`, one file a language; time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from hub.model.contact import Medium
from hub.model.fold import fold
from hub.model.mixed_scripts import may_be_mixed, unmixed
from hub.model.opt_phrases import Phrase, may_stand_among, phrases_opening_with
from hub.model.opt_tables import SHORTEST_MISSPELT, tables
from hub.model.value import value


class OptKind(StrEnum):
    """What is asked for; `unsure`: promotions pause and staff is asked."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    UNSURE = "unsure"


@value()
class Opt:
    """`kind` is None for an ordinary message. `language` is the word's own (ISO 639-1), empty where it is no one's.

    STOP and INFO are used in every country: they say nothing about the language.
    """

    kind: OptKind | None = None
    language: str = ""

    def __bool__(self) -> bool:
        return self.kind is not None


_TEXTING = (None, Medium.SMS, Medium.WHATSAPP)
_CACHED_LENGTH = 160

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'"))
_NOT = re.compile(r"\b(do|does|did|can|could|would|should|wo|will|must|is|are|was) ?n(?:'|o)t\b")
# German, Slavic: the comma that stands before what is asked for parts nothing ("Hören Sie auf, mir zu schreiben").
_SUBORDINATE = re.compile(r",\s*(?=(?:aby\w*|zeby\w*|чтобы?|dass|mir|mich|uns)\b)")
_EMAIL = re.compile(r"\be[ -]mail")
# A word, a hyphen or apostrophe inside words parts them; a mark that closes a clause; everything else is nothing.
_TOKEN = re.compile(r"[^\W_]+|[.!;…\n?,:()–—/|]|(?<=\s)-+(?=\s)")
_SHORT_CODE = re.compile(r"\d{4,6}")
_TO = frozenset({"to", "au", "an", "al", "a", "para", "na", "на"})
_SPELLED_OUT = range(3, 13)


@value()
class _Clause:
    """Words up to a mark: `.` (or `!`, `;`), `?`, a line's end (or a dash), `,` (or a bracket), `:`, or nothing."""

    words: list[str]
    mark: str


_MARKS = {**dict.fromkeys(".!;…", "."), "?": "?", **dict.fromkeys("\n–—-", "\n"), ":": ":"}


def recognise(text: str, *, medium: Medium | None = None) -> Opt:
    """Tells what a person asks for: stop, start, help, perhaps stop (unsure), or nothing of the kind.

    `text`: what the person newly wrote, without quoted text. In a mail or form, CANCEL, END and the like are at most
    unsure and START and HELP mean nothing; without a medium the text is read as an SMS. A question how to stop, or a
    wish bound to a time or an address, is unsure.
    """
    if len(text) <= _CACHED_LENGTH:
        return _recognise_cached(text, medium in _TEXTING)
    return _recognise(text, medium in _TEXTING)


@lru_cache(maxsize=4096)
def _recognise_cached(text: str, texting: bool) -> Opt:
    return _recognise(text, texting)


def _recognise(text: str, texting: bool) -> Opt:
    tokens = _tokens(text)
    words = set(tokens)
    opened, spoken = tables().keyword_among(words), may_stand_among(words)
    if not opened and not spoken:
        return Opt()
    clauses = list(_clauses(tokens))
    keyword = _whole_message(clauses, texting) if opened and clauses else Opt()
    if keyword.kind is OptKind.STOP or not spoken:
        return keyword
    phrase = _phrase(clauses)
    return phrase if phrase.kind is OptKind.STOP or not keyword else keyword


def _tokens(text: str) -> list[str]:
    """Returns the folded words of a text and the marks between them; a word spelled out is one word."""
    if not text.isascii() or "`" in text:
        text = text.translate(_APOSTROPHES)
    folded = fold(text).strip()
    sign_off = tables().sign_off.search(folded)
    if sign_off:
        folded = folded[: sign_off.start()]
    if "n't" in folded or "not" in folded:
        folded = _NOT.sub(r"\1nt", folded).replace("willnt", "wont")
    if "mail" in folded:
        folded = _EMAIL.sub("email", folded)
    if "," in folded:
        folded = _SUBORDINATE.sub(" ", folded)
    tokens = _TOKEN.findall(folded)
    if may_be_mixed(folded):
        tokens = [unmixed(token) for token in tokens]
    if len(folded) <= _CACHED_LENGTH:
        known = tables()
        tokens = [known.corrected(token) if len(token) >= SHORTEST_MISSPELT else token for token in tokens]
    if all(len(token) == 1 or not token[0].isalnum() for token in tokens):
        letters = [token for token in tokens if token[0].isalnum()]
        if len(letters) in _SPELLED_OUT:
            return ["".join(letters)]
    return tokens


def _clauses(tokens: Sequence[str]) -> Iterator[_Clause]:
    words: list[str] = []
    for token in tokens:
        if token[0].isalnum():
            words.append(token)
        elif words:
            yield _Clause(words, _MARKS.get(token[0], ","))
            words = []
    if words:
        yield _Clause(words, "")


def _bare(words: list[str]) -> tuple[list[str], str]:
    """Takes greeting and courtesy off both ends; returns what is left, and the language that the courtesy tells."""
    known = tables()
    if words and words[0] in known.greetings:
        rest = [word for word in words if word not in known.greetings]
        # "hi Ada" is all greeting, "hi stop" is not.
        words = rest if len(rest) > 2 or " ".join(rest) in known.keywords else []
    start, end, languages = 0, len(words), set[str]()
    while taken := _courtesy(words, start, end, from_end=False):
        languages |= known.courtesy[" ".join(words[start : start + taken])]
        start += taken
    while taken := _courtesy(words, start, end, from_end=True):
        languages |= known.courtesy[" ".join(words[end - taken : end])]
        end -= taken
    return words[start:end], languages.pop() if len(languages) == 1 else ""


def _courtesy(words: list[str], start: int, end: int, *, from_end: bool) -> int:
    """Returns how many words of courtesy stand at one end, the longest entry first."""
    known = tables()
    for length in range(min(known.courtesy_length, end - start), 0, -1):
        piece = words[end - length : end] if from_end else words[start : start + length]
        if " ".join(piece) in known.courtesy:
            return length
    return 0


def _unnumbered(words: list[str]) -> list[str]:
    """Takes off the short code to which a keyword was sent: `STOP au 36180`."""
    if len(words) < 2 or not _SHORT_CODE.fullmatch(words[-1]):
        return words
    return words[: -2 if len(words) > 2 and words[-2] in _TO else -1]


def _once(words: list[str]) -> str:
    """Returns the words as one key; STOP STOP STOP is STOP."""
    return words[0] if len(set(words)) == 1 else " ".join(words)


def _whole_message(clauses: list[_Clause], texting: bool) -> Opt:
    every = _once([word for clause in clauses for word in clause.words])
    alone = tables().alone.get(every)
    if alone:
        kind, language = alone
        if kind == "start":
            return Opt(OptKind.START, language) if texting else Opt()
        return Opt(OptKind.STOP if texting and clauses[-1].mark != "?" else OptKind.UNSURE, language)
    keywords = tables().keywords
    asked: list[tuple[OptKind, str, int]] = []
    others: list[int] = []
    for at, clause in enumerate(clauses):
        words, manners = _bare(clause.words)
        found = keywords.get(_once(clause.words)) or (keywords.get(_once(_unnumbered(words))) if words else None)
        if found and (clause.mark != ":" or at == len(clauses) - 1):
            asked.append((OptKind(found[0]), found[1] or manners, at))
        elif words and not (len(words) == 1 and words[0] in tables().answers):
            others.append(at)
    return _weigh(clauses, asked, others, texting) if asked else Opt()


def _weigh(clauses: list[_Clause], asked: list[tuple[OptKind, str, int]], others: list[int], texting: bool) -> Opt:
    kinds = {kind for kind, _, _ in asked}
    language = next((language for _, language, _ in asked if language), "")
    if OptKind.STOP not in kinds:
        plain = not others and len(kinds) == 1 and texting
        questioned = OptKind.START in kinds and any(clause.mark == "?" for clause in clauses)
        return Opt(asked[0][0], language) if plain and not questioned else Opt()
    stops = [at for kind, _, at in asked if kind is OptKind.STOP]
    if OptKind.START in kinds or any(clauses[at].mark == "?" for at in stops):
        return Opt(OptKind.UNSURE, language)
    named = sum(len(clauses[at].words) for at in others) <= 3
    if not others or (named and stops[0] < others[0] and clauses[stops[0]].mark in (".", "\n")):
        return Opt(OptKind.STOP, language)
    at_edge = stops[0] <= min(others) or stops[-1] >= max(others)
    return Opt(OptKind.UNSURE, language) if at_edge else Opt()


def _sentences(clauses: list[_Clause]) -> Iterator[list[_Clause]]:
    """Yields each sentence as its clauses; a line's end parts clauses only, as people wrap lines anywhere."""
    sentence: list[_Clause] = []
    for clause in clauses:
        sentence.append(clause)
        if clause.mark in (".", "?"):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _phrase(clauses: list[_Clause]) -> Opt:
    best = Opt()
    for sentence in _sentences(clauses):
        every = [word for clause in sentence for word in clause.words]
        if not may_stand_among(set(every)):
            continue
        pieces = [clause.words for clause in sentence]
        if any(clause.mark == "\n" for clause in sentence[:-1]):
            pieces.append(every)
        for words in pieces:
            found = _in_clause(words, every)
            if found.kind is OptKind.STOP:
                return found
            best = best or found
    return best


def _in_clause(words: list[str], sentence: list[str]) -> Opt:
    best, at, grammars = Opt(), 0, tables().grammars
    while at < len(words):
        end = at + 1
        for phrase in phrases_opening_with(words[at]):
            reached = phrase.match(words, at, len(words), grammars[phrase.language].tails)
            if reached < 0 or (phrase.from_start and _bare(words[:at])[0]):
                continue
            if phrase.verdict == "none":
                end = reached
                break
            before = words[max(0, at - 3) : at] if words[at] not in grammars[phrase.language].negators else []
            found = _in_context(phrase, before, sentence)
            if found.kind is OptKind.STOP:
                return found
            best = best or found
        at = end
    return best


def _in_context(phrase: Phrase, before: list[str], sentence: list[str]) -> Opt:
    """Weighs a phrase by what stands around it: a negation, a question, a narrower matter."""
    grammar = tables().grammars[phrase.language]
    opening = _bare(sentence[:12])[0]
    if any(tuple(opening[: len(head)]) == head for head in grammar.asking):
        return Opt()
    if not grammar.negators.isdisjoint(before):
        return Opt()
    if phrase.verdict == "unsure":
        return Opt(OptKind.UNSURE, phrase.language)
    doubtful = bool(opening and opening[0] in grammar.wondering) or not grammar.narrowed.isdisjoint(sentence)
    return Opt(OptKind.UNSURE if doubtful else OptKind.STOP, phrase.language)
