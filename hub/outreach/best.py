"""Best: at which hour, and by which channel, a customer is written to by their own habits; and how that is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.model.habits import SCHEMES, BestHours, Habits
from hub.model.local_time import local_instant
from hub.outreach.house import House, Lane

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


def best_channel(
    own: str,
    others: Sequence[str],
    known: Habits | None,
    held: Collection[str],
    house: House,
    may: Callable[[Lane, str], bool] | None = None,
) -> str:
    """Returns the first of these channels that reaches a customer the way they write to us most; else the own one.

    `held`: the schemes of the addresses that they hold; `may`: whether a channel may write to theirs of a scheme.
    """
    scheme = SCHEMES.get(known.medium, "") if known else ""
    if not others or scheme not in held:
        return own
    fitting = [house.lanes[name] for name in (own, *others) if name in house.lanes]
    fitting = [lane for lane in fitting if scheme in lane.schemes]
    return next((lane.name for lane in fitting if lane.name == own or may is None or may(lane, scheme)), own)


def by_best(
    rule: Mapping[str, Any],
    known: Habits | None,
    held: Sequence[Mapping[str, Any]],
    house: House,
    may: Callable[[Lane, Mapping[str, Any]], bool],
) -> Mapping[str, Any]:
    """Returns a reminder rule with the channel by which it reaches this customer; `may`: whether a channel may write
    to an address of theirs.
    """

    def reaches(lane: Lane, scheme: str) -> bool:
        return may(lane, next(one for one in held if one["scheme"] == scheme))

    schemes = {one["scheme"] for one in held}
    return {**rule, "channel": best_channel(rule["channel"], rule["best_of"], known, schemes, house, reaches)}


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


def told(best: Mapping[str, Any], scheme: str = "") -> str:
    """Returns why a message goes out then and by that channel, in English; `scheme`: of the address it goes to."""
    said = []
    if best.get("around"):
        hour, (some, many) = best["hour"], best["around"]
        said.append(f"The customer's best hour is {hour}:00 ({some} of {many} messages came around it).")
    elif "hour" in best:
        said.append("Too little is known of the customer's best hour, so the usual time counts.")
    if best.get("by_it"):
        some, many = best["by_it"]
        otherwise = scheme and SCHEMES.get(best["medium"]) != scheme
        usual = ", by which it could not go, so the usual channel counts" if otherwise else ""
        said.append(f"The customer writes mostly by {_MEDIA[best['medium']]} ({some} of {many} messages){usual}.")
    elif "medium" in best:
        said.append("Too little is known of the customer's best channel, so the usual one counts.")
    return " ".join(said)


_MEDIA = {"email": "e-mail", "sms": "text", "whatsapp": "WhatsApp", "call": "phone"}
