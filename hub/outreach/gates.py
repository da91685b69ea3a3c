"""Gates: pure questions about one message, asked again at the moment of sending; each refusal keeps what it saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hub.model.campaign import RunState
from hub.model.local_time import zone
from hub.model.outbound import CALLS, Purpose, State
from hub.outreach.persons_gates import child, existing_customer, limited, on_do_not_call_list
from hub.outreach.quiet_hours import closed, next_opening
from hub.outreach.seen import OF_A_DAY, Seen
from hub.outreach.seen_values import PAUSED, Consent, Event, Refusal, Suppression
from hub.outreach.words_gates import never_said, session_over
from hub.store.appointments import TO_COME
from hub.store.erasing.met import ERASED

__all__ = ["DUE", "GATES", "OF_A_DAY", "Consent", "Event", "Refusal", "Seen", "Suppression", "ask"]

ASK_AGAIN = timedelta(minutes=1)
# What only staff can change is asked for less often: a whole campaign may be waiting for it.
ASK_LATER = timedelta(minutes=10)
# What is about a day, and that day still stands.
DUE = "due"
_STANDING = frozenset({*TO_COME, DUE})


def killed(seen: Seen) -> Refusal | None:
    """The kill switch holds everything."""
    if not seen.kill_switch:
        return None
    return Refusal(state=State.HELD, reason="kill_switch", until=seen.now + ASK_AGAIN, values={"why": seen.kill_switch})


def run_stopped(seen: Seen) -> Refusal | None:
    """What belongs to a paused run waits for its resumption, what belongs to a cancelled one is cancelled."""
    match seen.run_state:
        case RunState.PAUSED:
            return Refusal(state=State.PLANNED, reason="run_paused")
        case RunState.CANCELLED:
            return Refusal(state=State.CANCELLED, reason="run_cancelled")
    return None


def too_late(seen: Seen) -> Refusal | None:
    """A message that would come too late is not sent at all."""
    if seen.now < seen.expires_at:
        return None
    return Refusal(state=State.EXPIRED, reason="expired", values={"expires_at": seen.expires_at.isoformat()})


def held_back(seen: Seen) -> Refusal | None:
    """After a backup was restored, nobody knows which promotions went out since it was made: staff decides."""
    if seen.purpose != Purpose.PROMOTIONAL or not seen.promotions_held:
        return None
    until = min(seen.now + ASK_LATER, seen.expires_at)
    return Refusal(state=State.HELD, reason="promotions_held", until=until, values={"why": seen.promotions_held})


def no_longer_true(seen: Seen) -> Refusal | None:
    """What a reminder is about must still stand exactly as it was when the reminder was made."""
    if not seen.about:
        return None
    event = seen.event
    if event is None:
        return Refusal(state=State.CANCELLED, reason=f"{seen.about}_gone")
    values: dict[str, Any] = {"state": event.state, "starts_at": event.starts_at.isoformat()}
    values |= {"revision": event.revision, "planned_revision": seen.about_revision}
    if event.state == PAUSED:
        return Refusal(state=State.HELD, reason=f"{seen.about}_paused", until=seen.now + ASK_LATER, values=values)
    if event.state not in _STANDING:
        return Refusal(state=State.CANCELLED, reason=f"{seen.about}_{event.state}", values=values, plan_again=True)
    moved = seen.about_starts_at is not None and event.starts_at != seen.about_starts_at
    if moved or event.revision != seen.about_revision:
        reason = f"{seen.about}_moved" if moved else f"{seen.about}_changed"
        return Refusal(state=State.CANCELLED, reason=reason, values=values, plan_again=True)
    return None


def not_theirs(seen: Seen) -> Refusal | None:
    """An address that the customer no longer holds is somebody else's."""
    if seen.address_closed_at is None:
        return None
    values = {"address": seen.address, "closed_at": seen.address_closed_at.isoformat()}
    return Refusal(state=State.CANCELLED, reason="address_closed", values=values, plan_again=True)


