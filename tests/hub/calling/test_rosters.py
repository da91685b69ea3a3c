"""Who is rung when: by the week, by dates that differ, in the roster's own zone; typed by staff, kept, and exported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from hub.desk import configuration, rosters
from hub.model.errors import Refused
from hub.model.roster_definition import read_roster, roster_as_json
from hub.store import rosters as store
from hub.web.configuration import kinds
from tests.hub.calling.pharmacy import ROSTER, Line

LINES = {
    "people": "Ada +1 415 555 0101\nBob: +14155550102\nCy Young, (415) 555-0103",
    "week": "mon-fri 09:00-17:00 Ada, Bob\nsat-mon 17:00-24:00 Cy Young",
    "days": "2026-12-24 09:00-12:00 Bob\n2026-12-25 nobody",
}
PLAN = {"title": "Desk", "time_zone": "Europe/Prague", **rosters.typed(**LINES)}


@pytest.mark.parametrize(
    ("at", "names"),
    [
        pytest.param(datetime(2026, 3, 2, 8, 0, tzinfo=UTC), ["Ada", "Bob"], id="Monday at nine there"),
        pytest.param(datetime(2026, 3, 2, 7, 59, tzinfo=UTC), [], id="a minute before"),
        pytest.param(datetime(2026, 3, 2, 16, 0, tzinfo=UTC), ["Cy Young"], id="the next shift"),
        pytest.param(datetime(2026, 3, 3, 16, 0, tzinfo=UTC), [], id="not on Tuesday"),
        pytest.param(datetime(2026, 12, 24, 9, 0, tzinfo=UTC), ["Bob"], id="a date that differs"),
        pytest.param(datetime(2026, 12, 25, 9, 0, tzinfo=UTC), [], id="nobody that day"),
    ],
)
def test_the_plan_says_who_is_rung(at: datetime, names: list[str]) -> None:
    assert [each.name for each in read_roster(PLAN, "US").on_call(at)] == names


def test_without_a_plan_everybody_is_rung_and_what_is_written_is_what_is_read() -> None:
    everybody = read_roster({"title": "A", "people": ROSTER["people"]})
    assert [each.name for each in everybody.on_call(datetime(2026, 3, 1, 3, tzinfo=UTC))] == ["Ada", "Bob"]
    kept = roster_as_json(read_roster(PLAN, "US"))
    assert roster_as_json(read_roster(kept)) == kept
    assert {**PLAN, **rosters.typed(**rosters.as_typed(kept))} == kept


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        pytest.param({"people": "Ada"}, "people", "no name and number", id="no number"),
        pytest.param({"people": "Ada 12"}, "people", "no phone number", id="too short a number"),
        pytest.param({"people": "Ada +14155550101\nAda +14155550102"}, "people", "same name", id="one name twice"),
        pytest.param({"week": "someday 09:00-17:00 Ada"}, "week", "no days", id="no weekday"),
        pytest.param({"week": "mon 9-17 Ada"}, "week", "no hours", id="no hours"),
        pytest.param({"week": "mon 22:00-02:00 Ada"}, "week", "no hours", id="past midnight"),
        pytest.param({"week": "mon 09:00-17:00 Eve"}, "week", "none of the roster", id="somebody else"),
        pytest.param({"week": "mon 09:00-17:00"}, "week", "names somebody", id="nobody in the week"),
        pytest.param({"days": "25 December nobody"}, "days", "no date", id="a date in words"),
        pytest.param({"days": "2026-02-30 nobody"}, "days", "no date", id="no such day"),
    ],
)
def test_what_rings_nobody_is_refused_with_its_place(changed: dict[str, str], field: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        read_roster({"title": "Desk", **rosters.typed(**{**LINES, **changed})}, "US")
    assert refused.value.field == field


async def test_a_roster_on_its_pages_over_the_api_and_as_a_file(line: Line) -> None:
    await line.follow()
    async with line.room.browser("marketer") as browser:
        assert (await browser.get("/rosters/new")).status == 200
        wrong = await browser.post("/rosters", {"name": "night", "title": "Night", **LINES, "week": "mon 9 Ada"})
        assert (wrong.status, "mon 9 Ada" in wrong.text) == (422, True)
        saved = await browser.post("/rosters", {"name": "night", "title": "Night", **LINES})
        assert (saved.status, saved.headers["Location"]) == (303, "/rosters/night")
        assert (await browser.post("/rosters", {"name": "night", "title": "Night", **LINES})).status == 422
        shown = await browser.get("/rosters/night")
        assert "mon-fri 09:00-17:00 Ada, Bob" in shown.text
        assert "sat,sun,mon 17:00-24:00 Cy Young" in shown.text
        assert "now: Ada, Bob" in (await browser.get("/rosters")).text
        assert (await browser.post("/rosters/desk/remove")).status == 422  # a flow rings it
        picture = await browser.get("/call-flows/phone")
        assert all(said in picture.text for said in ("ring staff", "menu by keys", "choice of the language"))
        words = {"words.en": "We are flooded", "on": "yes"}
        assert (await browser.post("/call-flows/announcement", words)).status == 303
        assert "It is said now" in (await browser.get("/call-flows")).text
        assert (await browser.post("/call-flows/announcement", {"on": "yes"})).status == 422
    headers = {"Authorization": f"Bearer {await line.room.token('marketer')}"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with http.request(method, line.room.url(f"/api/v1{path}"), json=body) as answer:
                return answer.status, await answer.json()

        assert (await ask("GET", "/call-announcement"))[1] == {"on": True, "words": {"en": "We are flooded"}}
        assert (await ask("PUT", "/call-announcement", {"on": False, "words": {}}))[1] == {"on": False, "words": {}}
        assert [each["name"] for each in (await ask("GET", "/rosters"))[1]["items"]] == ["desk", "night"]
        assert (await ask("PUT", "/rosters/night", {"definition": ROSTER}))[1]["definition"] == ROSTER
        assert (await ask("PUT", "/rosters/night", {"definition": {"title": "x"}}))[0] == 422
        unknown = {"kind": "ring", "roster": "nobody"}
        flow = {"title": "A", "languages": ["en"], "start": "ring", "steps": {"ring": unknown}}
        assert (await ask("PUT", "/call-flows/other", {"definition": flow}))[0] == 422
        assert (await ask("DELETE", "/rosters/night"))[0] == 200
        assert (await ask("GET", "/rosters/night"))[0] == 404
    files = await line.write(configuration.export, kinds("en"))
    assert configuration.read(kinds("en"), files).things["roster"]["desk"].content == ROSTER
    assert await line.write(store.staff_numbers) == {each["number"] for each in ROSTER["people"]}
