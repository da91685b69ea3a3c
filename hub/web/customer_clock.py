"""The customer's clock: what time it is where they are, for what is to reach them at an hour of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from hub.desk.recipients import Recipient
from hub.model.errors import Refused
from hub.model.local_time import local_instant, zone
from hub.outreach.numbers import Number, number_of, where_is
from hub.store.tables import CustomerRow
from hub.web.i18n import _


@dataclass(frozen=True, slots=True)
class CustomerClock:
    """A zone, and whether it is the customer's own: where nobody knows, it is the business's."""

    zone: ZoneInfo
    known: bool

    def at(self, moment: datetime) -> datetime:
        """Returns a moment as this clock shows it."""
        return moment.astimezone(self.zone)

    def moment(self, written: str) -> datetime | None:
        """Returns the instant that a `datetime-local` field names on this clock, None where it is empty.

        Raises Refused.
        """
        if not written.strip():
            return None
        try:
            wall = datetime.fromisoformat(written.strip())
        except ValueError:
            wall = None
        if wall is None or wall.tzinfo is not None:
            raise Refused(_("This is no date and time."), field="send_at", next_step=_("Write it as 2026-03-02T10:00."))
        return local_instant(wall, self.zone)


def clock_of(conn: Connection, to: Recipient | None, own_zone: str, now: datetime) -> CustomerClock:
    """Returns the clock of whom something goes to: what they stated first, else their country or their number.

    A country of several zones tells none, unless all of them show the same time now.
    """
    own = CustomerClock(zone(own_zone), known=False)
    if to is None:
        return own
    row = conn.execute(
        select(CustomerRow.time_zone, CustomerRow.country, CustomerRow.facts).where(CustomerRow.id == to.customer_id)
    ).one()
    number = number_of(to.identity.value) if to.identity.scheme in ("tel", "whatsapp") else Number()
    zones = [row.time_zone] if row.time_zone else sorted(where_is(row._asdict(), number).zones)
    try:
        clocks = {now.astimezone(zone(name)).utcoffset(): zone(name) for name in zones}
    except Refused:
        return own
    return CustomerClock(next(iter(clocks.values())), known=True) if len(clocks) == 1 else own
