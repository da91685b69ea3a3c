"""Uploads: received, tried dry, taken in, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from hub.capture.survey_mapping import roles_of
from hub.capture.uploads import Uploads
from hub.model.errors import NotFound, Refused, TooLarge
from hub.store import search
from hub.store import uploads as store
from hub.store.customers import create_customer
from hub.store.session import Database
from hub.store.tables import (
    CustomerRow,
    IdentityRow,
    InteractionRow,
    TaskRow,
    UploadRow,
)
from hub.store.uploads import Outcome, UploadState
from tests.builders import NOW, who
from tests.channels.survey import workbooks
from tests.effort import effort
from tests.hub.uploads.surveys import (
    answer,
    answers,
    count,
    counts,
    flow,
    outcomes,
    state,
    survey,
    take_in,
)


@pytest.fixture
def uploads(database: Database, tmp_path: Path) -> Uploads:
    return flow(database, tmp_path)


async def test_a_file_is_stored_and_a_mapping_proposed(uploads: Uploads, tmp_path: Path) -> None:
    file = survey(tmp_path / "s.csv", answers(3))
    received = await uploads.receive(file, "../../Autumn survey.csv", staff_id=None)
    upload = received.upload
    assert not received.again
    assert (upload.state, upload.rows, upload.filename, upload.title) == (
        UploadState.LOOKED,
        3,
        "Autumn survey.csv",
        "Autumn survey",
    )
    assert upload.mapping["identity"] == {"email": 1, "name": 2}
    assert upload.mapping["nps"] == 3
    assert uploads.blobs.read(upload.sha256) == file.read_bytes()


async def test_the_same_file_again_is_told_and_is_the_same_upload(uploads: Uploads, tmp_path: Path) -> None:
    file = survey(tmp_path / "s.csv", answers(3))
    first = await uploads.receive(file, "first.csv")
    again = await uploads.receive(file, "second.csv")
    assert again.again
    assert again.upload.id == first.upload.id
    assert await count(uploads.database, UploadRow) == 1


@pytest.mark.security_row(16)
async def test_a_bomb_is_refused_within_a_second_and_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    bomb = workbooks.raw(tmp_path / "bomb.xlsx", "<row><c><v>" + "0" * 200_000_000 + "</v></c></row>")
    with effort() as spent, pytest.raises(TooLarge):
        await uploads.receive(bomb, "bomb.xlsx")
    assert spent.seconds < 1
    assert await count(uploads.database, UploadRow) == 0


@pytest.mark.security_row(17)
async def test_an_entity_is_refused_and_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    hostile = '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]><worksheet>&e;</worksheet>'
    file = workbooks.raw(tmp_path / "entity.xlsx", xl__sharedStrings=hostile)
    with pytest.raises(Refused):
        await uploads.receive(file, "entity.xlsx")
    assert await count(uploads.database, UploadRow) == 0


async def test_more_rows_than_allowed_are_refused(database: Database, tmp_path: Path) -> None:
    uploads = flow(database, tmp_path, most_rows=2)
    with pytest.raises(TooLarge, match="3 rows"):
        await uploads.receive(survey(tmp_path / "s.csv", answers(3)), "s.csv")


async def test_without_a_channel_for_surveys_nothing_is_received(database: Database, tmp_path: Path) -> None:
    uploads = flow(database, tmp_path, channels={})
    with pytest.raises(NotFound):
        await uploads.receive(survey(tmp_path / "s.csv", answers(1)), "s.csv")


async def test_a_dry_run_tells_of_each_row_and_takes_nothing_in(uploads: Uploads, tmp_path: Path) -> None:
    await uploads.database.write(
        lambda conn, _: create_customer(conn, {"display_name": "Ada"}, [who("ada@example.com")], NOW), None
    )
    rows = [
        answer(1, email="ada@example.com"),
        answer(2),
        answer(2),
        answer(2, words="Another answer of the same person"),
        answer(3, email="nobody"),
        ("2026-02-01", "", "No address", 5, "Hello"),
    ]
    upload = (await uploads.receive(survey(tmp_path / "s.csv", rows), "s.csv")).upload
    await uploads.try_dry(upload.id)
    assert await uploads.run_once() == 1
    assert (await state(uploads.database, upload)).state is UploadState.TRIED
    told = await outcomes(uploads.database, upload, dry=True)
    assert [each.outcome for each in told] == [
        Outcome.KNOWN,
        Outcome.NEW,
        Outcome.REPEATED,
        Outcome.KNOWN,
        Outcome.NO_IDENTITY,
        Outcome.NO_IDENTITY,
    ]
    assert "nobody" in told[4].reason
    assert await count(uploads.database, InteractionRow) == 0
    assert await count(uploads.database, CustomerRow) == 1


async def test_a_dry_run_foretells_what_a_commit_does(uploads: Uploads, tmp_path: Path) -> None:
    rows = [*answers(600), *answers(100), ("2026-02-01", "", "x", 1, "y")]
    upload = (await uploads.receive(survey(tmp_path / "s.csv", rows), "s.csv")).upload
    await uploads.try_dry(upload.id)
    await uploads.run_once()
    foretold = await counts(uploads.database, upload, dry=True)
    done = await take_in(uploads, upload)
    assert foretold == {Outcome.NEW: 600, Outcome.REPEATED: 100, Outcome.NO_IDENTITY: 1}
    assert (done.accepted, done.repeated, done.rejected) == (600, 100, 1)


async def test_each_row_becomes_an_interaction_of_its_customer(uploads: Uploads, tmp_path: Path) -> None:
    customer = await uploads.database.write(
        lambda conn, _: create_customer(conn, {"display_name": "Ada"}, [who("ada@example.com")], NOW), None
    )
    rows = [answer(1, email="Ada@Example.com", score=3, words="Too slow"), answer(2, score=10)]
    upload = (await uploads.receive(survey(tmp_path / "s.csv", rows), "s.csv", title="Spring")).upload
    done = await take_in(uploads, upload)
    assert (done.state, done.accepted, done.rows) == (UploadState.COMMITTED, 2, 2)
    first, second = await outcomes(uploads.database, upload, dry=False)

    def of_customer(conn: Connection, interaction: int | None) -> tuple[int, str]:
        row = conn.execute(
            select(IdentityRow.customer_id, InteractionRow.text)
            .join(InteractionRow, InteractionRow.identity_id == IdentityRow.id)
            .where(InteractionRow.id == interaction)
        ).one()
        return row.customer_id, row.text

    holder, text = await uploads.database.read(of_customer, first.interaction)
    assert holder == customer
    assert "Too slow" in text
    assert (await uploads.database.read(of_customer, second.interaction))[0] != customer
    assert await uploads.database.read(lambda conn, _: search.search(conn, "slow"), None) == [first.interaction]
    assert await count(uploads.database, TaskRow) == 1, "a detractor opens a task"


async def test_the_net_promoter_score_of_an_upload_counts_its_accepted_rows(uploads: Uploads, tmp_path: Path) -> None:
    rows = [answer(number, score=score) for number, score in enumerate([10, 9, 9, 8, 2])]
    upload = (await uploads.receive(survey(tmp_path / "s.csv", [*rows, rows[0]]), "s.csv")).upload
    await take_in(uploads, upload)
    found = (await uploads.database.read(store.nps_of, [upload.id]))[upload.id]
    assert (found.promoters, found.passives, found.detractors, found.score) == (3, 1, 1, 40.0)


async def test_a_row_that_came_with_another_file_is_not_stored_twice(uploads: Uploads, tmp_path: Path) -> None:
    first = (await uploads.receive(survey(tmp_path / "a.csv", answers(5)), "a.csv")).upload
    second = (await uploads.receive(survey(tmp_path / "b.csv", answers(8)), "b.csv")).upload
    await take_in(uploads, first)
    done = await take_in(uploads, second)
    assert (done.accepted, done.repeated) == (3, 5)
    assert await count(uploads.database, InteractionRow) == 8


async def test_an_xlsx_is_taken_in_like_a_csv(uploads: Uploads, tmp_path: Path) -> None:
    rows = [("Email", "Score (0-10)", "Comment"), ("ada@example.com", 9, "Fine"), ("bob@example.com", 4, "Slow")]
    file = workbooks.save(tmp_path / "s.xlsx", {"Answers": rows})
    upload = (await uploads.receive(file, "s.xlsx")).upload
    done = await take_in(uploads, upload)
    assert (done.accepted, done.rejected) == (2, 0)


async def test_staff_may_say_what_the_columns_are(uploads: Uploads, tmp_path: Path) -> None:
    header = ("Kontakt", "Body", "Poznámka")
    file = survey(tmp_path / "s.csv", [("x1", "9", "a"), ("x2", "4", "b")], header)
    upload = (await uploads.receive(file, "s.csv")).upload
    changed = await uploads.remap(
        upload.id, ["external_id", "nps", "free_text"], title="Jaro", anonymous=False, date_order="dmy"
    )
    assert roles_of(changed.mapping) == ["external_id", "nps", "free_text"]
    assert changed.title == "Jaro"
    done = await take_in(uploads, changed)
    assert done.accepted == 2


@pytest.mark.parametrize(
    ("roles", "field"),
    [
        (["email", "email", "ignored", "nps", "free_text"], "column.1"),
        (["email", "admin", "ignored", "nps", "free_text"], "column.1"),
        (["email"], "roles"),
    ],
    ids=["twice the same person's part", "no role", "too few"],
)
async def test_roles_that_do_not_go_together_are_refused(
    uploads: Uploads, tmp_path: Path, roles: list[str], field: str
) -> None:
    upload = (await uploads.receive(survey(tmp_path / "s.csv", answers(2)), "s.csv")).upload
    with pytest.raises(Refused) as refused:
        await uploads.remap(upload.id, roles)
    assert refused.value.field == field


async def test_the_mapping_of_rows_that_are_in_stays(uploads: Uploads, tmp_path: Path) -> None:
    upload = (await uploads.receive(survey(tmp_path / "s.csv", answers(2)), "s.csv")).upload
    await take_in(uploads, upload)
    with pytest.raises(Refused):
        await uploads.remap(upload.id, roles_of(upload.mapping))


async def test_rows_without_identity_are_kept_when_staff_wants_them(uploads: Uploads, tmp_path: Path) -> None:
    file = survey(
        tmp_path / "s.csv", [("9", "Fine"), ("3", "Slow")], ("How likely are you to recommend us (0-10)?", "Why?")
    )
    upload = (await uploads.receive(file, "s.csv")).upload
    changed = await uploads.remap(upload.id, roles_of(upload.mapping), anonymous=True)
    done = await take_in(uploads, changed)
    assert (done.accepted, done.rejected) == (2, 0)


async def test_a_file_that_is_gone_stops_the_upload_with_words(uploads: Uploads, tmp_path: Path) -> None:
    upload = (await uploads.receive(survey(tmp_path / "s.csv", answers(2)), "s.csv")).upload
    uploads.blobs.remove(upload.sha256)
    done = await take_in(uploads, upload)
    assert done.state is UploadState.FAILED
    assert "restore" in done.error
