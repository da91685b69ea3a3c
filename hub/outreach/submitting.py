"""Submitting: one transaction asks every gate again and writes down the attempt, before any byte leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.model.outbound import Purpose, State
from hub.model.value import value
from hub.outreach import seeing
from hub.outreach.gates import Refusal, ask
from hub.outreach.house import House
from hub.outreach.outcomes import tell_ends
from hub.outreach.prepare import Prepared
from hub.outreach.quiet_hours import Rulebook, closing
from hub.outreach.seen import Seen
from hub.store import clicks, dispatching
from hub.store.outbox import free_keys

# How long a channel may take until the final dot or the POST; then how long an answer may be waited for (RFC 5321
# 4.5.3.2.6: 10 minutes after the dot).
SEND_WITHIN = timedelta(minutes=2)
ANSWER_WITHIN = timedelta(minutes=11)


@value()
class Go:
    """The message may leave: this attempt, before the deadline. `until`: the provider may deliver it no later; `row`:
    the message as it was submitted.
    """

    attempt: int
    deadline: datetime
    until: datetime | None = None
    row: Mapping[str, Any] = field(default_factory=dict, repr=False)


def submit(
    conn: Connection,
    items: Sequence[Prepared],
    now: datetime,
    worker: str,
    house: House,
    rulebook: Rulebook,
) -> list[Go | None]:
    """Returns for each claimed message whether it may leave now; None where a gate refused or another took it."""
    current = dispatching.as_they_are(conn, [item.id for item in items], {item.id: item.message for item in items})
    ours = {item.id for item in items if _is_ours(current.get(item.id), item, worker)}
    chosen = [row for message, row in current.items() if message in ours]
    seen = seeing.load(conn, chosen, now, house, rulebook, lock=True)
    lately: Counter[tuple[int, str, str]] = Counter()
    beside: Counter[str] = Counter()
    verdicts: list[Go | None] = []
    changes: list[tuple[int, Mapping[str, Any]]] = []
    steps: list[dict[str, Any]] = []
    to_free: list[int] = []
    followed: list[clicks.Kept] = []
    for item in items:
        if item.id not in ours:
            verdicts.append(None)
            continue
        row = current[item.id]
        line = (row["identity_id"], row["purpose"], row["channel"])
        looked_at = seen[item.id].after(lately[line]).beside(beside[row["channel"]])
        looked_at = looked_at.worded(approved=bool(item.rendered.approved), barred=item.barred).told(
            item.kind, existing=item.notices.existing
        )
        refusal = ask(looked_at) or _failure(item)
        lately[line] += refusal is None
        beside[row["channel"]] += refusal is None and row["purpose"] == Purpose.PROMOTIONAL
        values = _refused(row, refusal) if refusal else _going(row, item, now)
        followed += item.followed if refusal is None else ()
        changes.append((item.id, values))
        if refusal is None or (row["reason"], row["state"]) != (refusal.reason, State.HELD):
            steps.append(_step(row, values, refusal, now, worker))
        if refusal is not None and refusal.plan_again:
            to_free.append(item.id)
        verdicts.append(None if refusal else _go({**row, **values}, looked_at, mail=item.to.scheme == "mailto"))
    clicks.keep(conn, followed, now)
    dispatching.move(conn, changes, steps)
    free_keys(conn, to_free)
    tell_ends(conn, [(current[message], values) for message, values in changes], now)
    return verdicts


def _go(row: Mapping[str, Any], seen: Seen, *, mail: bool) -> Go:
    """A text that leaves shortly before the hours close waits at the provider no longer than they are open."""
    hours_end = closing(seen.windows, seen.now) if seen.keeps_hours and not mail else None
    until = min(row["expires_at"], hours_end) if hours_end else row["expires_at"]
    return Go(row["attempt"], min(seen.now + SEND_WITHIN, row["expires_at"]), until, row)


def _is_ours(row: Mapping[str, Any] | None, item: Prepared, worker: str) -> bool:
    """The lease is the fence: whoever claimed it again later wrote another one."""
    return (
        row is not None
        and row["state"] == State.CLAIMED
        and row["worker"] == worker
        and row["lease_until"] == item.message["lease_until"]
    )


def _failure(item: Prepared) -> Refusal | None:
    if not item.failure:
        return None
    return Refusal(state=State.FAILED, reason="cannot_be_written", values={"error": item.failure})


def _refused(row: Mapping[str, Any], refusal: Refusal) -> dict[str, Any]:
    return {
        "state": refusal.state.value,
        "reason": refusal.reason,
        "due_at": refusal.until or row["due_at"],
        "worker": "",
        "lease_until": None,
    }


def _going(row: Mapping[str, Any], item: Prepared, now: datetime) -> dict[str, Any]:
    said: dict[str, Any] = {"subject": item.rendered.subject, "text": item.rendered.text, "language": item.language}
    content = {**row["content"], "to_name": item.to_name, "rendered": said}
    if item.followed:
        content[clicks.FOLLOWED] = len(item.followed)
    if item.to.scheme != "mailto":
        # What its provider fetches, by the links of this attempt and of any other.
        said |= {"media": list(item.rendered.media)} if item.rendered.media else {}
        content |= {"enclosed": [dict(file) for file in item.enclosed]} if item.enclosed else {}
    elif item.files:
        # The message's own come first; its template's are the template's.
        sized = zip(row["content"].get("attachments") or (), item.files, strict=False)
        content["attachments"] = [{**named, "size": len(file.content or b"")} for named, file in sized]
    return {
        "state": State.SUBMITTING.value,
        "reason": "",
        "attempt": row["attempt"] + 1,
        "body_hash": item.body_hash,
        "parts": item.parts,
        "template_id": item.template_id,
        "content": content,
        "lease_until": now + SEND_WITHIN + ANSWER_WITHIN,
    }


def _step(
    row: Mapping[str, Any], values: Mapping[str, Any], refusal: Refusal | None, now: datetime, worker: str
) -> dict[str, Any]:
    if refusal is None:
        seen: dict[str, Any] = {"attempt": values["attempt"], "parts": values["parts"]}
    else:
        seen = dict(refusal.values)
        if refusal.until is not None:
            seen["until"] = refusal.until.isoformat()
    return {
        "message_id": row["id"],
        "state": values["state"],
        "reason": values["reason"],
        "seen": seen,
        "worker": worker,
        "at": now,
    }
