"""Offering: the campaign's offer gives a code to each who is written to, in the transaction that plans the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from hub.store import offer_codes
from hub.store.run_pages import Page
from hub.store.tables import milliseconds

# A campaign names its offer in this variable.
VARIABLE = "offer"


def with_codes(conn: Connection, run: Mapping[str, Any], page: Page) -> Page:
    """Returns a page in which everybody who is written to has a code of the run's offer; who gets none is a skip.

    A message is too late when its code is over.
    """
    name = str(run["definition"].get("variables", {}).get(VARIABLE, ""))
    if not name or not page.planned:
        return page
    customers = [one.customer_id for one in page.planned]
    given = offer_codes.give(conn, name, customers, page.at, page.time_zone, f"run {run['id']}")
    ends = {number: row["expires_at"] for number, row in offer_codes.by_id(conn, sorted(given.codes.values())).items()}
    planned = []
    for one in page.planned:
        code = given.codes.get(one.customer_id)
        if code is not None:
            end = ends[code]
            expires_at = min(one.expires_at, milliseconds(end)) if end is not None else one.expires_at
            planned.append(one._replace(offer_code=code, expires_at=expires_at))
    skips = [(customer, reason, {"offer": name}) for customer, reason in given.refused.items()]
    return replace(page, planned=planned, skips=[*page.skips, *skips])
