"""Reminder rules that make sense, and which language a template is in."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.store import reminders, templates
from hub.store.session import Database
from tests.builders import NOW
from tests.starting import start_with


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("pt-BR", "en"), "pt"),
        (("pt", "en"), "pt"),
        (("de", "cs"), "cs"),
        (("", "cs"), "cs"),
        (("de", "fr"), "cs"),
    ],
)
def test_a_language_falls_back_to_its_first_part_then_to_the_hubs_then_to_any(
    wanted: tuple[str, ...], found: str
) -> None:
    versions = {language: {"language": language} for language in ("cs", "en", "pt")}
    chosen = templates.in_language(versions, *wanted)
    assert chosen is not None
    assert chosen["language"] == found


def test_no_template_has_no_language() -> None:
    assert templates.in_language({}, "en") is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"minutes_before": 0}, "minutes_before", id="not before"),
        pytest.param({"minutes_before": 366 * 1440 + 1}, "minutes_before", id="more than a year"),
        pytest.param({"lead_minutes": 2000}, "lead_minutes", id="more lead than time"),
        pytest.param({"name": " "}, "name", id="no name"),
        pytest.param({"about": "x"}, "about", id="about cannot be changed"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(
    database: Database, changes: dict[str, object], field: str
) -> None:
    def work(conn: Connection, _: None) -> None:
        start_with(conn, NOW, "templates/appointment_reminder/", "reminders.toml")
        rule = next(rule for rule in reminders.rules(conn) if rule["about"] == "appointment")
        with pytest.raises(Refused) as refused:
            reminders.change_rule(conn, rule["id"], changes)
        assert refused.value.field == field
        with pytest.raises(NotFound):
            reminders.change_rule(conn, 999, {})

    await database.write(work, None)
