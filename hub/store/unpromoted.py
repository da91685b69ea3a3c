"""What no promotion may be chosen by or be about: health-class facts and prescription medicines; nor does another
system learn by a webhook who was chosen by them.

Offers to people with a condition are processing of data about their health for another purpose than their care: it
needs explicit consent to just that (GDPR article 9(2)(a)), which the hub's consents do not say. So the simplest rule
holds, for everybody: no promotion is chosen by a health-class fact, answer or form. Prescription medicines are never
advertised to the public (Directive 2001/83/EC article 88(1)(a)), nor is anybody chosen for having bought one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.model.never_said import CHOSEN_BY_HEALTH, CHOSEN_BY_PRESCRIPTION, FOLLOWS_HEALTH_FORM, Bar
from hub.model.outbound import Purpose
from hub.model.segment import Segment
from hub.model.sequence import Asks, Branch, Send, Sequence, Trigger, Webhook
from hub.store import offers, prescriptions, segments, sensitive, templates
from hub.store.prescriptions import Medicines


def why_segment(conn: Connection, segment: Segment, medicines: Medicines | None = None) -> Bar | None:
    """Returns why no promotion may be chosen by a segment; None where one may."""
    if what := sensitive.about(conn, segment):
        return Bar(CHOSEN_BY_HEALTH, what)
    medicines = prescriptions.medicines(conn) if medicines is None else medicines
    if what := medicines.asked_by(segment):
        return Bar(CHOSEN_BY_PRESCRIPTION, what)
    return None


def why_sequence(conn: Connection, sequence: Sequence, medicines: Medicines | None = None) -> Bar | None:
    """Returns why a sequence may send no promotion: by whom it lets in and on what it branches; None where it may."""
    known, entry = sensitive.marks(conn), sequence.entry
    if entry.on is Trigger.FORM and (entry.form in known.forms or (not entry.form and known.forms)):
        return Bar(FOLLOWS_HEALTH_FORM, entry.form)
    named = [entry.segment] if entry.segment else []
    asked: list[Segment] = []
    for step in sequence.steps.values():
        if isinstance(step, Branch) and step.asks is Asks.SEGMENT:
            named.append(step.name)
        elif isinstance(step, Branch) and step.asks is Asks.ANSWER and sensitive.asks(conn, step.name):
            return Bar(CHOSEN_BY_HEALTH, step.name)
        elif isinstance(step, Branch) and step.asks is Asks.FACT and step.condition is not None:
            asked.append(step.condition)
    for name in named:
        try:
            asked.append(segments.current(conn, name).segment)
        except NotFound:
            continue
    return next((why for segment in asked if (why := why_segment(conn, segment, medicines))), None)


def check_sequence(conn: Connection, sequence: Sequence) -> None:
    """Raises Refused for a sequence that sends a promotion to people chosen by what no promotion is chosen by, or that
    tells another system of them: who is told that somebody is on that way learns what they were chosen by.
    """
    hooks = any(isinstance(step, Webhook) for step in sequence.steps.values())
    if hooks and (why := why_sequence(conn, sequence)):
        raise Refused(
            f"{why.words} Nor is another system told of who was.", field="steps", next_step="Take the webhook out."
        )
    sends = {step.template for step in sequence.steps.values() if isinstance(step, Send)}
    promotes = any(
        row["purpose"] == Purpose.PROMOTIONAL or row["kind"]
        for name in sends
        for row in templates.active(conn, name).values()
    )
    if promotes and (why := why_sequence(conn, sequence)):
        raise Refused(why.words, field="steps", next_step="Ask about something else, or send reminders only.")


def check_campaign(conn: Connection, segment: Segment, variables: Mapping[str, Any]) -> None:
    """Raises Refused for a campaign by such a segment, or about an offer of a prescription medicine."""
    if why := why_segment(conn, segment):
        raise Refused(why.words, field="segment", next_step="Choose another segment.")
    if name := str(variables.get("offer", "")):
        known = offers.by_external_id(conn, [name]).get(name)
        if known is not None and (what := offers.prescription_of(conn, known)):
            raise Refused(f"{what!r} is prescription only and never promoted.", field="variables")
