"""What counts as a promotion where: by the kind of a template and the recipient's country, as the rulebook says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub.model.outbound import Purpose
from hub.outreach.counted_kinds import Counts
from hub.outreach.quiet_hours import Rulebook, Where

_UNKNOWN, _DEFAULT = "unknown", "default"


def counting(rows: Sequence[Counts], kind: str, where: Where, today: date) -> Counts | None:
    """Returns the row by which a kind counts as a promotion for a recipient, None where none does.

    Of several countries in which they may be, one that counts it is enough; where nobody knows, the stricter row holds.
    """
    places = sorted(where.countries) or [_UNKNOWN]
    held = [_in_force(rows, place, today) or _in_force(rows, _DEFAULT, today) for place in places]
    return next((row for row in held if row is not None and kind in row.kinds), None)


def purpose_of(template: Mapping[str, Any], where: Where, rulebook: Rulebook | None, today: date) -> str:
    """Returns why a template writes to a recipient: as its kind counts where they are, else as its own purpose says.

    Without a rulebook a kind counts everywhere.
    """
    kind = template.get("kind") or ""
    if not kind:
        return str(template["purpose"])
    counts = rulebook is None or counting(rulebook.counts, kind, where, today) is not None
    return Purpose.PROMOTIONAL.value if counts else Purpose.REMINDER.value


def strictest(templates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns purpose and kind of a template, the strictest where its languages differ; both empty where none is."""
    if not templates:
        return {"purpose": "", "kind": ""}
    kinds = {str(row.get("kind") or "") for row in templates}
    purposes = {str(row["purpose"]) for row in templates}
    promotional = Purpose.PROMOTIONAL.value in purposes
    return {
        "purpose": Purpose.PROMOTIONAL.value if promotional else min(purposes),
        # Languages of several kinds: what they are for decides, as before there were kinds.
        "kind": kinds.pop() if len(kinds) == 1 else "",
    }


def _in_force(rows: Sequence[Counts], place: str, today: date) -> Counts | None:
    known = [row for row in rows if row.place == place and row.since <= today]
    return max(known, key=lambda row: row.since, default=None)
