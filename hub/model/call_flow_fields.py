"""The fields of a call flow's definition, read one by one; what cannot be is refused with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.model.call_flow import Words
from hub.model.errors import Refused

# https://www.twilio.com/docs/voice/twiml/say: at most 4,096 characters are read out.
LONGEST_WORDS = 4_000
SOUND = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}\Z")


def by_language(given: Any, languages: tuple[str, ...], where: str) -> Words:
    """Returns words by language, without empty ones. Raises Refused for a language that the flow does not speak."""
    if not isinstance(given, Mapping) or not set(given) <= set(languages):
        raise Refused(f"These are given by language: {', '.join(languages)}.", field=where)
    said = {each: " ".join(str(given[each]).split()) for each in languages if each in given}
    if any(len(each) > LONGEST_WORDS for each in said.values()):
        raise Refused(f"These are longer than {LONGEST_WORDS} characters.", field=where)
    return {each: words for each, words in said.items() if words}


def spoken(given: Mapping[str, Any], languages: tuple[str, ...], where: str) -> Words:
    """Returns the words of a step, which its flow's first language must have; a bare text is in that language."""
    words = given.get("words") or {}
    words = {languages[0]: words} if isinstance(words, str) else words
    said = by_language(words, languages, f"{where}.words")
    if languages[0] not in said:
        raise Refused(f"The words are missing in {languages[0]}.", field=f"{where}.words")
    return said


def played(given: Mapping[str, Any], languages: tuple[str, ...], where: str) -> Words:
    """Returns the names of recordings that are played instead of a step's words, by language. Raises Refused."""
    sounds = by_language(given.get("sounds") or {}, languages, f"{where}.sounds")
    if any(not SOUND.match(name) for name in sounds.values()):
        raise Refused("A recording is named as it was uploaded.", field=f"{where}.sounds")
    return sounds


def only(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raises Refused for a field that nobody knows."""
    if unknown := sorted(set(given) - set(known)):
        raise Refused(f"A call flow knows no {unknown[0]!r} here.", field=f"{where}.{unknown[0]}".lstrip("."))


def listed(given: Mapping[str, Any], name: str, where: str) -> list[Any] | tuple[Any, ...]:
    """Returns a list, empty where it is left out. Raises Refused for anything else."""
    value = given.get(name, ())
    if not isinstance(value, list | tuple):
        raise Refused(f"{name} is a list.", field=f"{where}.{name}".lstrip("."))
    return value


def flag(given: Mapping[str, Any], name: str, default: bool, where: str) -> bool:
    """Returns true or false. Raises Refused for anything else."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise Refused(f"{name} is true or false.", field=f"{where}.{name}")
    return value


def number(given: Mapping[str, Any], name: str, default: int, span: tuple[int, int], says: str, where: str) -> int:
    """Returns a whole number from the first of `span` to its last. Raises Refused with what `says`."""
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not span[0] <= value <= span[1]:
        raise Refused(says.format(*span), field=f"{where}.{name}")
    return value
