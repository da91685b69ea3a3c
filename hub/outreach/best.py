"""Best: at which hour, and by which channel, a customer is written to by their own habits; and how that is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.model.habits import SCHEMES, BestHours, Habits
from hub.model.local_time import local_instant
from hub.outreach.house import House
from hub.store import habits, runs

_A_DAY = timedelta(days=1)
# Where a message keeps by what it was planned so.
KEPT = "best"


def next_best(hours: BestHours | None, known: Habits | None, at: datetime, place: ZoneInfo) -> datetime:
    """Returns the next best hour of a customer from a moment on; that moment where none is asked for, or known."""
    found = hours.at(known.hour if known else None) if hours else None
    if found is None:
        return at
    today = at.astimezone(place).date()
    then = local_instant(datetime.combine(today, found), place)
    return then if then >= at else local_instant(datetime.combine(today + _A_DAY, found), place)


def best_channel(own: str, others: Sequence[str], known: Habits | None, held: Collection[str], house: House) -> str:
    """Returns the first of these channels that reaches a customer the way they write to us most; else the own one.

    `held`: the schemes of the addresses that they hold.
    """
    scheme = SCHEMES.get(known.medium, "") if known else ""
    if not others or scheme not in held:
        return own
    fitting = [name for name in (own, *others) if name in house.lanes and scheme in house.lanes[name].schemes]
    return fitting[0] if fitting else own


def by_best(
    rule: Mapping[str, Any], known: Habits | None, held: Sequence[Mapping[str, Any]], house: House
) -> Mapping[str, Any]:
    """Returns a reminder rule with the channel by which it reaches this customer."""
    schemes = {one["scheme"] for one in held}
    return {**rule, "channel": best_channel(rule["channel"], rule["best_of"], known, schemes, house)}


def evidence(known: Habits | None, *, hour: bool = False, channel: bool = False) -> dict[str, Any]:
    """Returns what a message keeps of the habits that it was planned by: those asked for, with their numbers."""
    found: dict[str, Any] = {}
    if hour:
        clear = known is not None and known.hour is not None
        found["hour"] = known.hour if known and clear else None
        found["around"] = [known.of_hour, known.many] if known and clear else None
    if channel:
        clear = known is not None and bool(known.medium)
        found["medium"] = known.medium if known and clear else ""
        found["by_it"] = [known.of_medium, known.many] if known and clear else None
    return {KEPT: found} if found else {}


def told(best: Mapping[str, Any]) -> str:
    """Returns why a message goes out then and by that channel, in English."""
    said = []
    if best.get("around"):
        hour, (some, many) = best["hour"], best["around"]
        said.append(f"The customer's best hour is {hour}:00 ({some} of {many} messages came around it).")
    elif "hour" in best:
        said.append("Too little is known of the customer's best hour, so the usual time counts.")
    if best.get("by_it"):
        some, many = best["by_it"]
        said.append(f"The customer writes mostly by {_MEDIA[best['medium']]} ({some} of {many} messages).")
    elif "medium" in best:
        said.append("Too little is known of the customer's best channel, so the usual one counts.")
    return " ".join(said)


def of_run(conn: Connection, message: Mapping[str, Any]) -> str:
    """Returns why a message of a run is due when it is and goes the way it does, by what is known of its customer now;
    empty where neither a best hour nor a best channel was asked for.
    """
    if message["run_id"] is None:
        return ""
    definition = runs.by_id(conn, message["run_id"])["definition"]
    hour, channel = bool(definition["schedule"].get("best_hours")), bool(definition.get("best_of"))
    known = habits.known(conn, [message["customer_id"]]).get(message["customer_id"]) if hour or channel else None
    return told(evidence(known, hour=hour, channel=channel).get(KEPT, {}))


_MEDIA = {"email": "e-mail", "sms": "text", "whatsapp": "WhatsApp", "call": "phone"}
