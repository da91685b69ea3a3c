"""Gates about the person: whether they live, what they asked for, how old they are, on what a promotion rests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hub.model.outbound import Purpose, State
from hub.outreach.seen import Seen
from hub.outreach.seen_values import Refusal
from hub.store.limits import Held, Limit

# What only staff can change is asked for less often: a whole campaign may be waiting for it.
_ASK_LATER = timedelta(minutes=10)
_WRITE_AGAIN = timedelta(minutes=1)


def limited(seen: Seen) -> Refusal | None:
    """Nothing goes to who has died; whoever had the use of their data restricted gets answers and nothing else."""
    if not seen.limits:
        return None
    for kind in (Limit.DECEASED, Limit.RESTRICTION):
        held = _limit(seen, kind)
        if held is None or (kind is Limit.RESTRICTION and seen.purpose == Purpose.SERVICE):
            continue
        return Refusal(state=State.SUPPRESSED, reason=kind.value, values={"since": held.since.isoformat()})
    return None


def child(seen: Seen) -> Refusal | None:
    """A child gets promotions only where a guardian is known and agreed since (GDPR article 8)."""
    if seen.purpose != Purpose.PROMOTIONAL:
        return None
    held = _limit(seen, Limit.CHILD)
    if held is None and not seen.child_in:
        return None
    agreed = seen.consent
    if held is not None and held.guardian and agreed is not None and agreed.granted and agreed.at >= held.since:
        return None
    return Refusal(state=State.SUPPRESSED, reason="child", values={"place": seen.child_in or "noted by staff"})


def existing_customer(seen: Seen) -> Refusal | None:
    """Who did not agree but bought is told of similar goods only where the rulebook allows it, and told so."""
    if not seen.existing_customer:
        return None
    values: dict[str, Any] = {"address": seen.address}
    if seen.existing is None:
        return Refusal(state=State.SUPPRESSED, reason="existing_customer_elsewhere", values=values)
    values |= {"kind": seen.kind or "none", "source": seen.existing.source}
    if seen.kind not in seen.existing.kinds:
        return Refusal(state=State.SUPPRESSED, reason="existing_customer_kind", values=values)
    if not seen.says_existing:
        # Written before the basis was noted; written again, it says it.
        until = min(seen.now + _WRITE_AGAIN, seen.expires_at)
        return Refusal(state=State.HELD, reason="existing_customer_unsaid", until=until, values=values)
    return None


def on_do_not_call_list(seen: Seen) -> Refusal | None:
    """No machine calls a number of a do-not-call list, nor one that a list may have which is too old to be asked.

    Consent to calls goes before a list (47 CFR 64.1200(c)(2)(ii)); so does consent to promotions, for texts.
    """
    found, agreed = seen.on_list, seen.consent
    if found is None or (agreed is not None and agreed.granted and not seen.existing_customer):
        return None
    values: dict[str, Any] = {"address": seen.address, "list": found.named or found.stale, "source": found.source}
    if found.named:
        return Refusal(state=State.SUPPRESSED, reason="do_not_call", values=values)
    if not found.stale:
        return None
    if found.loaded_at is not None:
        values["at"] = found.loaded_at.isoformat()
    until = min(seen.now + _ASK_LATER, seen.expires_at)
    return Refusal(state=State.HELD, reason="do_not_call_old", until=until, values=values)


def _limit(seen: Seen, kind: Limit) -> Held | None:
    return next((one for one in seen.limits if one.kind == kind), None)
