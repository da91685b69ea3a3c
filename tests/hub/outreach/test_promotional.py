"""What counts as a promotion is data by country: a greeting needs consent in one and none in another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.config import Settings, shipped
from hub.model.errors import ConfigurationError
from hub.model.identity import Identity
from hub.outreach import why
from hub.outreach.day_reminders import missing_day_reminders
from hub.outreach.gates import ask
from hub.outreach.house import House, Lane
from hub.outreach.planning import store_plan
from hub.outreach.promotional import counting, purpose_of, strictest
from hub.outreach.quiet_hours import Rulebook, Where, rulebook_of
from hub.outreach.seeing import load
from hub.store import consents, customers, reminders, templates
from hub.store.session import Database
from hub.store.tables import CustomerRow, MessageRow
from tests.starting import start_with

TODAY = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 2, 2, tzinfo=UTC)
BOOK = Rulebook.read(shipped("config", "rulebook.toml"))


@pytest.mark.parametrize(
    ("kind", "countries", "place"),
    [
        pytest.param("offer", {"US"}, "default", id="an offer is one everywhere"),
        pytest.param("newsletter", {"BR"}, "default", id="so is a newsletter"),
        pytest.param("greeting", {"CZ"}, "CZ", id="a greeting is one in the Czech Republic"),
        pytest.param("review_request", {"CZ"}, "CZ", id="and a request for a review"),
        pytest.param("consent_request", {"CZ"}, "CZ", id="and one for consent"),
        pytest.param("greeting", {"DE"}, "", id="elsewhere it is none"),
        pytest.param("review_request", {"US"}, "", id="nor is a request for a review"),
        pytest.param("greeting", {"CZ", "DE"}, "CZ", id="of two countries the stricter row holds"),
        pytest.param("greeting", set(), "unknown", id="where nobody knows, the stricter row holds"),
    ],
)
@pytest.mark.law("promotional")
@pytest.mark.outbound("law-promotional", "law-as-data")
def test_the_rulebook_says_what_is_a_promotion_where(kind: str, countries: set[str], place: str) -> None:
    found = counting(BOOK.counts, kind, Where(frozenset(countries)), TODAY)
    assert (found.place if found else "") == place
    assert found is None or (found.source and found.since <= TODAY)
    meant = {"purpose": "promotional", "kind": kind}
    assert purpose_of(meant, Where(frozenset(countries)), BOOK, TODAY) == ("promotional" if place else "reminder")


def test_a_rule_holds_from_its_day_on_and_a_template_without_a_kind_is_what_its_purpose_says() -> None:
    czech = Where(frozenset({"CZ"}))
    assert counting(BOOK.counts, "greeting", czech, date(2004, 9, 6)) is None
    assert purpose_of({"purpose": "service", "kind": ""}, czech, BOOK, TODAY) == "service"
    assert (
        purpose_of({"purpose": "reminder", "kind": "greeting"}, Where(frozenset({"US"})), None, TODAY) == "promotional"
    )
    mixed = [{"purpose": "reminder", "kind": "greeting"}, {"purpose": "promotional", "kind": ""}]
    assert strictest(mixed) == {"purpose": "promotional", "kind": ""}


def test_a_rulebook_of_ones_own_may_name_no_kind_that_there_is_not(tmp_path: Path) -> None:
    written = shipped("config", "rulebook.toml").read_text("utf-8")
    (tmp_path / "rulebook.toml").write_text(written.replace('"consent_request"', '"good_wishes"'), "utf-8")
    with pytest.raises(ConfigurationError, match="good_wishes"):
        Rulebook.read(tmp_path / "rulebook.toml")


@pytest.mark.outbound("law-promotional")
async def test_the_starters_greeting_asks_for_consent_only_where_the_law_does(
    database: Database, settings: Settings
) -> None:
    house = replace(
        House.of(settings, {}, "https://hub.example.com"),
        lanes={"outgoing_mail": Lane(name="outgoing_mail", schemes=("mailto",))},
    )
    book = rulebook_of(settings)

    def work(conn: Any, _: None) -> None:
        start_with(conn, NIGHT - timedelta(days=30), "templates/birthday_greeting/", "reminders.toml")
        assert {row["kind"] for row in templates.active(conn, "birthday_greeting").values()} == {"greeting"}
        for rule in reminders.rules(conn):
            if rule["about"] == "birthday" and rule["channel"] == "outgoing_mail":
                reminders.change_rule(conn, rule["id"], {"enabled": True})
        people = {}
        for country in ("CZ", "GB", ""):
            fields = {"display_name": "Ada", "birthday": date(1990, 3, 2), "country": country}
            address = Identity("mailto", f"ada.{country.lower() or 'nowhere'}@example.com")
            people[customers.create_customer(conn, fields, [address], NIGHT)] = country
        store_plan(conn, missing_day_reminders(conn, NIGHT, house, book))
        rows = [dict(row._mapping) for row in conn.execute(MessageRow.__table__.select())]
        planned = {people[row["customer_id"]]: row for row in rows}
        purposes = {country: row["purpose"] for country, row in planned.items()}
        assert purposes == {"CZ": "promotional", "GB": "reminder", "": "promotional"}
        noon = NIGHT + timedelta(hours=16)
        seen = load(conn, rows, noon, house, book)
        told = {country: ask(seen[row["id"]]) for country, row in planned.items()}
        assert {country: one and one.reason for country, one in told.items()} == {
            "CZ": "no_consent", "GB": None, "": "no_consent",
        }  # fmt: skip
        assert told["CZ"] is not None
        assert (told["CZ"].values["kind"], told["CZ"].values["place"]) == ("greeting", "CZ")
        consents.suppress(conn, "mailto:ada.gb@example.com", "withdrawn", noon, purpose="promotional")
        left = ask(load(conn, [planned["GB"]], noon, house, book)[planned["GB"]["id"]])
        assert left is not None
        assert left.reason == "suppressed_withdrawn", "who wants no promotions wants no greeting either"
        consents.lift(conn, "mailto:ada.gb@example.com", ("withdrawn",), noon, "ada")
        # Who has moved to where it is a promotion meanwhile is asked for consent by another message.
        conn.execute(CustomerRow.__table__.update().where(CustomerRow.country == "GB").values(country="CZ"))
        moved = ask(load(conn, [planned["GB"]], noon, house, book)[planned["GB"]["id"]])
        assert moved is not None
        assert (moved.reason, moved.plan_again) == ("counts_as_promotion", True)
        assert why.story(conn, planned["CZ"]["id"]).purpose == "promotional"

    await database.write(work, None)
