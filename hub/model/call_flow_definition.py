"""What a call flow's definition may say: read from JSON with every rule checked, and written back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hub.model.call_flow import (
    CallFlow,
    Hangup,
    Hours,
    Languages,
    Menu,
    Queue,
    Ring,
    Say,
    Step,
    Voicemail,
)
from hub.model.call_flow_choices import (
    choice_as_json,
    read_languages,
    read_menu,
    read_queue,
    read_ring,
    sounds_as_json,
)
from hub.model.call_flow_fields import by_language, flag, listed, number, only, played, spoken
from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.opening_hours import hours_as_json, read_opening_hours

MOST_STEPS = 60
LONGEST_MESSAGE = 3_600
_STEPS = (Say, Hours, Menu, Languages, Ring, Queue, Voicemail, Hangup)
KINDS = tuple(kind.kind for kind in _STEPS)
_PARTS = {kind.kind: {"kind", *kind.__dataclass_fields__} for kind in _STEPS}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?\Z")
_VOICE = re.compile(r"[A-Za-z0-9._-]{1,80}\Z")


def read_call_flow(definition: Mapping[str, Any]) -> CallFlow:
    """Reads a definition and checks that every way leads somewhere. Raises Refused naming the field.

    Steps come in the order in which callers meet them, for a database need not keep that of a JSON object.
    """
    only(definition, CallFlow.__dataclass_fields__, "")
    languages = tuple(map(str, listed(definition, "languages", "")))
    if not languages or any(not _LANGUAGE.match(each) for each in languages) or len(set(languages)) < len(languages):
        raise Refused("A call flow needs its languages, each once, as en or pt-BR.", field="languages")
    steps = definition.get("steps")
    if not isinstance(steps, Mapping) or not 1 <= len(steps) <= MOST_STEPS:
        raise Refused(f"A call flow has 1 to {MOST_STEPS} steps.", field="steps")
    title = " ".join(str(definition.get("title", "")).split())
    if not 1 <= len(title) <= 200:
        raise Refused("A call flow needs a title of at most 200 letters.", field="title")
    time_zone = str(definition.get("time_zone", ""))
    if time_zone:
        zone(time_zone)
    voices = by_language(definition.get("voices") or {}, languages, "voices")
    if any(not _VOICE.match(each) for each in voices.values()):
        raise Refused("A voice is named as Polly.Joanna-Neural.", field="voices")
    flow = CallFlow(
        title=title,
        languages=languages,
        time_zone=time_zone,
        voices=voices,
        start=str(definition.get("start", "")),
        steps={str(name): _step(str(name), given, languages) for name, given in steps.items()},
    )
    return replace(flow, steps={name: flow.steps[name] for name in _check_ways(flow)})


def call_flow_as_json(flow: CallFlow) -> dict[str, Any]:
    """Returns the definition as it is stored: what is as it would be anyway is left out."""
    return {
        "title": flow.title,
        "languages": list(flow.languages),
        **({"time_zone": flow.time_zone} if flow.time_zone else {}),
        **({"voices": dict(flow.voices)} if flow.voices else {}),
        "start": flow.start,
        "steps": {name: _step_as_json(step) for name, step in flow.steps.items()},
    }


def _step(name: str, given: Any, languages: tuple[str, ...]) -> Step:
    where = f"steps.{name}"
    if not _NAME.match(name):
        raise Refused(f"{name!r} cannot be the name of a step.", field=where, next_step="Write it as opening_hours.")
    kind = given.get("kind") if isinstance(given, Mapping) else None
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise Refused(f"{kind!r} is no kind of step; this hub knows {known}.", field=f"{where}.kind")
    only(given, _PARTS[kind], where)
    match kind:
        case Say.kind:
            sounds = played(given, languages, where)
            return Say(words=spoken(given, languages, where), sounds=sounds, next=str(given.get("next", "")))
        case Hours.kind:
            return _hours(given, where)
        case Menu.kind:
            return read_menu(given, languages, where)
        case Languages.kind:
            return read_languages(given, languages, where)
        case Ring.kind:
            return read_ring(given, where)
        case Queue.kind:
            return read_queue(given, where)
        case Voicemail.kind:
            return Voicemail(
                max_seconds=number(
                    given, "max_seconds", 120, (1, LONGEST_MESSAGE), "A message lasts {} to {} seconds.", where
                ),
                transcribe=flag(given, "transcribe", False, where),
                announced=flag(given, "announced", True, where),
                next=str(given.get("next", "")),
            )
    return Hangup()


def _hours(given: Mapping[str, Any], where: str) -> Hours:
    hours = read_opening_hours(given, where)
    ways = {way: str(given.get(way, "")) for way in ("open", "closed", "holiday")}
    return Hours(week=hours.week, days=hours.days, **ways)


def _check_ways(flow: CallFlow) -> Iterable[str]:
    """Checks that every way leads to a step, none in a circle, every step is met, and no recording goes unannounced.

    Returns the names of the steps as they are met.
    """
    if flow.start not in flow.steps:
        raise Refused(f"The flow starts with {flow.start!r}, which is no step of it.", field="start")
    before: dict[str, list[str]] = {name: [] for name in flow.steps}
    for name, step in flow.steps.items():
        for way in ("open", "closed") if isinstance(step, Hours) else ():
            if not step.ways[way]:
                raise Refused(f"{name} does not say where it leads when {way}.", field=f"steps.{name}.{way}")
        for way, there in step.ways.items():
            if there not in flow.steps:
                raise Refused(f"{name} leads to {there!r}, which is no step.", field=f"steps.{name}.{way}")
            before[there].append(name)
    met: dict[str, None] = {}
    _walk(flow, flow.start, (), met)
    for name, step in flow.steps.items():
        if name not in met:
            raise Refused(
                f"No way leads to {name}.", field=f"steps.{name}", next_step="Lead some step there, or remove it."
            )
        said = before[name] and name != flow.start and all(isinstance(flow.steps[each], Say) for each in before[name])
        if isinstance(step, Voicemail) and not step.announced and not said:
            raise Refused(
                f"{name} would record without a word about it.",
                field=f"steps.{name}.announced",
                next_step="Let the hub announce it, or lead there only from words that say so.",
            )
    return met


def _walk(flow: CallFlow, name: str, behind: tuple[str, ...], met: dict[str, None]) -> None:
    if name in behind:
        raise Refused(f"The flow goes in a circle at {name}.", field=f"steps.{behind[-1]}")
    if name not in met:
        met[name] = None
        for there in flow.steps[name].ways.values():
            _walk(flow, there, (*behind, name), met)


def _step_as_json(step: Step) -> dict[str, Any]:
    match step:
        case Say():
            kept: dict[str, Any] = {"words": dict(step.words), **sounds_as_json(step.sounds)}
        case Hours():
            kept = hours_as_json(step.week, step.days)
        case Voicemail():
            kept = {"max_seconds": step.max_seconds, "transcribe": step.transcribe, "announced": step.announced}
        case Menu() | Languages() | Ring() | Queue():
            kept = choice_as_json(step)
        case Hangup():
            kept = {}
    ways = {way: there for way, there in step.ways.items() if way not in kept.get("digits", {})}
    return {"kind": step.kind, **kept, **ways}
