"""How a mailbox acknowledges mail by itself: always or outside the opening hours, with which template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.opening_hours import OpeningHours, Standing, hours_as_json, read_opening_hours

TEMPLATE = "mail_received"
_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")


class When(StrEnum):
    ALWAYS = "always"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledging:
    """How one mailbox acknowledges mail. An empty `time_zone` is the business's own.

    `unproven`: mail whose sender nobody vouched for gets one too. `null_sender`: the envelope says that nothing is to
    come back (RFC 3834 section 3.3); many providers refuse that from those who sign in.
    """

    enabled: bool = False
    template: str = TEMPLATE
    when: When = When.CLOSED
    hours: OpeningHours = field(default_factory=lambda: OpeningHours(week={}))
    time_zone: str = ""
    unproven: bool = False
    null_sender: bool = False

    def place(self, business: str) -> ZoneInfo:
        """Returns the zone whose clock counts; `business`: the business's own."""
        return zone(self.time_zone or business)

    def quiet_now(self, at: datetime, business: str) -> bool:
        """Says whether mail of this moment is left to staff: it is open, and only closed hours are acknowledged."""
        if self.when is When.ALWAYS:
            return False
        return self.hours.standing(at.astimezone(self.place(business))) is Standing.OPEN


_FIELDS = ("enabled", "template", "when", "week", "days", "time_zone", "unproven", "null_sender")


def read_acknowledging(definition: Mapping[str, Any]) -> Acknowledging:
    """Reads a definition. Raises Refused naming the field."""
    if unknown := sorted(set(definition) - set(_FIELDS)):
        raise Refused(f"An acknowledgement knows no {unknown[0]!r}.", field=unknown[0])
    given = {"enabled": False, "template": TEMPLATE, "when": When.CLOSED.value, "time_zone": "", **definition}
    if given["when"] not in list(When):
        raise Refused("Mail is acknowledged always, or when closed.", field="when")
    template = str(given["template"]).strip()
    if not _TEMPLATE.match(template):
        raise Refused("Choose the template that is sent.", field="template")
    time_zone = str(given["time_zone"]).strip()
    if time_zone:
        zone(time_zone)
    when, hours = When(given["when"]), read_opening_hours(given, "")
    if given["enabled"] and when is When.CLOSED and not hours.week and not hours.days:
        raise Refused(
            "Only outside opening hours, but there are none.",
            field="week",
            next_step="Write the opening hours, or acknowledge always.",
        )
    return Acknowledging(
        enabled=bool(given["enabled"]),
        template=template,
        when=when,
        hours=hours,
        time_zone=time_zone,
        unproven=bool(given.get("unproven")),
        null_sender=bool(given.get("null_sender")),
    )


def acknowledging_as_json(given: Acknowledging) -> dict[str, Any]:
    """Returns the definition as it is stored."""
    return {
        "enabled": given.enabled,
        "template": given.template,
        "when": given.when.value,
        **hours_as_json(given.hours.week, given.hours.days),
        "time_zone": given.time_zone,
        "unproven": given.unproven,
        "null_sender": given.null_sender,
    }
