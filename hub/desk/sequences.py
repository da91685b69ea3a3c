"""Sequences as staff runs them: written in versions, switched on, paused and off, people taken out; all audited."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.sequence import Sequence
from hub.store import audit, customers, enrolments, forms, segments, sequences, templates
from hub.store.audit import Actor
from hub.store.sequences import OFF, ON, PAUSED, Switch

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
# Each of these is a state and what brings it about, so that a page and the API use one word.
SWITCHES = {ON: "sequence.on", PAUSED: "sequence.paused", OFF: "sequence.off"}


def save_sequence(
    conn: Connection, name: str, definition: Mapping[str, Any], by: Actor, *, based_on: int | None = None
) -> int:
    """Saves a sequence, as its next version where there is one; returns the version. Raises Refused naming the field.

    Who is on the way goes on by the version that let them in. `based_on`: the version that was edited, 0 for a new one.
    """
    if not NAME.match(name):
        raise Refused(
            f"{name[:60]!r} is no name for a sequence.",
            field="name",
            next_step="Use small letters, digits and _, beginning with a letter: after_purchase.",
        )
    version = sequences.save(conn, name, definition, by.name, by.at, based_on=based_on)
    audit.note(conn, by, "sequence.saved", f"sequence/{name}", {"version": version})
    return version


def switch_sequence(conn: Connection, name: str, state: str, by: Actor, *, channels: Collection[str]) -> Switch:
    """Switches a sequence on, off or pauses it. Off: whoever is on the way leaves, and what waits is cancelled.

    `channels`: those that send. Raises NotFound, and Refused where it names what is not there.
    """
    if state not in SWITCHES:
        raise Refused(f"A sequence is {', '.join(SWITCHES)}.", field="state")
    version = sequences.current(conn, name)
    was = sequences.switch(conn, name).state
    if state == PAUSED and was == OFF:
        raise Refused("This sequence is off.", field="state", next_step="Switch it on first.")
    if state == ON:
        check_names(conn, version.sequence, channels)
    if state != was:
        sequences.put_switch(conn, name, state, by.name, by.at)
        left = 0
        while state == OFF and (some := enrolments.leave_all(conn, name, "off", by.at)):
            left += some
        audit.note(conn, by, SWITCHES[state], f"sequence/{name}", {"left": left} if left else None)
    return sequences.switch(conn, name)


def check_names(conn: Connection, sequence: Sequence, channels: Collection[str]) -> None:
    """Raises Refused for a template, channel, segment or form that a sequence names and that is not there."""
    names = sequence.names
    there = {
        "template": {row["name"] for row in templates.listed(conn)},
        "channel": set(channels),
        "segment": {row.name for row in segments.all_current(conn)},
        "form": {row["slug"] for row in forms.newest(conn) if row["active"]},
    }
    for kind, wanted in names.items():
        if missing := sorted(wanted - there[kind]):
            raise Refused(
                f"There is no {kind} {missing[0]!r}.",
                field="steps",
                next_step=f"Make the {kind} first, or change the step that names it.",
            )


def retire_sequence(conn: Connection, name: str, by: Actor) -> None:
    """Takes a sequence off the list; its versions and what it did stay. Raises NotFound, and Refused while it is on."""
    sequences.retire(conn, name)
    audit.note(conn, by, "sequence.retired", f"sequence/{name}")


def take_out(conn: Connection, enrolment_id: int, by: Actor) -> None:
    """Takes somebody out of a sequence; what waits for them is not sent. Raises NotFound and Refused."""
    row = enrolments.by_id(conn, enrolment_id)
    if not enrolments.leave(conn, row, "staff", by.at):
        raise Refused("They are not on the way through it any more.")
    audit.note(conn, by, "sequence.left", f"enrolment/{enrolment_id}", {"sequence": row["sequence"]})


def put_in(conn: Connection, name: str, customer: int, by: Actor) -> int:
    """Lets a customer into a sequence that is on, by hand; returns the enrolment. Raises NotFound and Refused."""
    version = sequences.current(conn, name)
    if sequences.switch(conn, name).state != ON:
        raise Refused("This sequence is not on.", next_step="Switch it on first.")
    customers.require(conn, customer)
    last = enrolments.last_of(conn, name, [customer]).get(customer)
    if last is not None and last.state == "active":
        raise Refused("They are on the way through it already.", field="customer")
    row = {
        "sequence": name,
        "sequence_id": version.id,
        "customer_id": customer,
        "round": last.round + 1 if last else 1,
        "state": "active",
        "step": version.sequence.start,
        "due_at": by.at,
        "context": {"key": f"staff:{by.at.isoformat()}", "staff": by.name},
        "entered_at": by.at,
    }
    enrolments.enrol(conn, [row])
    made = next(iter(enrolments.active_of(conn, name, [customer])))
    audit.note(conn, by, "sequence.entered", f"enrolment/{made['id']}", {"sequence": name, "customer": customer})
    return int(made["id"])
