"""A call flow while staff edits it: its definition as fields of a page, and back; what it says is checked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.model.call_flow_definition import KINDS, LONGEST_MESSAGE, MOST_STEPS
from hub.model.opening_hours import WEEKDAYS
from hub.web.pages.fields import Form as Posted
from hub.web.pages.fields import text_of

Draft = dict[str, Any]
# Which ways lead on from a step of each kind.
WAYS: Mapping[str, Sequence[str]] = {
    "say": ("next",),
    "hours": ("open", "closed", "holiday"),
    "menu": ("next",),
    "languages": ("next",),
    "ring": ("next",),
    "queue": ("next",),
    "voicemail": ("next",),
    "hangup": (),
}
DIGITS = (*"1234567890", "*", "#")
_USUAL = ["09:00-17:00"]
_USUALLY: Mapping[str, Mapping[str, Any]] = {"voicemail": {"announced": True}, "queue": {"position": True}}
_MOST_LANGUAGES = 20


def draft_of(definition: Mapping[str, Any]) -> Draft:
    """Returns a definition as a draft: its steps as a list, each with its name."""
    steps = [{"name": name, **step} for name, step in definition.get("steps", {}).items()]
    return {"time_zone": "", "voices": {}, **definition, "steps": steps}


def new_draft(language: str) -> Draft:
    """Returns what a new flow begins as: by the clock, a welcome or that nobody is there, then a message."""
    return draft_of(
        {
            "title": "",
            "languages": [language],
            "start": "opening_hours",
            "steps": {
                "opening_hours": {
                    "kind": "hours",
                    "week": dict.fromkeys(WEEKDAYS[:5], _USUAL),
                    "open": "welcome",
                    "closed": "closed",
                },
                "welcome": {"kind": "say", "words": {}, "next": "message"},
                "closed": {"kind": "say", "words": {}, "next": "message"},
                "message": {"kind": "voicemail", "max_seconds": 120, "announced": True},
            },
        }
    )


def posted_draft(posted: Posted) -> Draft:
    """Returns the draft that a page sent, without the steps that are to go and with the one that is to come."""
    languages = _split(text_of(posted, "languages"))[:_MOST_LANGUAGES] or ["en"]
    numbers = range(min(_number(text_of(posted, "steps"), 0), MOST_STEPS))
    steps = [_step(posted, f"s{n}", languages) for n in numbers if not text_of(posted, f"s{n}.remove")]
    if text_of(posted, "act") == "add" and (kind := text_of(posted, "new_kind")) in KINDS:
        names = {step["name"] for step in steps}
        name = next(name for n in range(1, MOST_STEPS + 2) if (name := f"{kind}_{n}") not in names)
        steps.append({"name": name, "kind": kind, **_USUALLY.get(kind, {})})
    return {
        "title": text_of(posted, "title").strip(),
        "languages": languages,
        "time_zone": text_of(posted, "time_zone").strip(),
        "voices": _words(posted, "voice", languages),
        "start": text_of(posted, "start"),
        "steps": steps,
    }


def definition_of(draft: Draft) -> dict[str, Any]:
    """Returns the definition that a draft means. Of two steps of one name, the first goes under a name of no step."""
    steps: dict[str, Any] = {}
    for step in draft["steps"]:
        name = step["name"] if step["name"] not in steps else f"{step['name']} (2)"
        steps[name] = {part: value for part, value in step.items() if part != "name"}
    return {**draft, "steps": steps}


def days_text(days: Mapping[str, Sequence[str]]) -> str:
    """Returns dates with their hours, one a line."""
    return "\n".join(" ".join([day, ", ".join(spans)]).strip() for day, spans in days.items())


def _step(posted: Posted, at: str, languages: Sequence[str]) -> dict[str, Any]:
    kind = text_of(posted, f"{at}.kind")
    step: dict[str, Any] = {"name": text_of(posted, f"{at}.name").strip(), "kind": kind}
    match kind:
        case "say":
            step |= _heard(posted, at, languages)
        case "menu" | "languages":
            step |= _heard(posted, at, languages)
            step["digits"] = {key: there for key in DIGITS if (there := text_of(posted, f"{at}.digits.{key}"))}
            step["seconds"] = _number(text_of(posted, f"{at}.seconds"), 5)
            step |= {"rounds": _number(text_of(posted, f"{at}.rounds"), 2)} if kind == "menu" else {}
        case "ring":
            step["roster"] = text_of(posted, f"{at}.roster")
            step["seconds"] = _number(text_of(posted, f"{at}.seconds"), 20)
            step |= {name: bool(text_of(posted, f"{at}.{name}")) for name in ("together", "record")}
        case "queue":
            step |= {name: text_of(posted, f"{at}.{name}") for name in ("roster", "music")}
            step["seconds"] = _number(text_of(posted, f"{at}.seconds"), 20)
            step["longest"] = _number(text_of(posted, f"{at}.longest"), 300)
            step |= {name: bool(text_of(posted, f"{at}.{name}")) for name in ("together", "position", "record")}
            step["digits"] = {key: there for key in DIGITS if (there := text_of(posted, f"{at}.digits.{key}"))}
        case "hours":
            step["week"] = {day: _split(text_of(posted, f"{at}.{day}"), ",") for day in WEEKDAYS}
            lines = text_of(posted, f"{at}.days").split("\n")
            parted = [line.strip().partition(" ") for line in lines if line.strip()]
            step["days"] = {day: _split(spans, ",") for day, _space, spans in parted}
        case "voicemail":
            step["max_seconds"] = _number(text_of(posted, f"{at}.max_seconds"), LONGEST_MESSAGE + 1)
            step |= {name: bool(text_of(posted, f"{at}.{name}")) for name in ("transcribe", "announced")}
    return {**step, **{way: text_of(posted, f"{at}.{way}") for way in WAYS.get(kind, ())}}


def _heard(posted: Posted, at: str, languages: Sequence[str]) -> dict[str, Any]:
    """Returns the words of a step, and the recordings that are played instead."""
    sounds = _words(posted, f"{at}.sounds", languages)
    return {"words": _words(posted, f"{at}.words", languages), **({"sounds": sounds} if sounds else {})}


def _words(posted: Posted, name: str, languages: Sequence[str]) -> dict[str, str]:
    return {language: words for language in languages if (words := text_of(posted, f"{name}.{language}").strip())}


def _split(written: str, mark: str = "") -> list[str]:
    parts = written.split(mark) if mark else written.replace(",", " ").split()
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _number(written: str, fallback: int) -> int:
    written = written.strip()[:9]
    return int(written) if written.isascii() and written.isdecimal() else fallback