def suppressed(seen: Seen) -> Refusal | None:
    """STOP, a dead address and a complaint count for this channel and purpose, whatever else was agreed to."""
    for one in seen.suppressions:
        concerns_channel = not one.channel or one.channel in seen.heard_by
        if one.reason == ERASED and _agreed_since(seen, one.since):
            continue
        # Who wants no promotions wants no greeting either, also where the law calls that none.
        if concerns_channel and one.purpose in (
            "",
            seen.purpose,
            CALLS if seen.called else "",
            Purpose.PROMOTIONAL if seen.kind else "",
        ):
            values = {
                "address": seen.address,
                "because": one.reason,
                "since": one.since.isoformat(),
                "purpose": one.purpose,
                "channel": one.channel,
            }
            return Refusal(state=State.SUPPRESSED, reason=f"suppressed_{one.reason}", values=values)
    return None


def _agreed_since(seen: Seen, moment: datetime) -> bool:
    """Whoever agrees anew after an erasure wants to be written to; a file with the old address says no such thing."""
    agreed = seen.consent
    return agreed is not None and agreed.granted and agreed.at > moment and seen.address_confirmed


def counts_now(seen: Seen) -> Refusal | None:
    """What was planned as no promotion is one where the recipient has moved to, or the law has changed meanwhile."""
    if seen.counted is None or seen.purpose == Purpose.PROMOTIONAL:
        return None
    values = {"kind": seen.kind, "place": seen.counted.place, "source": seen.counted.source}
    return Refusal(state=State.CANCELLED, reason="counts_as_promotion", values=values, plan_again=True)


def no_consent(seen: Seen) -> Refusal | None:
    """A promotion needs consent in force, given for an address that is proven to be the customer's."""
    if seen.purpose != Purpose.PROMOTIONAL:
        return None
    agreed = seen.consent
    if agreed is not None and agreed.granted and seen.address_confirmed:
        return None
    values: dict[str, Any] = {"address": seen.address}
    if seen.counted is not None:
        values |= {"kind": seen.kind, "place": seen.counted.place, "source": seen.counted.source}
    if agreed is None:
        return Refusal(state=State.SUPPRESSED, reason="no_consent", values=values)
    values |= {"granted": agreed.granted, "at": agreed.at.isoformat(), "source": agreed.source}
    reason = "address_not_confirmed" if agreed.granted else "consent_withdrawn"
    return Refusal(state=State.SUPPRESSED, reason=reason, values=values)


def call_not_agreed(seen: Seen) -> Refusal | None:
    """No machine calls with a promotion, nor without consent to such calls where the law asks for it."""
    if not seen.called:
        return None
    values = {"address": seen.address, "place": seen.call_consent_asked_in}
    if seen.purpose == Purpose.PROMOTIONAL:
        return Refusal(state=State.SUPPRESSED, reason="promotion_by_call", values=values)
    if not seen.call_consent_asked_in or (seen.consent is not None and seen.consent.granted):
        return None
    return Refusal(state=State.SUPPRESSED, reason="no_call_consent", values=values)


def country_not_allowed(seen: Seen) -> Refusal | None:
    """Texts go to the countries that the channel allows, and never to premium-rate numbers."""
    if seen.premium_rate:
        return Refusal(state=State.SUPPRESSED, reason="premium_rate", values={"address": seen.address})
    if not seen.countries or seen.address.startswith("mailto:") or seen.country in seen.countries:
        return None
    values = {"channel": seen.channel, "country": seen.country or "unknown", "allowed": sorted(seen.countries)}
    return Refusal(state=State.SUPPRESSED, reason="country_not_allowed", values=values)


def spent(seen: Seen) -> Refusal | None:
    """What the hub writes by itself waits for the next day once the day's money is spent; answers of staff do not."""
    money = seen.spending
    if money is None or seen.purpose == Purpose.SERVICE or money.spent < money.most:
        return None
    values = {"channel": seen.channel, "spent": str(money.spent), "most": str(money.most)}
    if money.until >= seen.expires_at:
        return Refusal(state=State.EXPIRED, reason="spend_cap", values=values)
    return Refusal(state=State.HELD, reason="spend_cap_waits", until=money.until, values=values)


