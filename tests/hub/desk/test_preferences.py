"""What somebody chooses behind the link of a message, and whom a preview is filled in for, on both engines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.desk import leaving
from hub.desk.leaving import Evidence
from hub.model.errors import NotFound, Refused
from hub.outreach.house import House
from hub.outreach.previewing import values_of
from hub.store import appointments, consents
from hub.store.customers import find_identities
from hub.store.session import Database
from tests.builders import NOW, who
from tests.desk_world import KEY, fill

ADA = "mailto:ada@example.com"
EVIDENCE = Evidence(wording="I choose", language="en", source="preference page", ip="", user_agent="", at=NOW)


async def test_choices_are_kept_by_purpose_and_come_back_only_where_the_link_proves_it(
    database: Database, tmp_path: Path
) -> None:
    world = await fill(database, tmp_path)
    offers, reminders = f"{world.ada_mail}.promotional", f"{world.ada_mail}.reminder"

    def work(conn: Connection, _arg: None) -> None:
        held = leaving.choices(conn, world.ada_mail)
        assert [(each.name, each.on) for each in held if each.own] == [(offers, True), (reminders, True)]
        changed = leaving.choose(conn, world.ada_mail, {offers: False, reminders: False}, EVIDENCE, KEY)
        assert [each.name for each in changed] == [offers, reminders]
        assert leaving.come_back(conn, world.ada_mail, "promotional", EVIDENCE, KEY)
        silences = consents.suppressions(conn, [ADA])[ADA]
        assert [(row["reason"], row["purpose"]) for row in silences] == [("withdrawn", "reminder")]
        consents.suppress(conn, ADA, "complaint", NOW)
        assert not leaving.come_back(conn, world.ada_mail, "reminder", EVIDENCE, KEY)
        number = find_identities(conn, [who("+14155550101")])[who("+14155550101")].identity_id
        with pytest.raises(Refused, match="cannot be switched on"):
            leaving.choose(conn, number, {f"{number}.promotional": True}, EVIDENCE, KEY)
        with pytest.raises(NotFound):
            leaving.choices(conn, 999_999)

    await database.write(work, None)


async def test_a_preview_takes_the_next_appointment_else_the_last(database: Database, tmp_path: Path) -> None:
    world = await fill(database, tmp_path)

    def book(conn: Connection, _arg: None) -> None:
        for days, title in ((-9, "first"), (-2, "last"), (3, "later")):
            appointments.create(
                conn,
                customer_id=world.ada,
                title=title,
                starts_at=NOW + timedelta(days=days),
                time_zone="Europe/Prague",
                now=NOW,
            )

    def titles(conn: Connection, _arg: None) -> list[str]:
        moments = [NOW, NOW + timedelta(days=1), NOW + timedelta(days=9)]
        return [values_of(conn, world.ada, "en", House(), at)[0]["appointment"]["title"] for at in moments]

    await database.write(book, None)
    assert await database.read(titles, None) == ["Check-up", "later", "later"]
