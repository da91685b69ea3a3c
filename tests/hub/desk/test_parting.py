"""Joined conversations are parted again: all goes back, and no mail joins them any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.desk import tasks, together
from hub.model.errors import NotFound, Refused
from hub.store.session import Database, open_database
from hub.store.tables import Base, ConversationRow
from tests.builders import later, mail
from tests.desk_world import actor
from tests.hub.capture.threads import take, talks
from tests.web_room import Clock, services_for, web_room

BY = actor(name="grace@hub.test", at=later(hours=2))
STANDING = ("conversation", "participant", "message_ref", "interaction", "task", "message")


@pytest.fixture
async def store(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A database of the one engine."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


async def standing(store: Database) -> dict[str, list[Any]]:
    """Returns every row that a join may touch."""

    def ask(conn: Connection, _: None) -> dict[str, list[Any]]:
        tables = {name: Base.metadata.tables[name] for name in STANDING}
        rows = {name: conn.execute(select(table)).all() for name, table in tables.items()}
        return {name: sorted((tuple(row) for row in found), key=repr) for name, found in rows.items()}

    return await store.read(ask, None)


async def test_parting_restores_what_stood_before_the_join(store: Database) -> None:
    await take(
        store,
        mail(id="a1", subject="Boiler", at=later(minutes=1)),
        mail(id="a2", in_reply_to="a1", at=later(minutes=2)),
    )
    [two] = await take(store, mail("bob@example.org", id="b1", subject="Radiator", at=later(minutes=3)))
    one = 1
    await store.write(lambda conn, _: tasks.add_task(conn, "Call Bob", BY, conversation_id=two.conversation), None)
    before = await standing(store)
    kept = await store.write(lambda conn, _: together.join(conn, one, two.conversation or 0, BY), None)
    assert await standing(store) != before
    [parting] = await store.read(together.partings, kept)
    assert (parting.subject, parting.interactions, parting.since, parting.tasks) == ("Radiator", 1, 0, 1)
    assert (parting.people, parting.joined_by) == (("bob@example.org",), "grace@hub.test")
    with pytest.raises(NotFound):
        await store.write(lambda conn, _: together.part(conn, two.conversation or 0, parting.join_id, BY), None)
    assert await store.write(lambda conn, _: together.part(conn, kept, parting.join_id, BY), None) == (1, 2)
    assert await standing(store) == before
    assert await store.read(together.partings, kept) == []
    with pytest.raises(NotFound):
        await store.write(lambda conn, _: together.part(conn, kept, parting.join_id, BY), None)


async def test_what_came_since_goes_with_what_it_answers(store: Database, tmp_path: Path) -> None:
    a, b = await take(store, mail(id="a", at=later(minutes=1)), mail(id="b", at=later(minutes=2)))
    # A mail that refers to both joins them unasked.
    [both] = await take(store, mail(id="both", references=("a", "b"), at=later(minutes=3)))
    of_b, further, of_a = await take(
        store,
        mail(id="b2", in_reply_to="b", at=later(minutes=4)),
        mail(id="b3", in_reply_to="b2", references=("b", "b2"), at=later(minutes=5)),
        mail(id="a2", in_reply_to="a", at=later(minutes=6)),
    )
    everything = [a, both, of_a, b, of_b, further]
    assert set(await talks(store, everything)) == {a.conversation}
    clock = Clock(later(hours=1))
    async with web_room(services_for(store, tmp_path, clock), clock) as room, room.browser("agent") as browser:
        page = (await browser.get(f"/conversations/{a.conversation}/together")).text
        assert "joined because a mail refers to both" in page
        assert "3 entries go back to it" in page
        assert "2 of them came since" in page
        [join] = await store.read(together.partings, a.conversation or 0)
        answer = await browser.post(f"/conversations/{a.conversation}/part", {"join": str(join.join_id)})
        assert (answer.status, answer.headers["Location"]) == (303, f"/conversations/{b.conversation}")
    assert await talks(store, everything) == [a.conversation] * 3 + [b.conversation] * 3
    [again] = await take(store, mail(id="again", references=("a", "b"), at=later(minutes=9)))
    assert set(await talks(store, everything)) == {a.conversation, b.conversation}
    assert again.conversation in (a.conversation, b.conversation)


async def test_a_conversation_within_another_is_parted_from_the_outside_in(store: Database) -> None:
    talks_ = [
        one.conversation or 0 for one in await take(store, *(mail(id=f"m{n}", at=later(minutes=n)) for n in range(3)))
    ]
    first, second, third = talks_
    await store.write(lambda conn, _: together.join(conn, second, third, BY), None)
    [inner] = await store.read(together.partings, second)
    await store.write(lambda conn, _: together.join(conn, first, second, BY), None)
    with pytest.raises(Refused, match="part of another"):
        await store.write(lambda conn, _: together.part(conn, second, inner.join_id, BY), None)
    [outer] = await store.read(together.partings, first)
    assert outer.interactions == 2
    await store.write(lambda conn, _: together.part(conn, first, outer.join_id, BY), None)
    await store.write(lambda conn, _: together.part(conn, second, inner.join_id, BY), None)
    open_ones = await store.read(
        lambda conn, _: conn.scalars(select(ConversationRow.id).where(ConversationRow.merged_into.is_(None))).all(),
        None,
    )
    assert sorted(open_ones) == sorted(talks_)
