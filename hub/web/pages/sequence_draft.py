"""A sequence while staff edits it: its definition as fields of a page, and back; what it says is checked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.model.campaign import LATE
from hub.model.sequence_definition import KINDS, MOST_STEPS
from hub.web.pages.fields import Form as Posted
from hub.web.pages.fields import text_of

Draft = dict[str, Any]
# Which ways lead on from a step of each kind.
WAYS: Mapping[str, Sequence[str]] = {
    "send": ("next",),
    "wait": ("next",),
    "wait_reply": ("replied", "silent"),
    "branch": ("yes", "no"),
    "task": ("next",),
    "webhook": ("next",),
    "end": (),
}
UNITS = {"days": 1440, "hours": 60, "minutes": 1}
_BEST = (8, 20)
_TEXTS = {
    "send": ("template", "channel"),
    "branch": ("asks", "asked", "test", "value"),
    "task": ("title",),
    "webhook": ("url",),
}


def draft_of(definition: Mapping[str, Any]) -> Draft:
    """Returns a definition as a draft: its steps as a list, each with its name, pauses in their largest unit."""
    # A branch has a name of its own, of what it asks: in a draft that is `asked`.
    steps = [{**step, "asked": step.get("name", ""), "name": name} for name, step in definition["steps"].items()]
    for step in steps:
        first, end = step.get("best_hours") or _BEST
        step |= {"best": bool(step.get("best_hours")), "best_from": first, "best_until": end}
        step["or_by"] = next(iter(step.get("best_of", ())), "")
        if "minutes" in step:
            step["unit"] = next(unit for unit, size in UNITS.items() if step["minutes"] % size == 0)
            step["amount"] = step["minutes"] // UNITS[step["unit"]]
    return {"late_minutes": LATE, "leaves_at_reply": False, **definition, "steps": steps}


def new_draft() -> Draft:
    """Returns what a new sequence begins as: a message, a pause for an answer, and a task where none comes."""
    return draft_of(
        {
            "title": "",
            "entry": {"on": "form_posted"},
            "start": "first_message",
            "steps": {
                "first_message": {"kind": "send", "template": "", "channel": "", "next": "answer"},
                "answer": {"kind": "wait_reply", "minutes": 3 * 1440, "replied": "end", "silent": "call"},
                "call": {"kind": "task", "title": "Call {name}", "days": 1},
                "end": {"kind": "end"},
            },
        }
    )


def posted_draft(posted: Posted) -> Draft:
    """Returns the draft that a page sent, without the steps that are to go and with the one that is to come."""
    numbers = range(min(_number(text_of(posted, "steps"), 0), MOST_STEPS))
    steps = [_step(posted, f"s{n}") for n in numbers if not text_of(posted, f"s{n}.remove")]
    if text_of(posted, "act") == "add" and (kind := text_of(posted, "new_kind")) in KINDS:
        names = {step["name"] for step in steps}
        name = next(name for n in range(1, MOST_STEPS + 2) if (name := f"{kind}_{n}") not in names)
        at = len(steps) - 1 if steps and steps[-1]["kind"] == "end" else len(steps)
        steps.insert(at, {"name": name, "kind": kind, "amount": 1, "unit": "days", "days": 1})
    again = text_of(posted, "entry.again_days").strip()
    entry: dict[str, Any] = {"on": text_of(posted, "entry.on"), "segment": text_of(posted, "entry.segment")}
    if entry["on"] == "form_posted":
        entry["form"] = text_of(posted, "entry.form")
    if entry["on"] == "cart_left":
        entry["minutes"] = _number(text_of(posted, "entry.minutes"), 0)
    if entry["on"] == "no_reply":
        entry["days"] = _number(text_of(posted, "entry.days"), 0)
    if again:
        entry["again_days"] = _number(again, -1)
    return {
        "title": text_of(posted, "title").strip(),
        "entry": entry,
        "late_minutes": _number(text_of(posted, "late_minutes"), 0),
        "leaves_at_reply": bool(text_of(posted, "leaves_at_reply")),
        "start": text_of(posted, "start"),
        "steps": steps,
    }


def definition_of(draft: Draft) -> dict[str, Any]:
    """Returns the definition that a draft means. Of two steps of one name, the first goes under a name of no step."""
    steps: dict[str, Any] = {}
    for step in draft["steps"]:
        name = step["name"] if step["name"] not in steps else f"{step['name']} (2)"
        steps[name] = _meant(step)
    return {**draft, "steps": steps}


def _meant(step: Mapping[str, Any]) -> dict[str, Any]:
    kind = step["kind"]
    known = {"kind", *WAYS.get(kind, ()), *_TEXTS.get(kind, ())}
    if kind in ("wait", "wait_reply"):
        known |= {"minutes", "at"} if kind == "wait" else {"minutes"}
    if kind == "task":
        known.add("days")
    if kind == "branch" and step.get("asks") not in ("fact", "answer"):
        known -= {"test", "value"}
    meant = _by_habits(step) if kind == "send" else {}
    meant |= {part: value for part, value in step.items() if part in known - {"asked"}}
    if kind == "branch" and step.get("asks") != "reply":
        meant["name"] = step.get("asked", "")
    return meant


def _by_habits(step: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a message says of the customer's habits: the hours of the best one, the other channel."""
    hours = {"best_hours": [step.get("best_from"), step.get("best_until")]} if step.get("best") else {}
    return {**hours, **({"best_of": [step["or_by"]]} if step.get("or_by") else {})}


def _step(posted: Posted, at: str) -> dict[str, Any]:
    kind = text_of(posted, f"{at}.kind")
    step: dict[str, Any] = {"name": text_of(posted, f"{at}.name").strip(), "kind": kind}
    step |= {part: text_of(posted, f"{at}.{part}").strip() for part in _TEXTS.get(kind, ())}
    if kind == "send":
        step |= {"best": bool(text_of(posted, f"{at}.best")), "or_by": text_of(posted, f"{at}.or_by").strip()}
        step |= {name: _number(text_of(posted, f"{at}.{name}"), -1) for name in ("best_from", "best_until")}
    if kind in ("wait", "wait_reply"):
        amount, unit = _number(text_of(posted, f"{at}.amount"), -1), text_of(posted, f"{at}.unit")
        step |= {"amount": amount, "unit": unit, "minutes": amount * UNITS.get(unit, 1)}
        step |= {"at": text_of(posted, f"{at}.at").strip()[:5]} if kind == "wait" else {}
    if kind == "task":
        step["days"] = _number(text_of(posted, f"{at}.days"), -1)
    return {**step, **{way: text_of(posted, f"{at}.{way}") for way in WAYS.get(kind, ())}}


def _number(written: str, fallback: int) -> int:
    written = written.strip()[:9]
    return int(written) if written.isascii() and written.isdecimal() else fallback
