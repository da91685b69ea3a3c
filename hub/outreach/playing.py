"""Playing: what is due on a copy, asked of every gate as the way out asks, each message at the moment it is due.

No channel is asked and nothing waits for an answer, so what serves a real send (claims, leases, attempts, the words to
be searched) is left out; what later decisions look at is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from hub.model.outbound import Origin, Purpose, State
from hub.outreach import seeing, timeline
from hub.outreach.gates import Refusal, ask
from hub.outreach.house import House
from hub.outreach.materials import Materials, gather
from hub.outreach.prepare import Prepared, prepare
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering.skeleton import Skeleton
from hub.outreach.seen import Seen
from hub.outreach.words_gates import never_said
from hub.store import appointments, dispatching, enrolments, outbox, templates
from hub.store.question import ids_of
from hub.store.tables import MessageRow
from hub.store.tables.base import EPOCH

# So many in one transaction: a stop waits for it.
PAGE = 1_000
# What is counted by the day is counted anew wherever a day begins: every zone's offset is a multiple of this.
_QUARTER = timedelta(minutes=15)
# Held until a moment that is known; whatever else holds a message is still there when it is too late for it.
_UNTIL_THEN = ("quiet_hours", "frequency_cap_waits", "spend_cap_waits", "warm_up_waits", "asked_to_rest_waits")
_LOST = frozenset({State.SUPPRESSED, State.FAILED, State.EXPIRED, State.CANCELLED})
# The messages of a sequence's step are as alike as those of a run; as one, they count by this number.
_ALIKE = -1
# What a skeleton leaves open besides the customer.
_OPEN = frozenset({"offer", "advice"})
_M: Any = MessageRow.__table__
_DUE = (
    select(_M.c.id)
    .where(_M.c.state.in_(dispatching.CLAIMABLE), _M.c.due_at <= bindparam("last"))
    .where(_M.c.channel.in_(bindparam("channels", expanding=True)))
    .order_by(_M.c.due_at, _M.c.id)
    .limit(PAGE)
)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, both included; what was due before is done at its beginning."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Played:
    """How many messages were decided; `lost`: a reminder was not sent, so that its rule may go another way."""

    many: int = 0
    lost: bool = False


@dataclass(slots=True, kw_only=True)
class Player:
    """Decides for the channels of these names. `keeps_history`: something looks at what was written to customers."""

    house: House
    rulebook: Rulebook
    channels: Sequence[str]
    keeps_history: bool = False
    _skeletons: dict[tuple[Any, ...], Skeleton | None] = field(default_factory=dict)

    def play(self, conn: Connection, span: Span) -> Played:
        """Decides the earliest of what is due in a span, a page of it; none are left once it returns 0."""
        if dispatching.kill_switch(conn):
            return Played()
        rows = self._due(conn, span)
        if not rows:
            return Played()
        now = max(rows[0]["due_at"], span.first)
        found = seeing.Found.about(conn, rows, now, self.house, self.rulebook)
        seen = {row["id"]: found.seen(row, max(row["due_at"], span.first)) for row in rows}
        written = self._written(conn, [row for row in rows if _is_asked_by_its_words(seen[row["id"]])])
        verdicts = self._verdicts(rows, seen, written)
        passed = [row for row, _, refusal in verdicts if refusal is None and row["id"] not in written]
        written |= self._written(conn, passed)
        accepted: list[tuple[Mapping[str, Any], datetime, Prepared]] = []
        refused: list[tuple[Mapping[str, Any], datetime, Refusal]] = []
        for row, at, refusal in verdicts:
            if refusal is None:
                refusal = _refused_as_written(seen[row["id"]], written[row["id"]])
            if refusal is None:
                accepted.append((row, at, written[row["id"]]))
            else:
                refused.append((row, at, refusal))
        self._accept(conn, accepted)
        _refuse(conn, refused)
        return Played(len(rows), any(_is_lost_reminder(row, refusal) for row, _, refusal in refused))

    @property
    def _counts(self) -> bool:
        return any(lane.caps or lane.daily_spend is not None or lane.warm_up for lane in self.house.lanes.values())

    def _due(self, conn: Connection, span: Span) -> list[dict[str, Any]]:
        last, asked = span.last, {"channels": list(self.channels)}
        if self._counts:
            waits = _M.c.state.in_(dispatching.CLAIMABLE) & _M.c.channel.in_(asked["channels"])
            first = conn.scalar(select(func.min(_M.c.due_at)).where(waits, _M.c.due_at <= last))
            if first is None:
                return []
            start = max(first, span.first)
            last = min(last, start - (start - EPOCH) % _QUARTER + _QUARTER - timedelta(milliseconds=1))
        rows = dispatching.by_ids(conn, ids_of(conn, _DUE, {**asked, "last": last}))
        return sorted(rows, key=lambda row: (row["due_at"], row["id"]))

    def _verdicts(
        self,
        rows: Sequence[Mapping[str, Any]],
        seen: Mapping[int, Seen],
        written: Mapping[int, Prepared],
    ) -> list[tuple[Mapping[str, Any], datetime, Refusal | None]]:
        """Asks the gates for each, with what those before it take away from caps."""
        lately: Counter[tuple[int, str, str]] = Counter()
        beside: Counter[str] = Counter()
        spent: dict[str, Decimal] = {}
        found = []
        for row in rows:
            channel, line = row["channel"], (row["identity_id"], row["purpose"], row["channel"])
            looked_at = seen[row["id"]].after(lately[line]).beside(beside[channel])
            if looked_at.spending is not None and channel in spent:
                money = replace(looked_at.spending, spent=looked_at.spending.spent + spent[channel])
                looked_at = replace(looked_at, spending=money)
            if (words := written.get(row["id"])) is not None:
                looked_at = looked_at.worded(approved=bool(words.rendered.approved), barred=words.barred)
                looked_at = looked_at.told(words.kind, existing=words.notices.existing)
            refusal = ask(looked_at)
            if refusal is None:
                lately[line] += 1
                beside[channel] += row["purpose"] == Purpose.PROMOTIONAL
                # The parts are not known before it is written; one is the least.
                lane = self.house.lanes.get(channel)
                spent[channel] = spent.get(channel, Decimal(0)) + (lane.price_per_part if lane else Decimal(0))
            found.append((row, looked_at.now, refusal))
        return found

    def _written(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[int, Prepared]:
        """Renders what goes out, so that what cannot be written is known now."""
        return {one.id: one for one in self._rendered(conn, rows)} if rows else {}

    def _rendered(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> Iterator[Prepared]:
        materials = replace(gather(conn, rows), skeletons=self._skeletons)
        versions = {row["id"]: row for each in materials.templates.values() for row in each.values()}
        alike = replace(materials, pinned={**materials.pinned, **versions})
        for row in rows:
            like = self._as_of_a_run(row, materials)
            # A reminder carries its appointment as a file, which takes longer than its words and cannot fail.
            plain = {**row, "purpose": Purpose.SERVICE.value} if row["about"] == appointments.ABOUT else row
            yield prepare(like or plain, alike if like else materials, self.house, self.rulebook)

    def _as_of_a_run(self, row: Mapping[str, Any], materials: Materials) -> dict[str, Any] | None:
        """Returns a sequence's message as one of a run, whose messages are rendered once; None for any other."""
        records = materials.records.get(row["id"], {}).keys()
        if row["about"] != enrolments.ABOUT or row["staff_id"] is not None or not records <= _OPEN:
            return None
        spoken = materials.customers[row["customer_id"]]["language"] or row["content"].get("language", "")
        known = materials.templates.get(row["template"], {})
        template = templates.in_language(known, spoken, self.house.language)
        return {**row, "run_id": _ALIKE, "template_id": template["id"]} if template is not None else None

    def _accept(self, conn: Connection, accepted: Sequence[tuple[Mapping[str, Any], datetime, Prepared]]) -> None:
        plain, kept = [], []
        for row, at, one in accepted:
            values = {"state": State.ACCEPTED.value, "reason": "", "sent_at": at, "parts": one.parts}
            if self.keeps_history or row["origin"] == Origin.REPLY:
                said = {"subject": one.rendered.subject, "text": one.rendered.text}
                kept.append(
                    (({**row, "content": {**row["content"], "rendered": said}}, at, f"ahead/{row['id']}"), values)
                )
            else:
                plain.append((row["id"], values))
        recorded = timeline.record(conn, [sent for sent, _ in kept]) if kept else []
        noted = [
            (sent[0]["id"], {**values, "interaction_id": interaction, "conversation_id": conversation})
            for (sent, values), (interaction, conversation) in zip(kept, recorded, strict=True)
        ]
        dispatching.move(conn, [*plain, *noted], [])


