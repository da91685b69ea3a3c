"""A campaign while staff writes it: its definition as plain fields of a page, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.model.campaign import LATE, Definition
from hub.model.cron import WEEKDAYS, Cron
from hub.model.errors import Refused
from hub.model.schedule import Clock, Kind, Schedule
from hub.web.i18n import _
from hub.web.pages.fields import Form, text_of

_LONG = {
    **{"mon": "monday", "tue": "tuesday", "wed": "wednesday", "thu": "thursday"},
    **{"fri": "friday", "sat": "saturday", "sun": "sunday"},
}
_IS = "="
_LETTERS = "bcd"
BEST = "best"
_BEST_HOURS = (8, 20)
_EVERY_DAY, _EVERY_MONTH = frozenset(range(1, 32)), frozenset(range(1, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form holds. `when`: now, at, weekly, monthly or cron; `clock`: business, recipient, or best, which is
    each recipient's best hour from `best_from` to `best_until`. `or_by`: the channel of who writes to us mostly by it.
    """

    name: str = ""
    title: str = ""
    segment: str = ""
    template: str = ""
    channel: str = ""
    when: str = "at"
    at: str = ""
    days: tuple[str, ...] = ()
    day: str = "1"
    time: str = "09:00"
    cron: str = ""
    clock: str = Clock.BUSINESS.value
    best_from: str = str(_BEST_HOURS[0])
    best_until: str = str(_BEST_HOURS[1])
    late_minutes: str = str(LATE)
    variables: str = ""
    variants: Mapping[str, str] = field(default_factory=dict)
    holdout: str = "0"
    count_clicks: bool = False
    or_by: str = ""

    def definition(self) -> dict[str, Any]:
        """Returns it as `hub.model.campaign.read_definition` reads it. Raises Refused."""
        return {
            "segment": self.segment,
            "template": self.template,
            "channel": self.channel,
            "schedule": self._schedule(),
            "late_minutes": self._late(),
            "variables": self._variables(),
            "variants": dict(self.variants),
            "holdout": self._holdout(),
            "count_clicks": self.count_clicks,
            "best_of": [self.or_by] if self.or_by else [],
        }

    def _schedule(self) -> dict[str, Any]:
        match self.when:
            case "now":
                return {"kind": "once", "at": "now"}
            case "at":
                return {"kind": "once", "at": self.at, **self._clock()}
            case "weekly":
                if not self.days:
                    raise Refused(_("Choose at least one day of the week."), field="schedule.cron")
                chosen = ", ".join(_LONG[day] for day in self.days)
                what = "day" if len(self.days) == len(WEEKDAYS) else chosen
                return {"kind": "recurring", "cron": f"every {what} at {self.time}", **self._clock()}
            case "monthly":
                said = f"on the {self.day} of every month at {self.time}"
                return {"kind": "recurring", "cron": said, **self._clock()}
        return {"kind": "recurring", "cron": self.cron, **self._clock()}

    def _clock(self) -> dict[str, Any]:
        if self.clock != BEST:
            return {"zone": self.clock}
        hours = [int(hour) if hour.isascii() and hour.isdecimal() else -1 for hour in (self.best_from, self.best_until)]
        return {"zone": Clock.RECIPIENT.value, "best_hours": hours}

    def _late(self) -> int:
        written = self.late_minutes.strip()[:9]
        if not (written.isascii() and written.isdecimal()):
            raise Refused(_("Write how many minutes late is too late."), field="late_minutes")
        return int(written)

    def _holdout(self) -> int:
        written = self.holdout.strip()[:9] or "0"
        if not (written.isascii() and written.isdecimal()):
            raise Refused(_("Write how many percent get nothing."), field="holdout")
        return int(written)

    def _variables(self) -> dict[str, str]:
        found = {}
        for line in self.variables.splitlines():
            name, marked, value = line.partition(_IS)
            if not line.strip():
                continue
            if not marked:
                raise Refused(
                    _("“%s” has no value.") % line.strip()[:40],
                    field="variables",
                    next_step=_("Write one a line, as code = WINTER10."),
                )
            found[name.strip()] = value.strip()
        return found


def posted(form: Form, name: str = "") -> Draft:
    """Returns the draft that a page sent."""

    def told(field: str) -> str:
        return text_of(form, field).strip()[:10_000]

    return Draft(
        name=name or told("name"),
        title=told("title")[:200],
        segment=told("segment"),
        template=told("template"),
        channel=told("channel"),
        when=told("when"),
        at=told("at"),
        days=tuple(day for day in WEEKDAYS if told(f"day.{day}")),
        day=told("day") or "1",
        time=told("time") or "09:00",
        cron=told("cron"),
        clock=told("clock") or Clock.BUSINESS.value,
        best_from=told("best_from")[:2] or str(_BEST_HOURS[0]),
        best_until=told("best_until")[:2] or str(_BEST_HOURS[1]),
        late_minutes=told("late_minutes") or str(LATE),
        variables=told("variables"),
        variants={letter: chosen for letter in _LETTERS if (chosen := told(f"variant.{letter}"))},
        holdout=told("holdout") or "0",
        count_clicks=bool(told("count_clicks")),
        or_by=told("or_by"),
    )


def draft_of(name: str, title: str, definition: Definition) -> Draft:
    """Returns a stored campaign as a draft."""
    best = definition.schedule.best
    return Draft(
        name=name,
        title=title,
        segment=definition.segment,
        template=definition.template,
        channel=definition.channel,
        clock=BEST if best else definition.schedule.clock.value,
        best_from=str(best.first if best else _BEST_HOURS[0]),
        best_until=str(best.end if best else _BEST_HOURS[1]),
        late_minutes=str(definition.late_minutes),
        variables="\n".join(f"{key} {_IS} {value}" for key, value in definition.variables.items()),
        variants=definition.variants,
        holdout=str(definition.holdout),
        count_clicks=definition.count_clicks,
        or_by=next(iter(definition.best_of), ""),
        **_when(definition.schedule),
    )


def _when(schedule: Schedule) -> dict[str, Any]:
    if schedule.kind is Kind.ONCE:
        return {"when": "at", "at": f"{schedule.at:%Y-%m-%dT%H:%M}"} if schedule.at else {"when": "now"}
    cron = schedule.cron
    if cron is None:
        return {}
    time = f"{cron.hours[0]:02}:{cron.minute:02}"
    if _is_weekly(cron):
        return {"when": "weekly", "days": tuple(WEEKDAYS[day] for day in sorted(cron.weekdays)), "time": time}
    if _is_monthly(cron):
        return {"when": "monthly", "day": str(min(cron.days)), "time": time}
    return {"when": "cron", "cron": cron.text}


def _is_weekly(cron: Cron) -> bool:
    return not cron.last and len(cron.hours) == 1 and cron.days == _EVERY_DAY and cron.months == _EVERY_MONTH


def _is_monthly(cron: Cron) -> bool:
    return (
        len(cron.hours) == 1 == len(cron.days) and len(cron.weekdays) == len(WEEKDAYS) and cron.months == _EVERY_MONTH
    )
