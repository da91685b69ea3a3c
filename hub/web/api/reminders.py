"""Reminder rules: how long before what they are about, by which channel, with which template."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import reminders as desk
from hub.store import reminders
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Moment, Told

Name = Annotated[str, Field(min_length=1, max_length=200)]
NextChannel = Annotated[str, Field(max_length=200)]
Channels = Annotated[list[Name], Field(max_length=10)]
Minutes = Annotated[int, Field(ge=-reminders.LONGEST_AFTER, le=reminders.LONGEST)]
About = Literal["appointment", "callback", "birthday", "service", "purchase", "lapse", "inquiry", "offer"]
OfDay = Annotated[int, Field(ge=0, le=1439, description="Minutes after midnight of the customer's day")]
BestHours = Annotated[
    list[Annotated[int, Field(ge=0, le=24)]],
    Field(max_length=2, description="Of the customer's day, from when until when", examples=[[8, 20]]),
]
Lead = Annotated[int, Field(ge=0, le=reminders.LONGEST)]


class ReminderRule(Told):
    """`lead_minutes`: a reminder is not sent later than this before the appointment.

    `next_channel`: by which it is told where it reached nobody by its own, a call above all; empty for none.
    `best_of`: other channels, one of which takes the channel's place for who writes to us mostly that way.
    """

    id: Id
    name: str
    about: str
    minutes_before: int
    lead_minutes: int
    at_minute: int
    best_hours: list[int]
    channel: str
    next_channel: str
    best_of: list[str]
    template: str
    enabled: bool
    created_at: Moment


class NewRule(Given):
    """About anything but an appointment, `minutes_before` are whole days and `at_minute` says when on that day.

    Within `best_hours` it goes out at the customer's best hour where that is known, else at `at_minute`.
    About a purchase, a lapse (since the last purchase) or an inquiry it is below nought: so long afterwards.
    """

    name: Name
    about: About = "appointment"
    minutes_before: Minutes
    lead_minutes: Lead = 30
    at_minute: OfDay = reminders.NINE_O_CLOCK
    best_hours: BestHours = Field(default_factory=list)
    channel: Name
    next_channel: NextChannel = ""
    best_of: Channels = Field(default_factory=list)
    template: Name
    enabled: bool = True


class RuleChange(Given):
    name: Name | None = None
    minutes_before: Minutes | None = None
    lead_minutes: Lead | None = None
    at_minute: OfDay | None = None
    best_hours: BestHours | None = None
    channel: Name | None = None
    next_channel: NextChannel | None = None
    best_of: Channels | None = None
    template: Name | None = None
    enabled: bool | None = None


@operation("GET", "/reminder-rules", roles=READERS, summary="Every reminder rule")
async def list_reminder_rules(call: Call) -> Items[ReminderRule]:
    return Items[ReminderRule].model_validate({"items": await call.read(reminders.rules)})


@operation("POST", "/reminder-rules", roles=EDITORS, summary="Add a reminder rule", creates=True)
async def add_reminder_rule(call: Call, body: NewRule) -> ReminderRule:
    return await call.create(_add, body.model_dump(), call.by, list(call.services.settings.channels))


def _add(conn: Connection, rule: dict[str, Any], by: Actor, channels: list[str]) -> ReminderRule:
    return _told(conn, desk.add_rule(conn, rule, by, channels=channels))


@operation("PATCH", "/reminder-rules/{id}", roles=EDITORS, summary="Change a reminder rule, or switch it on or off")
async def change_reminder_rule(call: Call, path: ById, body: RuleChange) -> ReminderRule:
    changes = {name: value for name, value in body.named().items() if value is not None}
    return await call.write(_change, path.id, changes, call.by, list(call.services.settings.channels))


def _change(conn: Connection, rule_id: int, changes: dict[str, Any], by: Actor, channels: list[str]) -> ReminderRule:
    desk.change_rule(conn, rule_id, changes, by, channels=channels)
    return _told(conn, rule_id)


@operation("DELETE", "/reminder-rules/{id}", roles=EDITORS, summary="Remove a reminder rule")
async def remove_reminder_rule(call: Call, path: ById) -> Done:
    await call.write(desk.remove_rule, path.id, call.by)
    return Done()


def _told(conn: Connection, rule_id: int) -> ReminderRule:
    return ReminderRule.model_validate(reminders.rule(conn, rule_id))
