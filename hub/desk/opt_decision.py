"""Deciding: staff says whether somebody whose words were unclear wants no more messages; both answers are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from hub.desk.tasks import finish_task
from hub.model.errors import NotFound
from hub.store import audit, consents, interactions, jobs, outbox
from hub.store.audit import Actor
from hub.store.tables import IdentityRow, InteractionRow, TaskRow

UNSURE = "opt_unsure"
TOLD = "opt."
STOPS, GOES_ON = "stop", "no_stop"
PROMOTIONAL = "promotional"
# A text is answered to one sender of ours, a mail or form to the address whichever way we write.
_NUMBERS = ("sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Question:
    """What staff is asked of a conversation: the task, and which entry it is about."""

    task: int
    interaction: int


def asked_in(conn: Connection, conversation_id: int) -> list[Question]:
    """Returns what is not decided yet of a conversation, the oldest first."""
    rows = conn.execute(
        select(TaskRow.id, TaskRow.interaction_id)
        .where(TaskRow.conversation_id == conversation_id, TaskRow.kind == UNSURE, TaskRow.state == "open")
        .order_by(TaskRow.id)
    )
    return [Question(row.id, row.interaction_id) for row in rows if row.interaction_id is not None]


def decide(conn: Connection, task_id: int, by: Actor, key: bytes, *, meant_stop: bool) -> int | None:
    """Does what was meant and finishes the task; returns its conversation. `key`: `Keys.consent`.

    Stop: as if they had written STOP. Not: promotions go on as they were agreed to. What was decided stays decided.
    Raises NotFound.
    """
    task = conn.execute(
        select(TaskRow.state, TaskRow.interaction_id, TaskRow.conversation_id, TaskRow.customer_id)
        .where(TaskRow.id == task_id, TaskRow.kind == UNSURE)
        .with_for_update()
    ).one_or_none()
    if task is None or task.interaction_id is None:
        raise NotFound(f"There is no question {task_id} about stopping.")
    conversation: int | None = task.conversation_id
    if task.state != "open":
        return conversation
    said = conn.execute(
        select(
            InteractionRow.identity_id, InteractionRow.channel, InteractionRow.medium, InteractionRow.text,
            IdentityRow.scheme, IdentityRow.value,
        )
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(InteractionRow.id == task.interaction_id)
    ).one()  # fmt: skip
    channel, purpose = (said.channel, "") if said.medium in _NUMBERS else ("", PROMOTIONAL)
    address = f"{said.scheme}:{said.value}"
    consents.lift(conn, address, ("unsure",), by.at, by.name, channel=channel, purpose=PROMOTIONAL)
    if meant_stop:
        consents.suppress(conn, address, "stop", by.at, purpose=purpose, channel=channel, detail=said.text[:200])
        consents.record(conn, [_evidence(dict(said._mapping), task.interaction_id, by)], key)
        outbox.cancel_waiting(conn, said.identity_id, by.at, "stop", purposes=(purpose,) if purpose else ())
    kind = f"{TOLD}{STOPS if meant_stop else GOES_ON}"
    data = {"by": by.name}
    learnt = {"interaction_id": task.interaction_id, "channel": said.channel, "key": f"opt:{task.interaction_id}"}
    interactions.learn(conn, [{**learnt, "kind": kind, "data": data, "at": by.at}])
    event = {"kind": kind, "customer_id": task.customer_id, "interaction_id": task.interaction_id}
    jobs.emit(conn, [{**event, "data": data, "at": by.at}])
    finish_task(conn, task_id, by)
    audit.note(conn, by, f"opt_out.{STOPS if meant_stop else GOES_ON}", f"task/{task_id}")
    return conversation


def _evidence(said: Mapping[str, Any], interaction: int, by: Actor) -> dict[str, Any]:
    return {
        "identity_id": said["identity_id"],
        "purpose": PROMOTIONAL,
        "granted": False,
        "wording": said["text"][:500],
        "source": f"{said['medium']} to {said['channel']}, understood as STOP by {by.name}",
        "at": by.at,
        "interaction_id": interaction,
    }
