"""The page of problems: sentence, cause, mend and button; the number on every page; put off and looked for again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from hub.insight.finders import found
from hub.model.errors import Unavailable
from hub.store import leases, problems
from hub.store.problems import Found
from hub.store.session import Database
from hub.store.tables import AuditRow
from tests.builders import NOW, later
from tests.web_room import Clock, WebRoom, services_for, web_room

LOGIN = found("login", "support_mail", said="[AUTHENTICATIONFAILED] <b>no</b>")
PAUSED = found("channel_paused", "outgoing_mail", said="paused")
BACKUP = found("backup_none", "hub")
UNKNOWN = Found(code="lantern", place="lighthouse", severity=LOGIN.severity, message="It is dark.", mend="Light it.")


async def note(room: WebRoom, *told: Found) -> None:
    await room.services.database.write(lambda conn, _: problems.note(conn, "test", told, NOW), None)


async def test_all_is_well_names_what_was_looked_at(small: WebRoom) -> None:
    def looked(conn: Connection, _: None) -> None:
        leases.note_run(conn, "needs_you", later(seconds=-20), later(minutes=1) - NOW, "")

    async with small.browser("viewer") as browser:
        assert "Nobody has looked yet" in (await browser.get("/needs-you")).text
        await small.services.database.write(looked, None)
        page = (await browser.get("/needs-you")).text
    assert "All is well." in page
    assert "6 channels, 1 job" in page
    assert "Looking for problems" in page
    assert 'class="count' not in page


async def test_a_problem_has_its_sentence_cause_mend_button_and_what_was_seen(small: WebRoom) -> None:
    await note(small, LOGIN, PAUSED, BACKUP, UNKNOWN)
    async with small.browser("admin") as browser:
        page = (await browser.get("/needs-you")).text
        today = (await browser.get("/customers")).text
    assert "The mail server refuses the login of support_mail." in page
    assert "app password for mail programs" in page
    assert "[AUTHENTICATIONFAILED] &lt;b&gt;no&lt;/b&gt;" in page
    assert 'href="/channels#support_mail"' in page
    assert 'action="/channels/outgoing_mail/resume"' in page
    assert "hub backup" in page
    assert "It is dark." in page
    assert '<span class="count grave">3</span>' in today  # what is only good to know does not count


async def test_a_problem_is_put_off_and_shown_again(small: WebRoom) -> None:
    await note(small, BACKUP)
    async with small.browser("agent") as browser:
        page = await browser.get("/needs-you")
        assert '<span class="count">1</span>' in page.text
        assert (await browser.post("/needs-you/1/later", {"for": "ever"})).status == 422
        assert (await browser.post("/needs-you/9/later", {"for": "day"})).status == 404
        assert (await browser.post("/needs-you/1/later", {"for": "day"})).status == 303
        page = await browser.get("/needs-you")
        assert 'class="count' not in page.text
        assert "1 problem is put off" in page.text
        small.clock.advance(days=1, seconds=1)
        await browser.sign_in("agent@hub.test", "correct horse battery")
        assert "1 problem is put off" not in (await browser.get("/needs-you")).text
        await browser.post("/needs-you/1/later", {"for": "week"})
        await browser.post("/needs-you/1/now")
        assert "There is no backup yet." in (await browser.get("/needs-you")).text

    acts = await small.services.database.read(
        lambda conn, _: list(conn.scalars(select(AuditRow.action).where(AuditRow.subject == "problem/1"))), None
    )
    assert acts == ["problem.put_off", "problem.put_off", "problem.shown"]


@pytest.mark.parametrize("role", ["viewer", "marketer", "auditor"])
async def test_who_only_reads_changes_nothing(small: WebRoom, role: str) -> None:
    await note(small, BACKUP)
    async with small.browser(role) as browser:
        page = await browser.get("/needs-you")
        assert page.status == 200
        assert "/needs-you/look" not in page.text
        assert 'role="button" href="/backups"' not in page.text
        assert (await browser.post("/needs-you/look")).status == 403
        assert (await browser.post("/needs-you/1/later", {"for": "day"})).status == 403


async def test_the_page_speaks_the_language_of_its_reader_though_the_row_is_english(small: WebRoom) -> None:
    words = problems.Found(
        **{name: getattr(BACKUP, name) for name in Found.__slots__} | {"message": "of another version"}
    )
    await note(small, words)
    async with small.browser("viewer") as browser:
        assert "There is no backup yet." in (await browser.get("/needs-you")).text


async def test_looking_again_asks_the_roof_and_a_database_that_is_down_is_told(
    sqlite_database: Database, tmp_path: Path
) -> None:
    looks: list[str] = []

    async def look() -> None:
        looks.append("looked")
        if len(looks) > 1:
            raise Unavailable("The database does not answer.")

    clock = Clock()
    services = services_for(sqlite_database, tmp_path, clock, look_again=look)
    async with web_room(services, clock) as room, room.browser("agent") as browser:
        answer = await browser.post("/needs-you/look")
        assert (answer.status, answer.headers["Location"], looks) == (303, "/needs-you", ["looked"])
        assert (await browser.post("/needs-you/look")).status == 503


async def test_figures_tell_of_problems_and_jobs(small: WebRoom) -> None:
    await note(small, LOGIN, BACKUP)

    def ran(conn: Connection, _: None) -> None:
        leases.note_run(conn, "needs_you", later(seconds=-20), later(minutes=1) - NOW, "")
        leases.note_run(conn, "plan", later(minutes=-5), later(minutes=1) - NOW, "")

    await small.services.database.write(ran, None)
    async with small.browser() as browser:
        text = (await browser.get("/metrics")).text
    assert 'hub_problems{code="login",severity="error"} 1.0' in text
    assert "hub_looked_for_problems_age_seconds 20.0" in text
    assert 'hub_job_late_seconds{job="plan"} 240.0' in text
    assert 'hub_job_last_ok_age_seconds{job="plan"} 300.0' in text
