"""Undoing an upload takes out what it brought, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from hub.capture.uploads import Uploads
from hub.store import search
from hub.store.customers import add_identity, create_customer, find_identities
from hub.store.session import Database
from hub.store.tables import (
    ArrivalRow,
    CustomerRow,
    IdentityRow,
    InteractionRow,
    SuggestionRow,
    TaskRow,
    UploadOutcomeRow,
)
from hub.store.uploads import UploadState
from tests.builders import NOW, incoming, later, sms, who
from tests.hub.uploads.surveys import answer, answers, count, flow, survey, take_in, take_out


@pytest.fixture
def uploads(database: Database, tmp_path: Path) -> Uploads:
    return flow(database, tmp_path)


async def holder(database: Database, address: str) -> int | None:
    identity = who(address)
    found = await database.read(lambda conn, _: find_identities(conn, [identity]), None)
    return found[identity].customer_id if identity in found else None


async def test_everything_that_an_upload_brought_is_gone(uploads: Uploads, tmp_path: Path) -> None:
    upload = (await uploads.receive(survey(tmp_path / "s.csv", [*answers(600), *answers(9)]), "s.csv")).upload
    await take_in(uploads, upload)
    done = await take_out(uploads, upload)
    assert (done.state, done.next_row) == (UploadState.UNDONE, 0)
    assert (done.accepted, done.repeated, done.rejected) == (0, 0, 0)
    for table in (InteractionRow, ArrivalRow, CustomerRow, IdentityRow, TaskRow, UploadOutcomeRow):
        assert await count(uploads.database, table) == 0, table.__tablename__
    assert await uploads.database.read(lambda conn, _: search.search(conn, "fine"), None) == []


async def test_what_was_undone_can_be_taken_in_again(uploads: Uploads, tmp_path: Path) -> None:
    upload = (await uploads.receive(survey(tmp_path / "s.csv", answers(5)), "s.csv")).upload
    await take_in(uploads, upload)
    await take_out(uploads, upload)
    again = await take_in(uploads, upload)
    assert (again.state, again.accepted) == (UploadState.COMMITTED, 5)
    assert len(await uploads.database.read(lambda conn, _: search.search(conn, "fine"), None)) == 5


async def test_customers_who_were_here_before_stay(uploads: Uploads, tmp_path: Path) -> None:
    before = await uploads.database.write(
        lambda conn, _: create_customer(conn, {"display_name": "Ada"}, [who("ada@example.com")], NOW), None
    )
    rows = [answer(1, email="ada@example.com"), answer(2)]
    upload = (await uploads.receive(survey(tmp_path / "s.csv", rows), "s.csv")).upload
    await take_in(uploads, upload)
    await take_out(uploads, upload)
    assert await holder(uploads.database, "ada@example.com") == before
    assert await count(uploads.database, CustomerRow) == 1


async def test_customers_with_anything_else_stay(uploads: Uploads, tmp_path: Path) -> None:
    upload = (await uploads.receive(survey(tmp_path / "s.csv", answers(5)), "s.csv")).upload
    await take_in(uploads, upload)
    database = uploads.database
    texted, noted, merged, reached, _ = [
        await holder(database, f"person{number}@example.com") or 0 for number in range(5)
    ]

    async def change(customer: int, **values: Any) -> None:
        await database.write(
            lambda conn, _: conn.execute(update(CustomerRow).where(CustomerRow.id == customer).values(**values)), None
        )

    text = sms(at=later(days=300))
    await database.write(uploads.capture, [incoming(text)])
    number = await holder(database, "+14155550101") or 0
    await database.write(
        lambda conn, _: conn.execute(
            update(IdentityRow).where(IdentityRow.customer_id == number).values(customer_id=texted)
        ),
        None,
    )
    await change(noted, note="Calls on Mondays")
    await change(merged, relationship="customer")
    await database.write(lambda conn, _: add_identity(conn, reached, who("+14155550177"), later(days=300)), None)
    await take_out(uploads, upload)
    left = {await holder(database, f"person{each}@example.com") for each in range(5)} - {None}
    assert left == {texted, noted, merged, reached}
    assert await count(database, InteractionRow) == 1


async def test_an_answer_that_two_uploads_brought_stays_until_both_are_undone(uploads: Uploads, tmp_path: Path) -> None:
    first = (await uploads.receive(survey(tmp_path / "a.csv", answers(3)), "a.csv")).upload
    second = (await uploads.receive(survey(tmp_path / "b.csv", answers(5)), "b.csv")).upload
    await take_in(uploads, first)
    await take_in(uploads, second)
    await take_out(uploads, first)
    assert await count(uploads.database, InteractionRow) == 5
    await take_out(uploads, second)
    assert await count(uploads.database, InteractionRow) == 0


async def test_hints_that_came_with_the_rows_go_with_them(uploads: Uploads, tmp_path: Path) -> None:
    await uploads.database.write(
        lambda conn, _: create_customer(conn, {"display_name": "Ada"}, [who("+14155550123")], NOW), None
    )
    header = ("Email", "Phone number", "Comment")
    file = survey(tmp_path / "s.csv", [("bob@example.com", "+1 415 555 0123", "Call me")], header)
    upload = (await uploads.receive(file, "s.csv")).upload
    await take_in(uploads, upload)
    assert await count(uploads.database, SuggestionRow) == 1
    await take_out(uploads, upload)
    assert await count(uploads.database, SuggestionRow) == 0
    assert await count(uploads.database, CustomerRow) == 1
