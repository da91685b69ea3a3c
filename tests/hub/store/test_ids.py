"""Interaction ids: the time in order, unique whoever makes them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from hub.store import ids, interactions
from hub.store.customers import hold_identities
from hub.store.session import Database
from hub.store.tables import InteractionRow
from tests.builders import NOW, later, sms
from tests.hub.store.rows import count


def test_ids_follow_the_time_and_say_it() -> None:
    moments = [NOW + timedelta(milliseconds=number) for number in range(1000)]
    made = [ids.interaction_id(moment) for moment in moments]
    assert made == sorted(made)
    assert [ids.occurred_at(each) for each in made] == moments
    assert all(ids.first_id(moment) <= each for moment, each in zip(moments, made, strict=True))


def test_ids_of_one_moment_differ_across_threads() -> None:
    made: list[int] = []

    def make() -> None:
        made.extend(ids.interaction_id(NOW) for _ in range(20_000))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 80_000
    assert all(ids.first_id(NOW) <= each < ids.first_id(later(seconds=0.001)) for each in made)


@pytest.mark.parametrize(
    "moment",
    [datetime(1970, 1, 1, tzinfo=UTC), datetime(1901, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)],
    ids=["epoch", "before it", "far future"],
)
def test_ids_fit_the_column_and_keep_the_moment(moment: datetime) -> None:
    made = ids.interaction_id(moment)
    assert -(1 << 63) <= made < 1 << 63
    assert ids.occurred_at(made) == moment


async def test_an_id_that_is_taken_gives_the_newcomer_another(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = sms()

    def append(conn: object, number: int) -> list[int]:
        held = hold_identities(conn, [contact.sender], NOW)[contact.sender.identity]  # type: ignore[arg-type]
        rows = [
            interactions.new_interaction(
                occurred_at=NOW,
                received_at=NOW,
                identity_id=held.identity_id,
                channel="main_number",
                medium="sms",
                text=f"{number}/{position}",
            )
            for position in range(5)
        ]
        return interactions.append(conn, rows)  # type: ignore[arg-type]

    first = await database.write(append, 1)
    monkeypatch.setattr(ids, "_counter", first[0] - 1 & (1 << 20) - 1)  # as another process might happen to count
    second = await database.write(append, 2)
    assert not set(first) & set(second)
    rows = await database.read(interactions.by_ids, second)
    assert {row["id"]: row["text"] for row in rows} == {key: f"2/{n}" for n, key in enumerate(second)}
    assert await database.read(count, InteractionRow) == 10
