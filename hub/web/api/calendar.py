"""The calendar of everything planned: campaigns, sequences and reminders by day, as far as it is known now."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.outreach.house import House
from hub.outreach.month import LONGEST, planned
from hub.web.api.call import Call
from hub.web.api.operation import READERS, operation
from hub.web.api.values import Given, Items, Moment, Told


class Entry(Told):
    """What is planned on a day of the business. `kind`: campaign (a run to come), run, sequence or reminder.

    `count`: messages or people, null where nobody knows yet; `sent`: how many of them have gone out.
    """

    day: date
    kind: str
    title: str
    channel: str
    count: int | None
    sent: int
    at: Moment | None
    link: str


class CalendarQuery(Given):
    """From which day to which, at most 62; a month from today by default."""

    since: date | None = None
    until: date | None = None


@operation("GET", "/calendar", roles=READERS, summary="What is planned on which day")
async def get_calendar(call: Call, query: CalendarQuery) -> Items[Entry]:
    services = call.services
    house = House.of(services.settings, services.channels, services.public_url)
    first = query.since or call.now.astimezone(zone(house.time_zone)).date()
    last = query.until or first + timedelta(days=30)
    if not first <= last <= first + LONGEST:
        raise Refused(f"A calendar shows at most {LONGEST.days} days.", field="until")

    def ask(conn: Connection) -> Items[Entry]:
        return Items[Entry].model_validate({"items": planned(conn, first, last, house, call.now)})

    return await call.read(ask)
