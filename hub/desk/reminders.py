"""Reminder rules, as staff keeps them: added, changed, switched and removed; all audited."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit
from hub.store import reminders as store
from hub.store.audit import Actor


def add_rule(conn: Connection, rule: Mapping[str, Any], by: Actor, *, channels: Collection[str]) -> int:
    """Adds a rule; returns its id. `channels`: those there are. Raises Refused naming the field."""
    _check_channels(rule, channels)
    made = store.add_rule(conn, now=by.at, **rule)
    audit.note(conn, by, "reminder_rule.added", f"reminder_rule/{made}")
    return made


def change_rule(
    conn: Connection, number: int, changes: Mapping[str, Any], by: Actor, *, channels: Collection[str]
) -> None:
    """Changes a rule; what it has planned already stays. Raises NotFound, and Refused naming the field."""
    _check_channels(changes, channels)
    store.change_rule(conn, number, changes)
    audit.note(conn, by, "reminder_rule.changed", f"reminder_rule/{number}", {"fields": sorted(changes)})


def switch_rule(conn: Connection, number: int, enabled: bool, by: Actor) -> None:
    """Switches a rule on or off; what it has planned already stays. Raises NotFound."""
    store.change_rule(conn, number, {"enabled": enabled})
    audit.note(conn, by, "reminder_rule.changed", f"reminder_rule/{number}", {"enabled": enabled})


def remove_rule(conn: Connection, number: int, by: Actor) -> None:
    """Removes a rule; messages it has planned keep their own story. Raises NotFound."""
    store.remove_rule(conn, number)
    audit.note(conn, by, "reminder_rule.removed", f"reminder_rule/{number}")


def _check_channels(rule: Mapping[str, Any], channels: Collection[str]) -> None:
    named = [(field, str(rule.get(field) or "")) for field in ("channel", "next_channel")]
    for field, name in [*named, *(("best_of", str(one)) for one in rule.get("best_of", ()))]:
        if name and name not in channels:
            raise Refused(
                f"{name[:40]!r} is no channel.", field=field, next_step=f"Choose one of {', '.join(channels)}."
            )
