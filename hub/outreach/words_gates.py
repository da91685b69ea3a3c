"""Gates about the words: what WhatsApp takes only where it was approved, and what is never said to anybody."""

from __future__ import annotations

from hub.model.outbound import State
from hub.outreach.seen import Seen
from hub.outreach.seen_values import Refusal
from hub.outreach.text_limits import SESSION


def session_over(seen: Seen) -> Refusal | None:
    """WhatsApp takes what a business words freely only within 24 hours of the customer's last message."""
    if not seen.address.startswith("whatsapp:") or seen.approved:
        return None
    if seen.heard_at is not None and seen.now < seen.heard_at + SESSION:
        return None
    values = {"address": seen.address, "heard_at": seen.heard_at.isoformat() if seen.heard_at else "never"}
    return Refusal(state=State.SUPPRESSED, reason="whatsapp_session_over", values=values)


def never_said(seen: Seen) -> Refusal | None:
    """No message names a fact about health; no promotion is chosen by one, or is about a prescription medicine."""
    if seen.barred is None:
        return None
    return Refusal(state=State.SUPPRESSED, reason=seen.barred.reason, values={"what": seen.barred.what})
