"""Rights: do-not-call lists that end, requests and breaches that are due, and data kept in another country."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, func, select

from hub.insight.finders.asked import House, found
from hub.store import do_not_call, person_requests
from hub.store.problems import Found
from hub.store.tables import BreachRow, CustomerRow

_SOON = timedelta(days=7)


def lists(conn: Connection, house: House) -> list[Found]:
    """Returns the do-not-call lists that are too old, or will be within a week."""
    answered = []
    for row in do_not_call.lists(conn):
        until = row["as_of"] + house.lists_hold
        if house.now >= until:
            answered.append(found("do_not_call_old", row["name"], since=until))
        elif house.now >= until - _SOON:
            answered.append(found("do_not_call_ends", row["name"], days=max(1, (until - house.now).days)))
    return answered


def requests(conn: Connection, house: House) -> list[Found]:
    """Returns how many requests of persons are late, and how many are due within a week."""
    late, soon = person_requests.pressing(conn, house.now, _SOON)
    return [
        found(code, "persons", count=count) for code, count in (("request_late", late), ("request_due", soon)) if count
    ]


def breaches(conn: Connection, _house: House) -> list[Found]:
    """Returns the breaches of which the authority has not been told, nor need not be."""
    rows = conn.execute(
        select(BreachRow.id, BreachRow.due_at, BreachRow.noticed_at).where(
            BreachRow.authority_told_at.is_(None), BreachRow.why_not_told == "", BreachRow.closed_at.is_(None)
        )
    )
    return [
        found("breach_untold", f"breach/{row.id}", since=row.noticed_at, due=f"{row.due_at:%Y-%m-%d %H:%M} UTC")
        for row in rows
    ]


def storage(conn: Connection, house: House) -> list[Found]:
    """Returns the countries that want their people's data at home, where the hub has some and stores elsewhere."""
    wanted = sorted(house.kept_at_home - {house.storage_country})
    if not wanted:
        return []
    rows = conn.execute(
        select(CustomerRow.country, func.count().label("n"))
        .where(CustomerRow.country.in_(wanted), CustomerRow.merged_into.is_(None))
        .group_by(CustomerRow.country)
    )
    return [
        found("storage_country", row.country, count=row.n, stored=house.storage_country or "a country not named")
        for row in rows
    ]
