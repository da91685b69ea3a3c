"""Campaigns: what is said to whom and when, read and checked; and the states of campaigns and their runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from hub.model.clean import clean_text
from hub.model.errors import Refused
from hub.model.habits import read_best_of
from hub.model.schedule import Schedule, read_schedule

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_KEYS = ("segment", "template", "channel", "schedule", "late_minutes", "variables", "variants", "holdout",
         "count_clicks", "best_of")  # fmt: skip
_MOST_VARIABLES = 30
_LONGEST_VALUE = 2_000
_VARIANT = re.compile(r"[b-z]\Z")
MOST_VARIANTS = 4
# Who gets nothing is there to be compared with, not to be forgotten.
MOST_HELD_OUT = 50
LEAST_LATE, LATE, MOST_LATE = 5, 60, 7 * 1440
# Names of `campaign.` that the hub itself fills in.
OWN_VARIABLES = frozenset({"title", "name"})


class CampaignState(StrEnum):
    """Where a campaign stands. Scheduled: waits for its next run; running: a run is on its way."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


# A campaign that is on its way is not edited: what goes out is what was looked at.
EDITABLE = frozenset({CampaignState.DRAFT, CampaignState.DONE, CampaignState.CANCELLED})
LAUNCHED = frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING})


class RunState(StrEnum):
    """Where one execution stands. Planning: its audience is gone through; running: its messages are on their way;
    missed: it was too late for it when it could start.
    """

    PLANNING = "planning"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"
    MISSED = "missed"


ENDED = frozenset({RunState.CANCELLED, RunState.DONE, RunState.MISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A campaign as it was written. `late_minutes`: later than this after its time, a message is not sent at all.

    `variants`: other templates beside the own one (which is `a`), each for an equal share of the audience; `holdout`:
    how many percent get nothing, so that the result can be compared with theirs; `count_clicks`: links lead by way of
    the hub, which counts who follows them; `best_of`: other channels, one of which takes the place of `channel` for
    whoever writes to us mostly that way.
    """

    segment: str
    template: str
    channel: str
    schedule: Schedule
    late_minutes: int = LATE
    variables: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    holdout: int = 0
    count_clicks: bool = False
    best_of: tuple[str, ...] = ()

    @property
    def lateness(self) -> timedelta:
        return timedelta(minutes=self.late_minutes)

    def as_json(self) -> dict[str, Any]:
        """Returns it as `read_definition` reads it."""
        return {
            "segment": self.segment,
            "template": self.template,
            "channel": self.channel,
            "schedule": self.schedule.as_json(),
            "late_minutes": self.late_minutes,
            "variables": dict(self.variables),
            **({"variants": dict(self.variants)} if self.variants else {}),
            **({"holdout": self.holdout} if self.holdout else {}),
            **({"count_clicks": True} if self.count_clicks else {}),
            **({"best_of": list(self.best_of)} if self.best_of else {}),
        }


def read_definition(data: Mapping[str, Any]) -> Definition:
    """Reads a campaign's definition. Raises Refused naming the field; what it names is looked up elsewhere."""
    unknown = sorted(str(key) for key in set(data) - set(_KEYS))
    if unknown:
        raise Refused(f"{unknown[0][:40]!r} is no part of a campaign: {', '.join(_KEYS)}.", field=unknown[0][:40])
    late = data.get("late_minutes", LATE)
    if not isinstance(late, int) or isinstance(late, bool) or not LEAST_LATE <= late <= MOST_LATE:
        raise Refused(f"Too late is between {LEAST_LATE} and {MOST_LATE} minutes.", field="late_minutes")
    channel = _named(data, "channel")
    return Definition(
        segment=_named(data, "segment"),
        template=_named(data, "template"),
        channel=channel,
        schedule=read_schedule(data.get("schedule")),
        late_minutes=late,
        variables=_variables(data.get("variables", {})),
        variants=_variants(data.get("variants", {}), str(data.get("template", ""))),
        holdout=_holdout(data.get("holdout", 0)),
        count_clicks=_switch(data.get("count_clicks", False), "count_clicks"),
        best_of=read_best_of(data.get("best_of"), channel, "best_of"),
    )


def check_name(name: str) -> str:
    """Returns the name of a campaign. Raises Refused."""
    if not _NAME.match(name):
        raise Refused(
            f"{name[:60]!r} is no name for a campaign.",
            field="name",
            next_step="Use small letters, digits and _, beginning with a letter: winter_offer.",
        )
    return name


def _named(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"A campaign needs a {key}.", field=key)
    return value.strip()[:200]


def _variables(data: object) -> dict[str, str]:
    if not isinstance(data, Mapping):
        raise Refused("Variables are names with their texts.", field="variables")
    if len(data) > _MOST_VARIABLES:
        raise Refused(f"A campaign has at most {_MOST_VARIABLES} variables.", field="variables")
    found: dict[str, str] = {}
    for name, value in data.items():
        if not isinstance(name, str) or not _VARIABLE.match(name) or name in OWN_VARIABLES:
            raise Refused(
                f"{str(name)[:40]!r} is no name for a variable.",
                field="variables",
                next_step="Use small letters, digits and _, beginning with a letter; title and name are taken.",
            )
        if not isinstance(value, str):
            raise Refused(f"The variable {name} is no text.", field="variables")
        if len(value) > _LONGEST_VALUE:
            raise Refused(f"The variable {name} is longer than {_LONGEST_VALUE} characters.", field="variables")
        found[name] = clean_text(value)
    return found


def _variants(data: object, template: str) -> dict[str, str]:
    if not isinstance(data, Mapping) or len(data) > MOST_VARIANTS:
        raise Refused(f"Variants are up to {MOST_VARIANTS} templates by their letters, b to z.", field="variants")
    found = {str(name): str(chosen).strip()[:200] for name, chosen in sorted(data.items())}
    if any(not _VARIANT.match(name) or not chosen for name, chosen in found.items()):
        raise Refused("A variant is one letter from b on, and its template.", field="variants")
    if len({template.strip(), *found.values()}) < len(found) + 1:
        raise Refused("Two variants say the same: each needs a template of its own.", field="variants")
    return found


def _holdout(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_HELD_OUT:
        raise Refused(f"Between 0 and {MOST_HELD_OUT} percent get nothing.", field="holdout")
    return value


def _switch(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise Refused("It is either on or off: true or false.", field=field)
    return value
