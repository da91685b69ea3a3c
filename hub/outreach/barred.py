"""Barred: messages that must not be said at all, however they came to be planned: asked again when they are written.

What they name or were chosen by may have been marked since they were saved and launched (hub.store.unpromoted).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import NotFound, Refused
from hub.model.never_said import NAMES_HEALTH, PRESCRIPTION, Bar
from hub.model.outbound import Purpose
from hub.outreach.rendering import Rendered
from hub.store import prescriptions, segments, sensitive, sequences, unpromoted
from hub.store.prescriptions import Medicines
from hub.store.sensitive import Marks
from hub.store.tables import RunRow

_TAG = re.compile(r"<[^>]*>")
_SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class Barred:
    """What must not be said. `chosen`: why runs (by number) and sequences (by name) may send no promotion."""

    marks: Marks = field(default_factory=Marks)
    medicines: Medicines = field(default_factory=Medicines)
    chosen: Mapping[int | str, Bar] = field(default_factory=dict)

    def why(
        self,
        message: Mapping[str, Any],
        template: Mapping[str, Any],
        rendered: Rendered,
        records: Mapping[str, Mapping[str, Any]],
    ) -> Bar | None:
        """Returns why a message must not go out; None where it may."""
        if self.marks.facts and (found := sensitive.fact_named(self.marks, template["faces"])):
            return Bar(NAMES_HEALTH, found[1])
        if message["purpose"] != Purpose.PROMOTIONAL or not (self.marks or self.medicines):
            return None
        for by in (message["run_id"], message["content"].get(_SEQUENCE)):
            if by and by in self.chosen:
                return self.chosen[by]
        if named := self._of(records) or self.medicines.named_in(_words(rendered)):
            return Bar(PRESCRIPTION, named)
        return None

    def _of(self, records: Mapping[str, Mapping[str, Any]]) -> str:
        """Returns the medicine that a record is about: an offer for it, a purchase or a cart with it."""
        if not self.medicines:
            return ""
        for row in records.values():
            lines = row.get("lines") or ()
            skus = [str(one.get("sku") or "") for one in (row, *lines)]
            if found := self.medicines.among(skus, [str(row.get("category") or "")]):
                return found
            said = " . ".join(str(one.get(name) or "") for one in (row, *lines) for name in ("what", "name", "title"))
            if found := self.medicines.named_in(said):
                return found
        return ""


NOTHING = Barred()


def load(conn: Connection, messages: Sequence[Mapping[str, Any]] = (), *, promotes: bool = False) -> Barred:
    """Returns what must not be said by these messages; `promotes`: by promotions that are no messages yet."""
    promotions = [one for one in messages if one["purpose"] == Purpose.PROMOTIONAL]
    if not (promotes or any(one["template"] for one in messages)):
        return NOTHING
    marks = sensitive.marks(conn)
    medicines = prescriptions.medicines(conn) if promotes or promotions else Medicines()
    if not marks and not medicines:
        return NOTHING
    return Barred(marks, medicines, {**_runs(conn, promotions, medicines), **_sequences(conn, promotions, medicines)})


def _runs(conn: Connection, promotions: Sequence[Mapping[str, Any]], medicines: Medicines) -> dict[int | str, Bar]:
    numbers = sorted({one["run_id"] for one in promotions if one["run_id"]})
    if not numbers:
        return {}
    rows = conn.execute(select(RunRow.id, RunRow.segment_id).where(RunRow.id.in_(numbers))).all()
    whys = {number: _why(conn, number, medicines) for number in {row.segment_id for row in rows}}
    return {row.id: why for row in rows if (why := whys[row.segment_id])}


def _why(conn: Connection, segment_id: int, medicines: Medicines) -> Bar | None:
    try:
        return unpromoted.why_segment(conn, segments.by_id(conn, segment_id).segment, medicines)
    except Refused:
        return None  # a newer hub's condition, after going back to an older one: planning says so


def _sequences(conn: Connection, promotions: Sequence[Mapping[str, Any]], medicines: Medicines) -> dict[int | str, Bar]:
    found: dict[int | str, Bar] = {}
    for name in sorted({one["content"][_SEQUENCE] for one in promotions if _SEQUENCE in one["content"]}):
        try:
            why = unpromoted.why_sequence(conn, sequences.current(conn, name).sequence, medicines)
        except (NotFound, Refused):
            continue  # taken off, or of a newer hub: its own gate says so
        if why:
            found[name] = why
    return found


def _words(rendered: Rendered) -> str:
    return " . ".join((rendered.subject, rendered.text, _TAG.sub(" ", rendered.html)))
