"""How channels are doing, on both engines."""

from __future__ import annotations

from hub.model.problem import Problem, Severity
from hub.store import health
from hub.store.session import Database
from tests.builders import NOW, later

PROBLEM = Problem(code="login", severity=Severity.ERROR, where="support_mail", message="The password is wrong.")


async def test_a_problem_keeps_the_time_it_was_first_seen(database: Database) -> None:
    for at in (NOW, later(hours=1)):
        await database.write(lambda conn, at: health.note_problem(conn, PROBLEM, at), at)
    state = (await database.read(lambda conn, _: health.channel_states(conn), None))["support_mail"]
    assert state["problem_since"] == NOW
    assert state["problem"]["message"] == "The password is wrong."


async def test_success_ends_a_problem_and_forged_requests_are_only_counted(database: Database) -> None:
    await database.write(lambda conn, _: health.note_problem(conn, PROBLEM, NOW), None)
    await database.write(lambda conn, _: health.note_forged(conn, "support_mail", 3, NOW), None)
    await database.write(lambda conn, _: health.note_forged(conn, "support_mail", 4, NOW), None)
    await database.write(lambda conn, _: health.note_well(conn, "support_mail", later(hours=2)), None)
    state = (await database.read(lambda conn, _: health.channel_states(conn), None))["support_mail"]
    assert (state["problem"], state["problem_since"], state["forged"]) == (None, None, 7)
    assert state["last_ok_at"] == later(hours=2)
