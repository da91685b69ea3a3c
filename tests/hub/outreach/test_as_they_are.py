"""Messages as this process submitted them, and what of them is read again when they are settled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, update

from hub.store.dispatching import as_they_are, by_ids
from hub.store.tables import MessageRow
from tests.hub.outreach.conftest import Outdoors
from tests.hub.outreach.sending import due_reminder

SUBMITTED = {"text": "as it was submitted"}


async def test_what_a_message_says_is_not_read_again_until_its_key_state_or_attempt_is_another(out: Outdoors) -> None:
    due = await due_reminder(out)
    [row] = await out.write(by_ids, [due["id"]])
    known = {row["id"]: {**row, "content": SUBMITTED}}

    def changed(conn: Connection, values: dict[str, Any]) -> tuple[Any, Any]:
        conn.execute(update(MessageRow).where(MessageRow.id == row["id"]).values(**values))
        return as_they_are(conn, [row["id"], row["id"] + 1_000], known), by_ids(conn, [row["id"]])

    found, [stored] = await out.write(changed, {"delivery": "delivered", "reason": "told"})
    assert found == {row["id"]: {**stored, "content": SUBMITTED}}
    for values in ({"attempt": 7}, {"attempt": 0, "state": "unknown"}, {"state": row["state"], "dedupe_key": "erased"}):
        found, [stored] = await out.write(changed, values)
        assert found == {row["id"]: stored}, values
