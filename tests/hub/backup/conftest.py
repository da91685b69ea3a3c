"""A hub in which something happened, and its backup; made once, copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from hub.store import search
from hub.store.backup.making import Made
from hub.store.blobs import FileBlobs, refer
from hub.store.sqlite_engine import sqlite_engine
from hub.store.tables import (
    CustomerRow,
    IdentityRow,
    InteractionRow,
    LeaseRow,
    LinkRow,
    MessageRow,
    MessageStepRow,
    SessionRow,
    StaffRow,
)
from tests.builders import NOW, later
from tests.hub.backup.everything import archive_of

WORDS = "zanzibar"


@dataclass(frozen=True)
class Kept:
    """The database of a living hub, its stored files, and a backup of both."""

    url: str
    blobs: FileBlobs
    made: Made

    @property
    def file(self) -> Path:
        return self.made.file


@pytest.fixture(scope="session")
def living(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("living")
    shutil.copyfile(sqlite_template, folder / "hub.sqlite3")
    url, blobs = f"sqlite:///{folder / 'hub.sqlite3'}", FileBlobs(folder / "blobs")
    sha = blobs.put(b"a voicemail")
    engine = sqlite_engine(url, begin="BEGIN IMMEDIATE")
    with engine.connect() as conn, conn.begin():
        happen(conn)
        refer(conn, [(sha, 11)], NOW)
    engine.dispose()
    return Kept(url, blobs, archive_of(url, folder / "living.tar", blobs))


def happen(conn: Connection) -> None:
    """Adds staff, a customer with a history, messages in every hand, a lease, a session and an unused link."""
    conn.execute(insert(StaffRow).values(id=1, email="ada@hub.test", display_name="Ada", role="admin", created_at=NOW))
    conn.execute(insert(CustomerRow).values(id=41, display_name="Charles", relationship="customer", created_at=NOW))
    conn.execute(insert(IdentityRow).values(
        id=7, customer_id=41, scheme="mailto", value="charles@example.com", opened_at=NOW
    ))  # fmt: skip
    conn.execute(insert(InteractionRow).values(
        id=99, identity_id=7, channel="support_mail", medium="email", direction="in", kind="message", trust="",
        external_id="m1", subject="A question", text=f"About {WORDS}", customer_why="", conversation_why="",
        received_at=NOW,
    ))  # fmt: skip
    search.index_interactions(conn, [(99, 7, "A question", f"About {WORDS}")])
    for at, (state, purpose, due) in enumerate(
        [
            ("claimed", "reminder", later(hours=2)),
            ("submitting", "promotional", NOW),
            ("ready", "reminder", later(minutes=5)),
            ("accepted", "reminder", NOW),
        ],
        1,
    ):
        conn.execute(insert(MessageRow).values(
            id=at, dedupe_key=f"k{at}", origin="rule", purpose=purpose, channel="outgoing_mail", customer_id=41,
            identity_id=7, content={"n": at}, state=state, due_at=due, expires_at=later(days=1), planned_at=NOW,
            worker="w", lease_until=later(minutes=1) if state in ("claimed", "submitting") else None,
        ))  # fmt: skip
    step = {"message_id": 4, "state": "accepted", "reason": "", "at": NOW}
    conn.execute(insert(MessageStepRow).values(id=1, **step))
    conn.execute(insert(LeaseRow).values(name="poll", holder="w", epoch=3, until=later(days=1)))
    conn.execute(insert(SessionRow).values(digest="s", staff_id=1, csrf="c", created_at=NOW, seen_at=NOW))
    conn.execute(insert(LinkRow).values(
        digest="l", purpose="reset", staff_id=1, data={}, created_at=NOW, expires_at=later(days=9)
    ))  # fmt: skip
