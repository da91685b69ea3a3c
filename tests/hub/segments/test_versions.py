"""Segments are kept in versions; what a run was planned with never changes."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.errors import NotFound, Refused
from hub.store import segments
from hub.store.session import Database
from tests.builders import NOW

CZECH = {"all": [{"about": "country", "is": "one_of", "value": ["CZ"]}]}
SLOVAK = {"all": [{"about": "country", "is": "one_of", "value": ["SK"]}]}


async def _save(database: Database, conditions: dict[str, Any], title: str = "Here", **more: Any) -> int:
    return await database.write(
        lambda conn, _: segments.save(conn, "here", title, conditions, "Eve", NOW, **more), None
    )


async def test_every_change_is_a_version_and_earlier_ones_stay(database: Database) -> None:
    assert await _save(database, CZECH, based_on=0) == 1
    first = await database.read(segments.current, "here")
    assert await _save(database, CZECH) == 1, "the same again is no change"
    assert await _save(database, SLOVAK, based_on=1) == 2
    now = await database.read(segments.current, "here")
    assert (now.version, now.conditions, now.segment.as_json()) == (2, SLOVAK, SLOVAK)
    kept = await database.read(segments.by_id, first.id)
    assert (kept.conditions, kept.active) == (CZECH, False)
    assert [row.version for row in await database.read(segments.versions, "here")] == [2, 1]
    assert [row.id for row in await database.read(lambda conn, _: segments.all_current(conn), None)] == [now.id]


async def test_nobody_undoes_what_somebody_else_saved_meanwhile(database: Database) -> None:
    await _save(database, CZECH)
    await _save(database, SLOVAK, based_on=1)
    with pytest.raises(Refused, match="Somebody else saved version 2"):
        await _save(database, CZECH, based_on=1)
    with pytest.raises(Refused, match="exists already"):
        await _save(database, CZECH, based_on=0)


async def test_one_that_is_taken_off_is_not_in_force_until_it_is_saved_again(database: Database) -> None:
    await _save(database, CZECH)
    await database.write(segments.retire, "here")
    for work in (segments.current, segments.retire):
        with pytest.raises(NotFound):
            await database.write(work, "here")
    assert await _save(database, CZECH, based_on=1) == 2
    assert (await database.read(segments.current, "here")).active
