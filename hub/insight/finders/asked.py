"""What finders are asked with and how they answer: a code, a place and what was seen make a problem with its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.model.problem import Problem, Severity
from hub.model.problem_codes import KNOWN, code_of, worded
from hub.model.problem_codes.entry import filled
from hub.store.problems import Found

_SAID_AT_MOST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What there is to look at, by the settings: the channels by what they do, and the hub's own address.

    `added`: names of those that are kept in the database; `watched`: of those that are read again and again; `called`:
    of live ones whose provider calls us.
    `running`: the hub runs, so that jobs should too. `backup_every`: how often it makes a backup by itself, if it does.
    `lists_hold`: for how long a do-not-call list may be asked. `storage_country`: where the hub stores, empty where
    nobody says; `kept_at_home`: the countries that want the data of their people there.
    """

    now: datetime
    channels: frozenset[str] = field(default_factory=frozenset)
    live: frozenset[str] = field(default_factory=frozenset)
    added: frozenset[str] = field(default_factory=frozenset)
    watched: frozenset[str] = field(default_factory=frozenset)
    called: frozenset[str] = field(default_factory=frozenset)
    public_url: str = ""
    key_print: str = ""
    running: bool = True
    backup_every: timedelta = timedelta()
    lists_hold: timedelta = timedelta()
    storage_country: str = ""
    kept_at_home: frozenset[str] = frozenset()


def found(
    code: str,
    place: str,
    *,
    severity: Severity | None = None,
    since: datetime | None = None,
    said: str = "",
    **seen: Any,
) -> Found:
    """Returns a known problem with its words; `said` is what a server or a fault said, without a customer's address.

    Raises KeyError.
    """
    known = KNOWN[code]
    values = {**seen, **({"said": said[:_SAID_AT_MOST]} if said else {})}
    words = worded(code, place, values)
    if words is None:
        raise KeyError(code)
    return Found(
        code=code,
        place=place,
        severity=severity or known.severity,
        message=words.message,
        cause=words.cause,
        mend=words.mend,
        action=_action(code, place, values),
        seen=values,
        since=since,
    )


def of_channel(problem: Problem, *, severity: Severity | None = None, since: datetime | None = None) -> Found:
    """Returns what an adapter says is wrong, in the registry's words where it has some, else in the adapter's own."""
    # What was never opened says in its message why not; else the cause is what the server answered.
    answer = problem.message if problem.code == "not_opened" else problem.cause or problem.message
    code = code_of(problem.code, answer, problem.provider_code)
    said = " ".join(part for part in (problem.provider_code, problem.message, problem.cause) if part)
    if code in KNOWN:
        return found(code, problem.where, severity=severity or _graver(problem, code), since=since, said=said)
    return Found(
        code=code,
        place=problem.where,
        severity=severity or problem.severity,
        message=problem.message,
        cause=problem.cause,
        mend=problem.mend,
        since=since,
    )


def minutes(span: timedelta) -> int:
    """Returns a span in whole minutes."""
    return int(span.total_seconds() // 60)


def _graver(problem: Problem, code: str) -> Severity:
    """An adapter's notice stays one; else the registry knows better how grave a thing is."""
    return Severity.NOTICE if problem.severity is Severity.NOTICE else KNOWN[code].severity


def _action(code: str, place: str, seen: Mapping[str, Any]) -> dict[str, Any] | None:
    act = KNOWN[code].act
    if act is None:
        return None
    return {
        "label": act.label,
        "path": filled(act.path, place, seen),
        "command": filled(act.command, place, seen),
        "posts": act.posts,
    }
