"""What a sequence's definition may say: read from JSON with every rule checked, and written back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import time
from typing import Any
from urllib.parse import urlsplit

from hub.model.campaign import LATE, LEAST_LATE, MOST_LATE
from hub.model.clean import clean_text
from hub.model.errors import Refused
from hub.model.habits import read_best_hours, read_best_of
from hub.model.sequence import (
    Asks,
    Branch,
    End,
    Entry,
    Send,
    Sequence,
    Step,
    Task,
    Trigger,
    Wait,
    WaitReply,
    Webhook,
    fact_condition,
)

MOST_STEPS = 60
# A year: whoever waits longer is met by a reminder or a campaign.
LONGEST_WAIT = 366 * 1440
TESTS = ("equal", "contains", "at_least", "at_most", "known", "unknown")
_STEPS = (Send, Wait, WaitReply, Branch, Task, Webhook, End)
KINDS = tuple(kind.kind for kind in _STEPS)
_PARTS = {kind.kind: {"kind", *kind.__dataclass_fields__} for kind in _STEPS}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?\Z")


def read_sequence(definition: Mapping[str, Any]) -> Sequence:
    """Reads a definition; every way must lead somewhere, and none in a circle. Raises Refused naming the field.

    Steps come in the order in which customers meet them, for a database need not keep that of a JSON object.
    """
    _only(definition, Sequence.__dataclass_fields__, "")
    steps = definition.get("steps")
    if not isinstance(steps, Mapping) or not 1 <= len(steps) <= MOST_STEPS:
        raise Refused(f"A sequence has 1 to {MOST_STEPS} steps.", field="steps")
    title = " ".join(str(definition.get("title", "")).split())
    if not 1 <= len(title) <= 200:
        raise Refused("A sequence needs a title of at most 200 letters.", field="title")
    late = (LEAST_LATE, MOST_LATE)
    sequence = Sequence(
        title=title,
        entry=_entry(definition.get("entry")),
        late_minutes=_number(definition, "late_minutes", LATE, late, "Too late is between {} and {} minutes.", ""),
        leaves_at_reply=_flag(definition, "leaves_at_reply"),
        start=str(definition.get("start", "")),
        steps={str(name): _step(str(name), given) for name, given in steps.items()},
    )
    return replace(sequence, steps={name: sequence.steps[name] for name in _check_ways(sequence)})


def sequence_as_json(sequence: Sequence) -> dict[str, Any]:
    """Returns the definition as it is stored: what is as it would be anyway is left out."""
    entry = sequence.entry
    return {
        "title": sequence.title,
        "entry": {
            "on": entry.on.value,
            **({"form": entry.form} if entry.form else {}),
            **({"days": entry.days} if entry.on is Trigger.NO_REPLY else {}),
            **({"minutes": entry.minutes} if entry.on is Trigger.CART else {}),
            **({"segment": entry.segment} if entry.segment else {}),
            **({"again_days": entry.again_days} if entry.again_days is not None else {}),
        },
        "late_minutes": sequence.late_minutes,
        "leaves_at_reply": sequence.leaves_at_reply,
        "start": sequence.start,
        "steps": {name: _step_as_json(step) for name, step in sequence.steps.items()},
    }


def _entry(given: Any) -> Entry:
    if not isinstance(given, Mapping) or given.get("on") not in set(Trigger):
        raise Refused(f"Say what lets a customer in: {', '.join(Trigger)}.", field="entry.on")
    _only(given, Entry.__dataclass_fields__, "entry")
    on = Trigger(given["on"])
    again = given.get("again_days")
    if again is not None:
        again = _number(given, "again_days", 0, (0, 3660), "Again after {} to {} days.", "entry")
    entry = Entry(
        on=on,
        form=_words(given, "form", "entry") if on is Trigger.FORM else "",
        days=_number(given, "days", 3, (1, 366), "Without a reply for {} to {} days.", "entry"),
        minutes=_number(given, "minutes", 60, (10, 10_080), "A cart is left after {} to {} minutes.", "entry"),
        segment=_words(given, "segment", "entry"),
        again_days=again,
    )
    if on is Trigger.SEGMENT and not entry.segment:
        raise Refused("Say which segment.", field="entry.segment")
    return entry


def _step(name: str, given: Any) -> Step:
    where = f"steps.{name}"
    if not _NAME.match(name):
        raise Refused(f"{name!r} cannot be the name of a step.", field=where, next_step="Write it as first_mail.")
    kind = given.get("kind") if isinstance(given, Mapping) else None
    if kind not in KINDS:
        raise Refused(
            f"{kind!r} is no kind of step; this hub knows {', '.join(KINDS)}.",
            field=f"{where}.kind",
        )
    _only(given, _PARTS[kind], where)
    onward = str(given.get("next", ""))
    match kind:
        case Send.kind:
            named = {part: _needed(given, part, where) for part in ("template", "channel")}
            return Send(
                **named,
                best_hours=read_best_hours(given.get("best_hours"), f"{where}.best_hours"),
                best_of=read_best_of(given.get("best_of"), named["channel"], f"{where}.best_of"),
                next=onward,
            )
        case Wait.kind:
            at = str(given.get("at") or "")
            if at and not _TIME.match(at):
                raise Refused(
                    f"{at[:20]!r} is no time of the day.", field=f"{where}.at", next_step="Write it as 09:30."
                )
            least = 0 if at else 1
            return Wait(minutes=_minutes(given, where, least), at=time.fromisoformat(at) if at else None, next=onward)
        case WaitReply.kind:
            ways = {way: str(given.get(way, "")) for way in ("replied", "silent")}
            return WaitReply(minutes=_minutes(given, where, 1), **ways)
        case Branch.kind:
            return _branch(given, where)
        case Task.kind:
            days = _number(given, "days", 1, (0, 366), "A task is due in {} to {} days.", where)
            return Task(title=_needed(given, "title", where), days=days, next=onward)
        case Webhook.kind:
            return Webhook(url=_url(given, where), next=onward)
    return End()


def _branch(given: Mapping[str, Any], where: str) -> Branch:
    if given.get("asks") not in set(Asks):
        raise Refused(f"A branch looks at one of: {', '.join(Asks)}.", field=f"{where}.asks")
    asks, test = Asks(given["asks"]), str(given.get("test", "equal"))
    name = "" if asks is Asks.REPLY else _needed(given, "name", where)
    value = str(given.get("value", "")).strip()[:200]
    compares = asks in (Asks.FACT, Asks.ANSWER)
    if compares and test not in TESTS:
        raise Refused(f"{test[:20]!r} is none of {', '.join(TESTS)}.", field=f"{where}.test")
    if asks is Asks.FACT:
        try:
            fact_condition(name, test, value)
        except Refused as refused:
            raise Refused(refused.message, field=f"{where}.value", next_step=refused.next_step) from refused
    if asks is Asks.ANSWER and test in ("at_least", "at_most") and not _NUMBER.match(value):
        raise Refused(f"{value[:40]!r} is no number.", field=f"{where}.value")
    ways = {way: str(given.get(way, "")) for way in ("yes", "no")}
    return Branch(asks=asks, name=name, test=test if compares else "equal", value=value if compares else "", **ways)


def _check_ways(sequence: Sequence) -> Iterable[str]:
    """Checks that every way leads to a step and none in a circle, and that every step is met; returns them in order."""
    if sequence.start not in sequence.steps:
        raise Refused(f"The sequence starts with {sequence.start!r}, which is no step of it.", field="start")
    for name, step in sequence.steps.items():
        for way, there in step.ways.items():
            if not there:
                raise Refused(f"{name} does not say where it leads ({way}).", field=f"steps.{name}.{way}")
            if there not in sequence.steps:
                raise Refused(f"{name} leads to {there!r}, which is no step.", field=f"steps.{name}.{way}")
    met: dict[str, None] = {}
    _walk(sequence, sequence.start, (), met)
    for name in sequence.steps:
        if name not in met:
            raise Refused(
                f"No way leads to {name}.", field=f"steps.{name}", next_step="Lead some step there, or remove it."
            )
    return met


def _walk(sequence: Sequence, name: str, behind: tuple[str, ...], met: dict[str, None]) -> None:
    if name in behind:
        raise Refused(f"The sequence goes in a circle at {name}.", field=f"steps.{behind[-1]}")
    if name not in met:
        met[name] = None
        for there in sequence.steps[name].ways.values():
            _walk(sequence, there, (*behind, name), met)


def _step_as_json(step: Step) -> dict[str, Any]:
    match step:
        case Send():
            kept: dict[str, Any] = {"template": step.template, "channel": step.channel}
            kept |= {"best_hours": step.best_hours.as_json()} if step.best_hours else {}
            kept |= {"best_of": list(step.best_of)} if step.best_of else {}
        case Wait():
            kept = {"minutes": step.minutes, **({"at": f"{step.at:%H:%M}"} if step.at else {})}
        case WaitReply():
            kept = {"minutes": step.minutes}
        case Branch():
            compared = {"test": step.test, "value": step.value} if step.asks in (Asks.FACT, Asks.ANSWER) else {}
            kept = {"asks": step.asks.value, **({"name": step.name} if step.name else {}), **compared}
        case Task():
            kept = {"title": step.title, "days": step.days}
        case Webhook():
            kept = {"url": step.url}
        case End():
            kept = {}
    return {"kind": step.kind, **kept, **step.ways}


def _only(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    if unknown := sorted(str(each) for each in set(given) - set(known)):
        raise Refused(f"A sequence knows no {unknown[0][:40]!r} here.", field=f"{where}.{unknown[0][:40]}".lstrip("."))


def _words(given: Mapping[str, Any], name: str, where: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > 200:
        raise Refused(f"{name} is a text of at most 200 letters.", field=f"{where}.{name}")
    return " ".join(clean_text(value).split())


_MISSING = {
    "template": ("This message has no template.", "Choose what it says."),
    "channel": ("This message has no channel.", "Choose how it goes out."),
    "title": ("This task does not say what is to be done.", "Write it in a few words."),
    "name": ("This fork does not say what it asks about.", "Name the segment, the fact or the question."),
}


def _needed(given: Mapping[str, Any], name: str, where: str) -> str:
    if not (found := _words(given, name, where)):
        message, next_step = _MISSING[name]
        raise Refused(message, field=f"{where}.{name}", next_step=next_step)
    return found


def _minutes(given: Mapping[str, Any], where: str, least: int) -> int:
    return _number(given, "minutes", 0, (least, LONGEST_WAIT), "A pause lasts {} to {} minutes.", where)


def _number(given: Mapping[str, Any], name: str, default: int, span: tuple[int, int], says: str, where: str) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not span[0] <= value <= span[1]:
        raise Refused(says.format(*span), field=f"{where}.{name}".lstrip("."))
    return value


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Refused(f"{name} is true or false.", field=name)
    return value


def _url(given: Mapping[str, Any], where: str) -> str:
    url = str(given.get("url", "")).strip()
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "." not in parts.hostname or parts.username or len(url) > 500:
        raise Refused(
            "A webhook goes to an https address of another system.",
            field=f"{where}.url",
            next_step="Write it as https://shop.example.com/hub.",
        )
    return url