def _refuse(conn: Connection, refused: Sequence[tuple[Mapping[str, Any], datetime, Refusal]]) -> None:
    changes: list[tuple[int, Mapping[str, Any]]] = []
    steps: list[dict[str, Any]] = []
    held = [row["id"] for row, _, refusal in refused if row["reason"] and refusal.state == State.EXPIRED]
    before = outbox.last_steps(conn, held)
    for row, at, refusal in refused:
        until = refusal.until
        if until is not None and refusal.reason not in _UNTIL_THEN:
            until = row["expires_at"]
        changes.append(
            (row["id"], {"state": refusal.state.value, "reason": refusal.reason, "due_at": until or row["due_at"]})
        )
        values = dict(refusal.values) | ({"until": until.isoformat()} if until else {})
        if (step := before.get(row["id"])) is not None:
            values |= {"held": step["reason"], "held_seen": step["seen"]}
        steps.append(
            {"message_id": row["id"], "state": refusal.state.value, "reason": refusal.reason, "seen": values, "at": at}
        )
    dispatching.move(conn, changes, steps)
    outbox.free_keys(conn, [row["id"] for row, _, refusal in refused if refusal.plan_again])


def _is_asked_by_its_words(seen: Seen) -> bool:
    """Says whether a gate looks at how a message is worded: what WhatsApp has approved, what tells a buyer why."""
    return seen.address.startswith("whatsapp:") or seen.existing_customer


def _refused_as_written(seen: Seen, written: Prepared) -> Refusal | None:
    """What is known of a message only once it is written."""
    if written.failure:
        return Refusal(state=State.FAILED, reason="cannot_be_written", values={"error": written.failure})
    return never_said(seen.worded(barred=written.barred))


def _is_lost_reminder(row: Mapping[str, Any], refusal: Refusal) -> bool:
    is_rule = row["origin"] == Origin.RULE and row["about"] != enrolments.ABOUT
    return is_rule and refusal.state in _LOST
