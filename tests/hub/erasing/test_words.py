"""Words of the erased leave the index of the history wholly: a deletion there is only one more entry beside the old."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from hub.capture.sweeping import Sweeper
from hub.store import customers, removal, search
from hub.store.blobs import FileBlobs
from hub.store.erasing.erase import erase
from hub.store.erasing.person import person_of
from hub.store.keys import Keys
from hub.store.session import open_database
from tests.builders import NOW, who

WORD = "zerzura"
HERS, IDENTITY = 1_000, 7


def _erase(conn: Connection, _: None) -> None:
    ada = customers.create_customer(conn, {"display_name": "Ada"}, [who("ada@example.com")], NOW)
    removal.unindex(conn, [(HERS, IDENTITY, "", f"about {WORD}")])
    erase(conn, person_of(conn, ada), Keys.of(b"k" * 32), NOW)


def _in_files(folder: Path, word: bytes) -> bool:
    return any(word in each.read_bytes() for each in folder.glob("hub.sqlite3*"))


async def test_a_word_of_the_erased_is_in_no_segment_of_the_file_and_others_are_found_still(
    sqlite_store_url: str, tmp_path: Path
) -> None:
    database = open_database(sqlite_store_url)
    await database.open()
    try:
        await database.write(search.index_interactions, [(HERS, IDENTITY, "", f"about {WORD}")])
        for number in range(40):
            rows = [(HERS + 1 + number * 9 + at, IDENTITY, "", f"invoice{number} of {at * 7919}") for at in range(9)]
            await database.write(search.index_interactions, rows)
        await database.write(_erase, None)
        sweeper = Sweeper(database, FileBlobs(tmp_path / "blobs"), lambda: NOW + timedelta(days=1))
        await sweeper.run_once()
        left = await database.read(lambda conn, _: conn.exec_driver_sql(
            "SELECT count(*), sum(instr(block, ?) > 0) FROM interaction_search_data", (WORD.encode(),)
        ).one(), None)  # fmt: skip
        assert left[0] > 1
        assert left[1] == 0
        found = await database.read(lambda conn, _: search.search(conn, "invoice39", limit=50), None)
        assert len(found) == 9
    finally:
        await database.close()
    assert not _in_files(tmp_path, WORD.encode())
