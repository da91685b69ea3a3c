"""Gates: for each, what it refuses, into which state, and the values it keeps; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.model.matter import Matter
from hub.model.never_said import Bar
from hub.model.outbound import State
from hub.outreach.frequency import Period
from hub.outreach.gates import Consent, Event, Seen, Suppression, ask
from hub.outreach.quiet_hours import Hours, Window
from hub.outreach.reasons import in_words
from hub.outreach.text_limits import Spending
from tests.builders import NOW

ALL_DAYS = frozenset(range(7))
DAYTIME = Hours(
    place="CZ", opens=time(8), closes=time(21), days=ALL_DAYS, sunday=None, source="s", since=date(2026, 1, 1)
)
AGREED = Consent(granted=True, at=NOW, source="form")
START = NOW + timedelta(hours=2)
REMINDER = Seen(
    now=NOW,
    purpose="reminder",
    channel="main_number",
    expires_at=NOW + timedelta(hours=1),
    address="tel:+14155550101",
    heard_by=frozenset({"main_number"}),
    about="appointment",
    about_revision=1,
    about_starts_at=START,
    event=Event(revision=1, starts_at=START, state="booked"),
    country="US",
)
PROMOTION = Seen(
    now=NOW,
    purpose="promotional",
    channel="main_number",
    expires_at=NOW + timedelta(days=1),
    address="tel:+14155550101",
    address_confirmed=True,
    heard_by=frozenset({"main_number"}),
    consent=AGREED,
    windows=(Window("Europe/Prague", DAYTIME),),
)
CALL = replace(REMINDER, channel="main_phone", called=True, windows=PROMOTION.windows)
REPLY = Seen(
    now=NOW,
    purpose="service",
    channel="main_number",
    expires_at=NOW + timedelta(days=3),
    address="tel:+14155550101",
    heard_by=frozenset({"main_number"}),
)


def against(reason: str = "stop", *, purpose: str = "", channel: str = "") -> dict[str, Any]:
    return {"suppressions": (Suppression(purpose=purpose, channel=channel, reason=reason, since=NOW),)}


def period(cap: int, sent: int, *, days: float = 0.5) -> Period:
    return Period(name="day", cap=cap, sent=sent, ends_at=NOW + timedelta(days=days))


WHATSAPP = {"address": "whatsapp:+14155550101"}


def spending(spent: str, *, hours: float) -> dict[str, Any]:
    money = Spending(spent=Decimal(spent), most=Decimal(10), until=NOW + timedelta(hours=hours))
    return {"spending": money}


def event(**more: Any) -> dict[str, Any]:
    return {"event": Event(**{"revision": 1, "starts_at": START, "state": "booked", **more})}


@pytest.mark.parametrize(
    ("seen", "changes", "state", "reason"),
    [
        pytest.param(REMINDER, {}, None, "", id="a true reminder goes"),
        pytest.param(REMINDER, event(state="confirmed"), None, "", id="of a confirmed appointment too"),
        pytest.param(PROMOTION, {}, None, "", id="a promotion with consent, by day, goes"),
        pytest.param(REPLY, {}, None, "", id="an answer goes"),
        pytest.param(REMINDER, {"kill_switch": "incident"}, State.HELD, "kill_switch", id="kill switch"),
        pytest.param(REPLY, {"kill_switch": "incident"}, State.HELD, "kill_switch", id="kill switch holds answers"),
        pytest.param(REMINDER, {"expires_at": NOW}, State.EXPIRED, "expired", id="too late"),
        pytest.param(REMINDER, {"event": None}, State.CANCELLED, "appointment_gone", id="appointment gone"),
        pytest.param(
            REMINDER, event(state="cancelled"), State.CANCELLED, "appointment_cancelled", id="appointment cancelled"
        ),
        pytest.param(
            REMINDER, event(starts_at=START + timedelta(hours=1), revision=2), State.CANCELLED, "appointment_moved",
            id="appointment moved",
        ),
        pytest.param(REMINDER, event(revision=2), State.CANCELLED, "appointment_changed", id="appointment changed"),
        pytest.param(
            REMINDER, {"address_closed_at": NOW}, State.CANCELLED, "address_closed", id="the number is another's now"
        ),
        pytest.param(REMINDER, against(), State.SUPPRESSED, "suppressed_stop", id="STOP silences reminders"),
        pytest.param(
            REMINDER, against(channel="main_number"), State.SUPPRESSED, "suppressed_stop", id="STOP to this sender"
        ),
        pytest.param(REMINDER, against(channel="other_number"), None, "", id="STOP to another sender"),
        pytest.param(
            REMINDER,
            {**against(channel="inbox_number"), "heard_by": frozenset({"main_number", "inbox_number"})},
            State.SUPPRESSED, "suppressed_stop", id="STOP to the channel that reads the answers",
        ),
        pytest.param(REMINDER, against("complaint", purpose="promotional"), None, "", id="a complaint is not STOP"),
        pytest.param(
            PROMOTION, against("complaint", purpose="promotional"), State.SUPPRESSED, "suppressed_complaint",
            id="a complaint ends promotions",
        ),
        pytest.param(
            REPLY, against("withdrawn", purpose="promotional"), None, "", id="a promotional opt-out keeps answers"
        ),
        pytest.param(REPLY, against(channel="main_number"), State.SUPPRESSED, "suppressed_stop", id="STOP to us"),
        pytest.param(REPLY, against("bounce"), State.SUPPRESSED, "suppressed_bounce", id="a dead address"),
        pytest.param(PROMOTION, {"consent": None}, State.SUPPRESSED, "no_consent", id="no consent"),
        pytest.param(
            PROMOTION, {"consent": replace(AGREED, granted=False)}, State.SUPPRESSED, "consent_withdrawn",
            id="consent withdrawn",
        ),
        pytest.param(
            PROMOTION, {"address_confirmed": False}, State.SUPPRESSED, "address_not_confirmed", id="unproven address"
        ),
        pytest.param(REMINDER, {"consent": None}, None, "", id="a reminder needs no promotional consent"),
        pytest.param(
            REMINDER, {"countries": frozenset({"CZ"})}, State.SUPPRESSED, "country_not_allowed", id="country"
        ),
        pytest.param(REMINDER, {"countries": frozenset({"US"})}, None, "", id="an allowed country"),
        pytest.param(
            REMINDER, {"countries": frozenset({"US"}), "country": ""}, State.SUPPRESSED, "country_not_allowed",
            id="an unknown country is not an allowed one",
        ),
        pytest.param(REPLY, WHATSAPP | {"heard_at": NOW - timedelta(hours=23)}, None, "", id="within WhatsApp's hours"),
        pytest.param(
            REPLY, WHATSAPP | {"heard_at": NOW - timedelta(hours=24)}, State.SUPPRESSED, "whatsapp_session_over",
            id="after WhatsApp's 24 hours",
        ),
        pytest.param(REMINDER, WHATSAPP, State.SUPPRESSED, "whatsapp_session_over", id="never heard by WhatsApp"),
        pytest.param(PROMOTION, spending("9.99", hours=8), None, "", id="money is left"),
        pytest.param(PROMOTION, spending("10", hours=8), State.HELD, "spend_cap_waits", id="the day's money is spent"),
        pytest.param(REMINDER, spending("10", hours=8), State.EXPIRED, "spend_cap", id="tomorrow is too late"),
        pytest.param(REPLY, spending("10", hours=8), None, "", id="staff answers whatever is spent"),
        pytest.param(REMINDER, {"premium_rate": True}, State.SUPPRESSED, "premium_rate", id="premium rate"),
        pytest.param(REMINDER, {"paused_why": "password"}, State.HELD, "channel_paused", id="channel paused"),
        pytest.param(
            PROMOTION, {"now": datetime(2026, 3, 2, 6, 59, tzinfo=UTC)}, State.HELD, "quiet_hours", id="before 8 there"
        ),
        pytest.param(
            PROMOTION, {"now": datetime(2026, 3, 2, 20, 0, tzinfo=UTC)}, State.HELD, "quiet_hours", id="at 21 there"
        ),
        pytest.param(PROMOTION, {"windows": ()}, State.EXPIRED, "quiet_hours_until_too_late", id="never fails open"),
        pytest.param(
            PROMOTION,
            {"now": datetime(2026, 3, 2, 20, 0, tzinfo=UTC), "expires_at": datetime(2026, 3, 3, 7, 0, tzinfo=UTC)},
            State.EXPIRED, "quiet_hours_until_too_late", id="too late when the hours open",
        ),
        pytest.param(REMINDER, {"windows": ()}, None, "", id="reminders have no quiet hours"),
        pytest.param(PROMOTION, {"run_state": "running"}, None, "", id="a run on its way"),
        pytest.param(PROMOTION, {"run_state": "planning"}, None, "", id="a run still planned is on its way"),
        pytest.param(PROMOTION, {"run_state": "paused"}, State.PLANNED, "run_paused", id="run paused"),
        pytest.param(PROMOTION, {"run_state": "cancelled"}, State.CANCELLED, "run_cancelled", id="run cancelled"),
        pytest.param(
            PROMOTION, {"promotions_held": "restored"}, State.HELD, "promotions_held", id="held after a restore"
        ),
        pytest.param(REMINDER, {"promotions_held": "restored"}, None, "", id="reminders go on after a restore"),
        pytest.param(
            PROMOTION, {"matters": (Matter(kind="conversation", number=7, since=NOW),)}, State.HELD,
            "open_conversation", id="an unanswered question",
        ),
        pytest.param(
            PROMOTION,
            {"matters": tuple(Matter(kind=kind, number=7, since=NOW) for kind in ("conversation", "complaint"))},
            State.HELD, "open_complaint", id="an open complaint first",
        ),
        pytest.param(
            REPLY, {"matters": (Matter(kind="conversation", number=7, since=NOW),)}, None, "",
            id="an answer answers the open question",
        ),
        pytest.param(PROMOTION, {"periods": (period(1, 0),)}, None, "", id="under the cap"),
        pytest.param(PROMOTION, {"periods": (period(1, 1),)}, State.HELD, "frequency_cap_waits", id="full today"),
        pytest.param(
            PROMOTION, {"periods": (period(1, 1, days=3),)}, State.SUPPRESSED, "frequency_cap", id="full for too long"
        ),
        pytest.param(PROMOTION, {"periods": (period(0, 0),)}, State.SUPPRESSED, "frequency_cap", id="0 is none at all"),
        pytest.param(PROMOTION, {"periods": ()}, None, "", id="no cap"),
        pytest.param(CALL, {}, None, "", id="a reminder by call, by day, goes"),
        pytest.param(
            CALL, {"now": NOW + timedelta(hours=11), "expires_at": NOW + timedelta(days=1)}, State.HELD, "quiet_hours",
            id="no phone rings at night",
        ),
        pytest.param(
            CALL, {"now": NOW + timedelta(hours=11), "expires_at": NOW + timedelta(hours=12)}, State.EXPIRED,
            "quiet_hours_until_too_late", id="nor in the morning when that is too late",
        ),
        pytest.param(CALL, against("withdrawn", purpose="calls"), State.SUPPRESSED, "suppressed_withdrawn", id="key 9"),
        pytest.param(REMINDER, against("withdrawn", purpose="calls"), None, "", id="key 9 ends calls, not texts"),
        pytest.param(
            CALL, {"call_consent_asked_in": "RU"}, State.SUPPRESSED, "no_call_consent", id="consent is asked for"
        ),
        pytest.param(CALL, {"call_consent_asked_in": "RU", "consent": AGREED}, None, "", id="and was given"),
        pytest.param(PROMOTION, {"called": True}, State.SUPPRESSED, "promotion_by_call", id="no promotion by call"),
        pytest.param(
            PROMOTION, {"barred": Bar("prescription", "Amoxicillin"), "paused_why": "a mistake"}, State.SUPPRESSED,
            "prescription", id="a medicine is never promoted, whatever else holds it",
        ),
        pytest.param(
            REMINDER, {"barred": Bar("names_health", "diagnosis")}, State.SUPPRESSED, "names_health",
            id="a fact about health stands in no reminder",
        ),
    ],
)  # fmt: skip
@pytest.mark.outbound(
    "gate-kill-switch", "gate-run", "gate-expired", "gate-consent", "gate-suppressed", "gate-quiet-hours", "gate-cap",
    "gate-appointment", "gate-open-matter", "gate-spend", "gate-country", "hours-closed", "reminder-consent",
    "cap-unset", "late-promotion",
)  # fmt: skip
def test_a_gate_lets_through_or_says_why_not(
    seen: Seen, changes: dict[str, Any], state: State | None, reason: str
) -> None:
    refusal = ask(replace(seen, **changes))
    assert (refusal.state if refusal else None) == state
    assert (refusal.reason if refusal else "") == reason
    if refusal is not None:
        until = {"until": refusal.until.isoformat()} if refusal.until else {}
        assert "?" not in in_words(refusal.state, refusal.reason, {**refusal.values, **until}), "the sentence is whole"


@pytest.mark.outbound("state-gated")
def test_a_refusal_keeps_the_values_it_saw() -> None:
    refusal = ask(replace(REMINDER, **event(revision=3, starts_at=START + timedelta(hours=1))))
    assert refusal is not None
    assert refusal.values["planned_revision"] == 1
    assert refusal.values["revision"] == 3
    assert refusal.plan_again


@pytest.mark.outbound("state-gated")
def test_what_is_held_says_until_when() -> None:
    refusal = ask(replace(PROMOTION, now=datetime(2026, 3, 2, 20, 1, tzinfo=UTC)))
    assert refusal is not None
    assert refusal.until == datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    assert refusal.values["local_time"] == "Mon 21:01"
