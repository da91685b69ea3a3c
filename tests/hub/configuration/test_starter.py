"""Starter: a new hub has its templates, forms, segments and rules; what staff has changed or removed stays so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.config import shipped
from hub.desk import configuration
from hub.model.errors import ConfigurationError
from hub.store import campaigns, forms, reminders, segments, templates
from hub.store.session import Database
from hub.store.tables import CampaignRow, TemplateRow
from hub.web.configuration import kinds
from tests.builders import NOW
from tests.starting import start_with

OLD = ("templates/appointment_reminder/", "forms/contact.toml", "reminders.toml")


async def test_a_new_hub_starts_with_everything(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        assert start_with(conn, NOW) > 50
        assert start_with(conn, NOW) == 0
        assert sorted((rule["channel"], rule["minutes_before"]) for rule in reminders.rules(conn, enabled=True)) == [
            ("main_number", 120),
            ("main_number", 1440),
            ("outgoing_mail", 120),
            ("outgoing_mail", 1440),
        ]
        assert [row["slug"] for row in forms.newest(conn)] == [
            "appointment-request", "contact", "feedback", "newsletter",
        ]  # fmt: skip
        assert len(segments.all_current(conn)) == 7
        drafts = [(campaign["state"], campaign["next_run_at"]) for campaign in campaigns.listed(conn)]
        assert drafts == [("draft", None)] * 3
        assert set(conn.scalars(select(TemplateRow.created_by))) == {"starter"}

    await database.write(work, None)


async def test_what_staff_has_changed_or_removed_stays(sqlite_hub: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        start_with(conn, NOW, *OLD)
        own = {"sms": "Ours"}
        templates.save(conn, name="appointment_reminder", language="en", purpose="reminder", faces=own, now=NOW)
        templates.retire(conn, "appointment_reminder", "ru")
        for rule in reminders.rules(conn)[1:]:
            reminders.remove_rule(conn, rule["id"])
        reminders.change_rule(conn, reminders.rules(conn)[0]["id"], {"enabled": False})
        # A later version comes with more.
        assert start_with(conn, NOW) > 40
        assert sorted(templates.active(conn, "appointment_reminder")) == ["cs", "en", "pt"]
        assert templates.active(conn, "appointment_reminder")["en"]["faces"] == own
        assert len(reminders.rules(conn)) == 1
        assert reminders.rules(conn, enabled=True) == []
        assert len(segments.all_current(conn)) == 7
        assert start_with(conn, NOW) == 0

    await sqlite_hub.write(work, None)


async def test_a_hub_from_before_gets_what_is_missing_but_no_reminder(sqlite_hub: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        own = {"sms": "Ours"}
        templates.save(conn, name="appointment_reminder", language="en", purpose="reminder", faces=own, now=NOW)
        start_with(conn, NOW)
        assert reminders.rules(conn) == []
        assert templates.active(conn, "appointment_reminder")["en"]["faces"] == own
        assert "cs" in templates.active(conn, "appointment_reminder")

    await sqlite_hub.write(work, None)


@pytest.mark.parametrize(("language", "title"), [("cs", "Příklad"), ("pt-BR", "Exemplo"), ("de", "Example")])
async def test_titles_are_in_the_hubs_own_language(sqlite_hub: Database, language: str, title: str) -> None:
    def work(conn: Connection, _: None) -> Any:
        files = configuration.starter_files(shipped)
        configuration.furnish(conn, kinds(language, shipped=True), files, NOW)
        return conn.scalar(select(CampaignRow.title))

    assert (await sqlite_hub.write(work, None)).startswith(title)


async def test_a_starter_file_that_cannot_be_read_is_named(sqlite_hub: Database) -> None:
    files = {"reminders.toml": '[[reminder]]\nname = "x"\n'}
    with pytest.raises(ConfigurationError, match=r"reminders\.toml, reminder\.0\.about"):
        await sqlite_hub.write(lambda conn, _: configuration.furnish(conn, kinds("en"), files, NOW), None)
