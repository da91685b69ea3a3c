"""An answer that another process stores while an upload takes its page in counts once: the page is taken in anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow
from hub.store.uploads import Outcome
from tests.hub.uploads.surveys import answers, count, counts, flow, survey, take_in

_BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_an_answer_stored_meanwhile_counts_once(database: Database, tmp_path: Path) -> None:
    uploads = flow(database, tmp_path)
    first = (await uploads.receive(survey(tmp_path / "a.csv", answers(2)), "a.csv")).upload
    await take_in(uploads, first)
    second = (await uploads.receive(survey(tmp_path / "b.csv", answers(3)), "b.csv")).upload
    other = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    try:
        row = await other.fetchrow("SELECT id, content_key FROM interaction ORDER BY id LIMIT 1")
        # The other process has not committed the answer yet when the page looks for what is known.
        await other.execute("UPDATE interaction SET content_key = NULL WHERE id = $1", row["id"])
        async with asyncio.timeout(60), other.transaction():
            await other.execute("UPDATE interaction SET content_key = $2 WHERE id = $1", row["id"], row["content_key"])
            taking = asyncio.create_task(take_in(uploads, second))
            while not await other.fetchval(_BLOCKED):  # noqa: ASYNC110  # another connection waits
                await asyncio.sleep(0.01)
        await taking
    finally:
        await other.close()
    assert await counts(database, second, dry=False) == {Outcome.REPEATED: 2, Outcome.ACCEPTED: 1}
    assert (await count(database, InteractionRow), await count(database, ArrivalRow)) == (3, 5)
