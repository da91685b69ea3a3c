"""The question whose word counts about senders is answered by one click on Needs you, and only about that server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from channels.base import Context
from channels.maildir import Maildir
from hub.insight.finders import QUESTIONS, House
from hub.model.contact import Party
from hub.store import authserv, interactions
from hub.store.customers import hold_identities
from hub.store.problems import Found
from hub.store.session import Database, open_database
from tests.builders import NOW, later, who
from tests.web_room import Clock, services_for, web_room

BOX, SERVER = "support_mail", "mx.example.net"


@pytest.fixture
async def store(sqlite_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


def stamped(conn: Connection, _: None) -> None:
    """Ten mails, each stamped by one server."""
    ada = who("ada@example.com")
    identity = hold_identities(conn, [Party(ada)], NOW)[ada].identity_id
    mails = [
        interactions.new_interaction(
            occurred_at=later(minutes=number), received_at=NOW, identity_id=identity, channel=BOX, medium="email",
            detail={"stamped_by": SERVER, "trust_why": "unknown"},
        )
        for number in range(10)
    ]  # fmt: skip
    interactions.append(conn, mails)


async def test_one_click_trusts_the_server_that_was_asked_about(store: Database, tmp_path: Path) -> None:
    await store.write(stamped, None)
    house = House(now=NOW, watched=frozenset({BOX}))

    async def asked() -> list[Found]:
        return await store.read(QUESTIONS["senders"], house)

    [problem] = await asked()
    assert problem.action is not None
    assert (problem.action["posts"], problem.action["path"]) == (True, f"/channels/{BOX}/senders?trust={SERVER}")
    clock = Clock(NOW)
    box = Maildir(BOX, {"path": str(tmp_path)}, Context(public_url="http://hub.test"))
    services = services_for(store, tmp_path, clock, channels={BOX: box})
    async with web_room(services, clock) as room, room.browser("admin") as admin, room.browser("agent") as agent:
        assert (await agent.post(problem.action["path"])).status == 403
        assert (await admin.post(f"/channels/{BOX}/senders?trust=mx.evil.example")).status == 422
        assert await asked() == [problem]
        for _again in range(2):
            assert (await admin.post(problem.action["path"])).status == 303
    assert await store.read(authserv.trusted, BOX) == (SERVER,)
    assert await asked() == []
