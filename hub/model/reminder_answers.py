"""Answers to an appointment reminder: is a text, as a whole, a yes or a no? Anything more is for people to read.

The words of each language stand in `reminder_answers.toml`; a template may name more of its own, which go first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from hub.model.fold import fold
from hub.model.opt_tables import tables


class ReminderAnswer(StrEnum):
    """What somebody who was reminded of an appointment says to it."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"


# What is longer says more than yes or no.
LONGEST = 120
_APOSTROPHES = re.compile("['’‘ʼ＇`´]")
_TOKEN = re.compile(r"[^\W_]+|[👍👌✅✔☑🆗👎❌✖🚫?]")
_Words = Mapping[tuple[str, ...], ReminderAnswer]


def read_answer(text: str, own: Mapping[ReminderAnswer, str] | None = None) -> ReminderAnswer | None:
    """Tells whether a whole text says that somebody comes or does not; None for a question or anything else in it.

    Courtesy, greetings and repetitions change nothing ("Yes, I'll be there. Thank you!"); a text that says both is
    neither. `own`: a template's own words, as staff wrote them: entries with commas between.
    """
    if not text or len(text) > LONGEST:
        return None
    tokens = _tokens(text)
    if not tokens or "?" in tokens:
        return None
    asked = _own(own.get(ReminderAnswer.CONFIRMED, ""), own.get(ReminderAnswer.DECLINED, "")) if own else {}
    said: set[ReminderAnswer] = set()
    at = 0
    while at < len(tokens):
        entry = _longest(tokens[at:], (asked, _known()))
        if entry:
            said.add(asked.get(entry) or _known()[entry])
            at += len(entry)
        elif passed := _courtesy(tokens[at:]):
            at += passed
        else:
            return None
    return said.pop() if len(said) == 1 else None


def _tokens(text: str) -> tuple[str, ...]:
    folded = fold(_APOSTROPHES.sub("", text)).strip()
    sign_off = tables().sign_off.search(folded)
    return tuple(_TOKEN.findall(folded[: sign_off.start()] if sign_off else folded))


def _longest(tokens: tuple[str, ...], sources: Iterable[_Words]) -> tuple[str, ...]:
    for words in sources:
        for length in range(min(len(tokens), max(map(len, words), default=0)), 0, -1):
            if tokens[:length] in words:
                return tokens[:length]
    return ()


def _courtesy(tokens: tuple[str, ...]) -> int:
    known = tables()
    for length in range(min(len(tokens), known.courtesy_length), 0, -1):
        if " ".join(tokens[:length]) in known.courtesy:
            return length
    return int(tokens[0] in known.greetings)


def _entries(text: str, answer: ReminderAnswer) -> dict[tuple[str, ...], ReminderAnswer]:
    return {entry: answer for part in text.split(",") if (entry := _tokens(part))}


@cache
def _own(confirmed: str, declined: str) -> _Words:
    return _entries(confirmed, ReminderAnswer.CONFIRMED) | _entries(declined, ReminderAnswer.DECLINED)


@cache
def _known() -> _Words:
    source = tomllib.loads((files("hub.model") / "reminder_answers.toml").read_text(encoding="utf-8"))
    known: dict[tuple[str, ...], ReminderAnswer] = {}
    for answer in ReminderAnswer:
        for words in source[answer].values():
            known |= _entries(words, answer)
    return known
