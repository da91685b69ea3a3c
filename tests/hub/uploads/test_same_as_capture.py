"""Rows of a file take a shorter way than mails and texts, and become the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.capture.survey_rows import PAGE
from hub.capture.upload_work import row_key
from hub.model.contact import InboundContact
from hub.store import search
from hub.store.customers import create_customer
from hub.store.session import Database
from hub.store.tables import (
    ArrivalRow,
    CustomerRow,
    DomainEventRow,
    IdentityRow,
    InteractionRow,
    SuggestionRow,
    TaskRow,
)
from hub.store.uploads import Upload
from tests.builders import NOW, who
from tests.hub.uploads.surveys import flow, survey, take_in, take_out

HEADER = ("Submitted at", "Email", "Phone", "Name", "How likely are you to recommend us? (0-10)", "What did you like?")
ANSWERS = (
    ("2026-02-03 10:00:00", "known@example.com", "", "Known", 10, "Žluťoučký kůň"),
    ("2026-02-01 10:00:00", "nameless@example.com", "", "Named Now", 9, ""),
    ("2026-02-02 10:00:00", "new@example.com", "", "New", 3, "nothing at all"),
    ("2026-02-02 11:00:00", "new@example.com", "", "Newer", 0, "still nothing"),
    ("2026-02-02 10:00:00", "new@example.com", "", "New", 3, "nothing at all"),
    ("2026-01-02 10:00:00", "claims@example.com", "+14155550142", "Claims Another's", 7, "a\nb"),
    ("2026-01-03 10:00:00", "claims2@example.com", "+14155550143", "Claims", 6, "c"),
    ("2026-01-04 10:00:00", "", "+5215512345678", "Another Spelling", 8, "d"),
    ("2026-01-05 10:00:00", "", "+14155550144", "", 8, "e"),
    ("2026-01-06 10:00:00", "", "", "Nobody", 8, "f"),
    ("no time", "late@example.com", "", "Late", "", "g"),
)
_TOLD_APART = {"id", "identity_id", "customer_id", "interaction_id", "key"}


async def test_rows_of_a_file_become_what_the_same_contacts_become(database: Database, tmp_path: Path) -> None:
    await database.write(_people, None)
    fillers = [("2026-02-01 09:00:00", f"p{at}@example.com", "", f"P {at}", at % 11, f"{at}") for at in range(PAGE)]
    file = survey(tmp_path / "s.csv", [*ANSWERS, *fillers], HEADER)
    uploads = flow(database, tmp_path)
    upload = (await uploads.receive(file, "s.csv")).upload
    done = await take_in(uploads, upload)
    assert (done.accepted, done.repeated, done.rejected) == (len(ANSWERS) - 2 + PAGE, 1, 1)
    by_the_file = await database.read(_everything, None)
    await take_out(uploads, upload)
    rows = uploads.channels["surveys"].rows(file, {**upload.mapping, **_received(upload)}, 0)  # type: ignore[attr-defined]
    # In the pages of the file: of two rows on one page, neither was there first.
    listed = list(rows)
    for page in (listed[:PAGE], listed[PAGE:]):
        await database.write(lambda conn, page: Capture(b"k" * 32)(conn, _incoming(upload, page)), page)
    by_themselves = await database.read(_everything, None)
    assert by_the_file.keys() == by_themselves.keys()
    for table, found in by_the_file.items():
        assert found == by_themselves[table], table


def _people(conn: Connection, _: None) -> None:
    create_customer(conn, {"display_name": "Known Already"}, [who("known@example.com")], NOW)
    create_customer(conn, {"display_name": ""}, [who("nameless@example.com")], NOW)
    create_customer(conn, {"display_name": "Holder"}, [who("+14155550142")], NOW)
    create_customer(conn, {"display_name": "Spelled"}, [who("+525512345678")], NOW)


def _received(upload: Upload) -> dict[str, str]:
    return {"received_at": upload.created_at.isoformat(), "title": upload.title}


def _incoming(upload: Upload, page: list[tuple[int, InboundContact | str]]) -> list[Incoming]:
    return [
        Incoming(
            channel=upload.channel,
            key=row_key(upload.id, number),
            received_at=upload.created_at,
            events=(contact,),
            files=((None,),),
            content_type="",
        )
        for number, contact in page
        if isinstance(contact, InboundContact)
    ]


def _everything(conn: Connection, _: None) -> dict[str, list[str]]:
    """Returns what stands in every table that capture writes to, without the numbers of rows."""
    said = {row.id: f"{row.content_key} {row.id >> 20}" for row in conn.execute(select(InteractionRow.__table__))}
    held = {row.id: f"{row.scheme}:{row.value}" for row in conn.execute(select(IdentityRow.__table__))}
    people = {row.id: row.display_name for row in conn.execute(select(CustomerRow.__table__))}
    found = {}
    for table in (ArrivalRow, CustomerRow, DomainEventRow, IdentityRow, InteractionRow, SuggestionRow, TaskRow):
        rows = [dict(row._mapping) for row in conn.execute(select(table.__table__))]
        if table is DomainEventRow:  # those of what was undone stay, as all that happened does
            rows = [row for row in rows if row["interaction_id"] in said]
        found[table.__tablename__] = sorted(_named(row, said, held, people) for row in rows)
    for word in ("kun", "nothing", "d", "e", "127"):
        found[f"search {word}"] = sorted(said[key] for key in search.search(conn, word))
    return found


def _named(row: dict[str, Any], said: dict[int, str], held: dict[int, str], people: dict[int, str]) -> str:
    plain = {name: value for name, value in row.items() if name not in _TOLD_APART}
    key = str(row.get("key") or "")
    return repr((
        plain,
        key if key.startswith("upload/") else key.partition(":")[0],
        said.get(row.get("interaction_id") or 0),
        held.get(row.get("identity_id") or 0),
        people.get(row.get("customer_id") or 0),
    ))  # fmt: skip
