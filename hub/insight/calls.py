"""Calls in one line: what their steps add up to, in whatever order they were learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MISSED = frozenset({"no-answer", "busy", "failed", "canceled"})
# Later steps of a call say more than earlier ones, whichever was learnt first.
_RANK = {"call.ringing": 0, "call.answered": 1, "call.ended": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSummary:
    """A call in one line, derived from its steps. `status` is the word of its end; `seconds` None = unknown.

    `taken_by`: the phone of staff that took it. `recording`: what the caller was told and chose, `recorded` or
    `unrecorded`; empty where nothing was to be recorded, `failed` where it was agreed to and could not be made.
    """

    status: str
    seconds: int | None
    voicemail: bool
    transcript: str
    taken_by: str = ""
    recording: str = ""

    @property
    def missed(self) -> bool:
        """Whether nobody spoke to the other side."""
        return self.status in _MISSED and not self.voicemail


def summary(steps: Sequence[Mapping[str, Any]]) -> CallSummary:
    """Sums a call up: its end decides, staff rung in vain were no answer, a recording may tell the length."""
    data: dict[str, list[Mapping[str, Any]]] = {}
    for step in sorted(steps, key=lambda step: (step["at"], step["key"])):
        data.setdefault(step["kind"], []).append(step["data"])
    told = max((kind for kind in data if kind in _RANK), key=lambda kind: _RANK[kind], default="")
    statuses = [step["status"] for step in data.get(told, ()) if step.get("status")]
    connected, voicemail = "call.connected" in data, any(step["data"].get("voicemail") for step in steps)
    status = statuses[-1] if statuses else ""
    asked_for_staff = "call.rung" in data or "call.queued" in data
    if told == "call.ended" and asked_for_staff and not connected and not voicemail and status == "completed":
        status = "no-answer"
    lengths = [
        max(found)
        for kind in ("call.ended", "call.recording")
        if (found := [step["duration"] for step in data.get(kind, ()) if "duration" in step])
    ]
    return CallSummary(
        status=status,
        seconds=lengths[0] if lengths else None,
        voicemail=voicemail,
        transcript="\n".join(step["text"] for step in data.get("call.transcript", ()) if step.get("text")),
        taken_by=next((step["answered_by"] for step in data.get("call.connected", ()) if step.get("answered_by")), ""),
        recording="failed"
        if "call.recording_not_begun" in data
        else next((each["status"] for each in reversed(data.get("call.announced", [])) if each.get("status")), ""),
    )
