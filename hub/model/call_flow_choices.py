"""Steps of a call flow that ask the caller or ring staff: what their definitions may say, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.model.call_flow import Languages, Menu, Queue, Ring
from hub.model.call_flow_fields import SOUND, flag, number, played, spoken
from hub.model.errors import Refused
from hub.model.roster import NAME

_KEYS = frozenset("0123456789*#")
MOST_ROUNDS = 5
LONGEST_WAIT = 30
# https://www.twilio.com/docs/voice/twiml/dial#timeout: 5 to 600 seconds; a network's own voicemail answers after 25.
RINGING = (5, 120)
# How long somebody may be kept waiting.
WAITING = (30, 3_600)


def read_menu(given: Mapping[str, Any], languages: tuple[str, ...], where: str) -> Menu:
    """Reads a menu. Raises Refused naming the field."""
    return Menu(
        words=spoken(given, languages, where),
        sounds=played(given, languages, where),
        digits=_digits(given, where),
        rounds=number(given, "rounds", 2, (1, MOST_ROUNDS), "A menu is said {} to {} times.", where),
        seconds=_wait(given, where),
        next=str(given.get("next", "")),
    )


def read_languages(given: Mapping[str, Any], languages: tuple[str, ...], where: str) -> Languages:
    """Reads the choice of a language. Raises Refused naming the field."""
    digits = _digits(given, where)
    if not set(digits.values()) <= set(languages):
        raise Refused(f"A digit stands for a language of the flow: {', '.join(languages)}.", field=f"{where}.digits")
    if not given.get("next"):
        raise Refused("The choice of a language must lead on.", field=f"{where}.next")
    said = spoken(given, languages, where)
    sounds = played(given, languages, where)
    return Languages(words=said, sounds=sounds, digits=digits, seconds=_wait(given, where), next=str(given["next"]))


def read_ring(given: Mapping[str, Any], where: str) -> Ring:
    """Reads whom to ring. Raises Refused naming the field."""
    roster = str(given.get("roster", ""))
    if not NAME.match(roster):
        raise Refused("Say which on-call roster is rung.", field=f"{where}.roster")
    return Ring(
        roster=roster,
        seconds=number(given, "seconds", 20, RINGING, "A phone rings {} to {} seconds.", where),
        together=flag(given, "together", False, where),
        record=flag(given, "record", False, where),
        next=str(given.get("next", "")),
    )


def read_queue(given: Mapping[str, Any], where: str) -> Queue:
    """Reads where a caller waits. Raises Refused naming the field."""
    ring = read_ring(given, where)
    music = str(given.get("music", ""))
    if music and not SOUND.match(music):
        raise Refused("Music is the name of a recording.", field=f"{where}.music")
    return Queue(
        roster=ring.roster,
        seconds=ring.seconds,
        together=ring.together,
        longest=number(given, "longest", 300, WAITING, "A caller waits {} to {} seconds.", where),
        position=flag(given, "position", True, where),
        music=music,
        record=ring.record,
        digits=_digits(given, where) if given.get("digits") else {},
        next=ring.next,
    )


def choice_as_json(step: Menu | Languages | Ring | Queue) -> dict[str, Any]:
    """Returns what a step says besides its kind and its ways."""
    match step:
        case Menu():
            return {
                "words": dict(step.words),
                **sounds_as_json(step.sounds),
                "digits": dict(step.digits),
                "rounds": step.rounds,
                "seconds": step.seconds,
            }
        case Languages():
            sounds = sounds_as_json(step.sounds)
            return {"words": dict(step.words), **sounds, "digits": dict(step.digits), "seconds": step.seconds}
        case Ring():
            return {
                "roster": step.roster,
                "seconds": step.seconds,
                "together": step.together,
                "record": step.record,
            }
        case Queue():
            return {
                "roster": step.roster,
                "seconds": step.seconds,
                "together": step.together,
                "longest": step.longest,
                "position": step.position,
                **({"music": step.music} if step.music else {}),
                **({"record": True} if step.record else {}),
                **({"digits": dict(step.digits)} if step.digits else {}),
            }


def sounds_as_json(sounds: Mapping[str, str]) -> dict[str, Any]:
    """Returns what a step says of its recordings, nothing where it has none."""
    return {"sounds": dict(sounds)} if sounds else {}


def _wait(given: Mapping[str, Any], where: str) -> int:
    return number(given, "seconds", 5, (1, LONGEST_WAIT), "A menu waits {} to {} seconds for a key.", where)


def _digits(given: Mapping[str, Any], where: str) -> dict[str, str]:
    digits = given.get("digits") or {}
    if not isinstance(digits, Mapping) or not digits or not set(map(str, digits)) <= _KEYS:
        raise Refused(
            "The keys lead somewhere, each once: 0 to 9, * and #.", field=f"{where}.digits", next_step="As 1: opening."
        )
    return {str(key): str(there) for key, there in digits.items()}
