"""What goes in comes out: every table, every kind of value, from either engine into either engine."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from hub.store.backup import archive as archives
from hub.store.backup.loading import load, tallies
from hub.store.backup.making import Making, make
from hub.store.backup.places import in_postgres, new_sqlite
from hub.store.backup.restoring import in_scratch_schema
from hub.store.backup.rows import Tally, reader, writer
from hub.store.backup.shapes import Column, Shape, shapes
from hub.store.sqlite_engine import sqlite_engine
from tests.builders import NOW
from tests.hub.backup.everything import all_rows, archive_of, fill, nothing
from tests.soak import examples

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner, max_size=4
        )
    ),
    max_leaves=12,
)
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]))
SHAPE = Shape(
    "t",
    (
        Column("number", "int"),
        Column("text", "text"),
        Column("bytes", "bytes"),
        Column("yes", "bool"),
        Column("json", "json"),
        Column("day", "date"),
    ),
)


@pytest.mark.soak
@settings(deadline=None, max_examples=examples(60))
@given(st.tuples(st.integers(-(1 << 63), (1 << 63) - 1), TEXT, st.none() | st.binary(), st.booleans(), st.lists(JSON)))
def test_a_row_comes_back_from_its_line_as_it_was(values: tuple[Any, ...]) -> None:
    row = (*values[:4], orjson.dumps(values[4]).decode(), "1912-06-23")
    line, _ = writer(SHAPE)(row)
    assert b"\n" not in line
    assert reader(SHAPE)(line) == row


def test_what_postgresql_gives_makes_the_same_line() -> None:
    ours = writer(SHAPE)((1, "x", b"\x00", 1, '{"b":1,"a":[2.0]}', "1912-06-23"))
    theirs = writer(SHAPE)((1, "x", memoryview(b"\x00"), True, '{"a": [2.0], "b": 1}', date(1912, 6, 23)))
    assert ours[1] == theirs[1]
    assert orjson.loads(ours[0])[2] == base64.b64encode(b"\x00").decode()


# Without shrinking: each example asks a server.
@settings(deadline=None, max_examples=10, phases=[Phase.explicit, Phase.generate])
@given(st.lists(JSON, min_size=20, max_size=60))
@example([1e16, -1e22, 12345678901234567000.0, -9.223372036854778e18, -0.0, 5e-324, 1.5e300, 0.1, "1e5", {"-0.0": 1}])
def test_json_has_one_digest_on_both_engines(emptied_postgres: str, documents: list[Any]) -> None:
    texts = [orjson.dumps(document).decode() for document in documents]
    asked = "SELECT given.text::jsonb::text FROM unnest($1::text[]) WITH ORDINALITY given (text, at) ORDER BY at"
    kept = in_postgres(emptied_postgres, lambda conn: [row[0] for row in conn.exec_driver_sql(asked, (texts,))])
    write = writer(Shape("t", (Column("json", "json"),)))
    for ours, theirs in zip(texts, kept, strict=True):
        assert write((ours,))[1] == write((theirs,))[1]


def test_a_digest_depends_on_every_row_and_not_on_their_order() -> None:
    one, other, less = Tally(), Tally(), Tally()
    for line in (b"[1]", b"[2]", b"[2]"):
        one.add(line)
    for line in (b"[2]", b"[1]", b"[2]"):
        other.add(line)
    for line in (b"[1]", b"[2]", b"[1]"):
        less.add(line)
    assert one.digest == other.digest != less.digest


@pytest.mark.parametrize("seed", [1])
def test_rows_of_every_table_go_to_postgresql_and_back(
    sqlite_store_url: str, emptied_postgres: str, tmp_path: Path, seed: int
) -> None:
    engine = sqlite_engine(sqlite_store_url, begin="BEGIN IMMEDIATE")
    with engine.connect() as conn, conn.begin():
        conn.exec_driver_sql("DELETE FROM installation")
        fill(conn, seed)
        before = all_rows(conn)
    engine.dispose()
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    archive_of(sqlite_store_url, first)

    def through_postgres(conn: Connection) -> dict[str, list[Any]]:
        with in_scratch_schema(conn), archives.opened(first) as read:
            load(conn, read, nothing)
            there = all_rows(conn)
            _archive_here(conn, second)
            return there

    assert in_postgres(emptied_postgres, through_postgres) == before
    with archives.opened(second) as read, new_sqlite(tmp_path / "back.sqlite3") as conn:
        load(conn, read, nothing)
        assert all_rows(conn) == before
        digests = {name: tally.digest for name, tally in tallies(conn, shapes(conn))}
    assert digests == _digests(first) == _digests(second)


def _archive_here(conn: Connection, file: Path) -> None:
    make(conn, Making(file=file, made_at=NOW, key_check="", blobs=None), nothing)


def _digests(file: Path) -> dict[str, str]:
    with archives.opened(file) as read:
        for entry in read.entries():
            list(entry.pieces)
        return {name: said["digest"] for name, said in read.manifest["tables"].items()}