def in_talks(seen: Seen) -> Refusal | None:
    """Nobody gets a promotion while their complaint is open or their question unanswered."""
    if seen.purpose != Purpose.PROMOTIONAL or not seen.matters:
        return None
    first = min(seen.matters, key=lambda matter: (matter.kind, matter.since))
    values = {first.kind: first.number, "since": first.since.isoformat()}
    until = min(seen.now + ASK_LATER, seen.expires_at)
    return Refusal(state=State.HELD, reason=f"open_{first.kind}", until=until, values=values)


def channel_paused(seen: Seen) -> Refusal | None:
    """A paused channel holds what is to go out by it."""
    if seen.paused_why is None:
        return None
    values = {"channel": seen.channel, "why": seen.paused_why}
    return Refusal(state=State.HELD, reason="channel_paused", until=seen.now + ASK_AGAIN, values=values)


def quiet(seen: Seen) -> Refusal | None:
    """Promotions and reminders of days wait for hours that are open at the recipient, wherever that may be."""
    if not seen.keeps_hours:
        return None
    shut = closed(seen.windows, seen.now)
    if shut is None and seen.windows:
        return None
    values: dict[str, Any] = {}
    if shut is not None:
        local = seen.now.astimezone(zone(shut.zone))
        values = {
            "place": shut.hours.place,
            "zone": shut.zone,
            "local_time": local.strftime("%a %H:%M"),
            "source": shut.hours.source,
        }
    until = next_opening(seen.windows, seen.now) if seen.windows else None
    if until is None or until >= seen.expires_at:
        return Refusal(state=State.EXPIRED, reason="quiet_hours_until_too_late", values=values)
    return Refusal(state=State.HELD, reason="quiet_hours", until=until, values=values)


def capped(seen: Seen) -> Refusal | None:
    """An address is written to at most so often; waits for the next day, week or month where that is early enough."""
    full = [period for period in seen.periods if period.sent >= period.cap]
    if not full:
        return None
    last = max(full, key=lambda period: (period.cap == 0, period.ends_at))
    values = {"address": seen.address, "period": last.name, "cap": last.cap, "sent": last.sent}
    if last.cap == 0 or last.ends_at >= seen.expires_at:
        return Refusal(state=State.SUPPRESSED, reason="frequency_cap", values=values)
    return Refusal(state=State.HELD, reason="frequency_cap_waits", until=last.ends_at, values=values)


def asked_to_rest(seen: Seen) -> Refusal | None:
    """Who asked for some weeks without promotions gets none until they are over."""
    until = seen.resting_until
    if seen.purpose != Purpose.PROMOTIONAL or until is None or seen.now >= until:
        return None
    values = {"address": seen.address, "rests_until": until.isoformat()}
    if until >= seen.expires_at:
        return Refusal(state=State.SUPPRESSED, reason="asked_to_rest", values=values)
    return Refusal(state=State.HELD, reason="asked_to_rest_waits", until=until, values=values)


def warming_up(seen: Seen) -> Refusal | None:
    """A new sender's promotions grow from day to day; what is over today's number waits for tomorrow's."""
    warm = seen.warming
    if warm is None or seen.purpose != Purpose.PROMOTIONAL or warm.sent < warm.most:
        return None
    values = {"channel": seen.channel, "sent": warm.sent, "most": warm.most}
    if warm.until >= seen.expires_at:
        return Refusal(state=State.EXPIRED, reason="warm_up", values=values)
    return Refusal(state=State.HELD, reason="warm_up_waits", until=warm.until, values=values)


GATES: tuple[Callable[[Seen], Refusal | None], ...] = (
    killed,
    run_stopped,
    too_late,
    held_back,
    no_longer_true,
    not_theirs,
    limited,
    suppressed,
    counts_now,
    no_consent,
    existing_customer,
    child,
    call_not_agreed,
    on_do_not_call_list,
    country_not_allowed,
    session_over,
    never_said,
    asked_to_rest,
    in_talks,
    channel_paused,
    quiet,
    capped,
    spent,
    warming_up,
)


def ask(seen: Seen) -> Refusal | None:
    """Returns the first refusal of all gates, or None: the message may go out."""
    for gate in GATES:
        if (refusal := gate(seen)) is not None:
            return refusal
    return None
