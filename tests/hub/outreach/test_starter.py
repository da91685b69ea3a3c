"""Starter: a new hub has its reminder templates and rules; what staff has changed stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.config import shipped
from hub.model.errors import ConfigurationError, NotFound, Refused
from hub.outreach import starter
from hub.store import reminders, templates
from hub.store.session import Database
from tests.builders import NOW


async def test_a_new_hub_reminds_by_mail_and_text_a_day_and_two_hours_before(database: Database) -> None:
    def work(conn: Connection, _: None) -> tuple[list[tuple[str, int]], set[tuple[str, str]], list[str]]:
        starter.apply(conn, shipped, NOW)
        starter.apply(conn, shipped, NOW)
        rules = [(rule["channel"], rule["minutes_before"]) for rule in reminders.rules(conn)]
        listed = templates.listed(conn)
        return rules, {(row["name"], row["language"]) for row in listed}, sorted(listed[0]["faces"])

    rules, listed, faces = await database.write(work, None)
    assert sorted(rules) == [
        ("main_number", 120),
        ("main_number", 1440),
        ("outgoing_mail", 120),
        ("outgoing_mail", 1440),
    ]
    assert {language for name, language in listed if name == "appointment_reminder"} == {"en", "pt", "cs", "ru"}
    assert faces == ["html", "sms", "subject", "text", "voice"]


async def test_what_staff_has_changed_stays(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        starter.apply(conn, shipped, NOW)
        own = {"sms": "Ours"}
        templates.save(
            conn, name="appointment_reminder", language="en", purpose="reminder", faces=own, now=NOW, by="Ada"
        )
        for rule in reminders.rules(conn)[1:]:
            reminders.remove_rule(conn, rule["id"])
        reminders.change_rule(conn, reminders.rules(conn)[0]["id"], {"enabled": False})
        starter.apply(conn, shipped, NOW)
        assert templates.active(conn, "appointment_reminder")["en"]["faces"] == own
        assert [row["version"] for row in templates.versions(conn, "appointment_reminder", "en")] == [2, 1]
        assert len(reminders.rules(conn)) == 1
        assert reminders.rules(conn, enabled=True) == []

    await database.write(work, None)


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


REST = 'lead = "1 h"\nchannel = "c"\ntemplate = "t"'


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        pytest.param('[[reminder]]\nname = "x"', "lacks", id="a key is missing"),
        pytest.param("[[reminder", "cannot be read", id="no TOML"),
        pytest.param(
            f'[[reminder]]\nname = "x"\nabout = "appointment"\nbefore = "soon"\n{REST}',
            "no span", id="no span",
        ),
        pytest.param(
            f'[[reminder]]\nname = "x"\nabout = "birthday"\nbefore = "1 d"\n{REST}',
            "about an appointment", id="about something else",
        ),
    ],
)  # fmt: skip
async def test_a_starter_file_that_cannot_be_read_is_named(
    database: Database, tmp_path: Path, rules: str, sentence: str
) -> None:
    (tmp_path / "templates" / "messages").mkdir(parents=True)
    (tmp_path / "config" / "starter").mkdir(parents=True)
    (tmp_path / "config" / "starter" / "reminders.toml").write_text(rules)
    with pytest.raises(ConfigurationError, match=sentence):
        await database.write(lambda conn, _: starter.apply(conn, tmp_path.joinpath, NOW), None)


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
        starter.apply(conn, shipped, NOW)
        rule = reminders.rules(conn)[0]
        with pytest.raises(Refused) as refused:
            reminders.change_rule(conn, rule["id"], changes)
        assert refused.value.field == field
        with pytest.raises(NotFound):
            reminders.change_rule(conn, 999, {})

    await database.write(work, None)
