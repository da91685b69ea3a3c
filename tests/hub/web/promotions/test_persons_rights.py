"""Rights of persons by API and pages: requests with their deadline, limits, do-not-call lists, breaches and notices."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from sqlalchemy import Connection, select

from hub.insight.advice import advice_for
from hub.insight.finders import QUESTIONS, House
from hub.model.segment import read_segment
from hub.outreach.asking_lists import Listing
from hub.outreach.quiet_hours import rulebook_of
from hub.store import audience, limits, templates
from hub.store.limits import Limit
from hub.store.session import Database
from hub.store.tables import CustomerRow, DoNotCallNumberRow, TaskRow
from tests.desk_world import World
from tests.hub.web.promotions.test_campaigns import make, words
from tests.promoting import OFFER, promoting
from tests.web_room import WebRoom

BUYERS = {"all": [{"about": "interactions", "is": "has", "direction": "from_them"}]}
LIST = b"area,number\n415,5550123\n+420601123456\r\n\nnot a number,\n(415) 555-0199"


class Api:
    """Calls of staff of any role."""

    def __init__(self, browser: Any, token: str) -> None:
        self._browser, self._headers = browser, {"Authorization": f"Bearer {token}"}

    async def __call__(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        answer = await self._browser.ask(method, f"/api/v1{path}", headers=self._headers, **sent)
        assert answer.status == status, answer.text
        return json.loads(answer.body)


@pytest.mark.law(
    "rights-access", "rights-correction", "restriction", "objection", "rights-deadline", "rights-evidence", "breaches",
    "notices",
)  # fmt: skip
async def test_what_a_person_asks_for_has_a_deadline_a_task_and_its_evidence(room: WebRoom, world: World) -> None:
    async with room.browser() as browser, room.browser("agent") as agent:
        api = Api(browser, await room.token("agent"))
        admin = Api(browser, await room.token("admin"))
        await admin("PATCH", f"/customers/{world.ada}", json={"country": "BR"})
        made = [
            await api("POST", "/person-requests", 201, json={"kind": kind, "customer_id": str(world.ada),
                                                             "evidence": "by phone, her words"})
            for kind in ("access", "correction", "restriction", "objection")
        ]  # fmt: skip
        again = await api(
            "POST", "/person-requests", 201,
            json={"kind": "access", "customer_id": str(world.ada), "evidence": "by phone, once more"},
        )  # fmt: skip
        assert again["id"] == made[0]["id"], "the same wish on the same day"
        due = room.clock() + timedelta(days=15)
        assert made[0]["due_at"][:10] == f"{due:%Y-%m-%d}", "Brazil gives 15 days"
        assert await _tasks(room) == ["access", "correction", "objection", "restriction"]
        stranger = {"kind": "erasure", "who": "Eve", "evidence": "a letter"}
        assert (await api("POST", "/person-requests", 201, json=stranger))["due_at"][:10] == (
            f"{room.clock() + timedelta(days=30):%Y-%m-%d}"
        )
        await api("POST", "/person-requests", 422, json={"kind": "access", "evidence": "of nobody"})

        held = (await api("GET", f"/customers/{world.ada}/limits"))["items"]
        assert {one["kind"] for one in held} == {"restriction", "profiling"}, "both hold at once"
        await api("POST", f"/person-requests/{made[2]['id']}/answer", json={"state": "refused", "answer": "No ground"})
        await api("POST", f"/person-requests/{made[0]['id']}/answer", json={"state": "done", "answer": "Sent a copy"})
        await api("POST", f"/person-requests/{made[0]['id']}/answer", 422, json={"state": "done", "answer": "Again"})
        longer = await api("POST", f"/person-requests/{made[1]['id']}/longer", 422, json={"why": "Much to correct"})
        assert "no longer deadline" in longer["message"], "Brazil's law gives none"
        kept = [one["kind"] for one in (await api("GET", f"/customers/{world.ada}/limits"))["items"]
                if not one["lifted_at"]]  # fmt: skip
        assert kept == ["profiling"]
        assert await _chosen(room, world) == (False, True)
        await api("POST", f"/customers/{world.ada}/limits/lift", json={"kind": "profiling"})
        assert await _chosen(room, world) == (True, False)

        page = await agent.get(f"/customers/{world.ada}/rights")
        assert "No ground" in page.text
        assert "Eve" in (await agent.get("/rights")).text
        await agent.post(f"/customers/{world.ada}/limits", {"kind": "deceased", "why": "Her daughter called"})
        assert "nothing goes out any more" in (await agent.get(f"/customers/{world.ada}/rights")).text

        breach = await admin(
            "POST", "/breaches", 201, json={"title": "Lost phone", "what": "With 3 names", "people": 3}
        )
        assert breach["due_at"][:10] == f"{room.clock() + timedelta(hours=72):%Y-%m-%d}"
        await admin("POST", f"/breaches/{breach['id']}/close", 422)
        now = room.clock().isoformat()
        await admin("POST", f"/breaches/{breach['id']}/told", json={"authority_at": now})
        assert (await admin("POST", f"/breaches/{breach['id']}/close"))["closed_by"]
        for text in ("We keep little.", "We keep little.", "We keep less."):
            await admin("POST", "/privacy-notices", 201, json={"language": "en", "text": text})
        notices = (await api("GET", "/privacy-notices"))["items"]
        assert [(one["version"], one["text"]) for one in notices] == [(2, "We keep less."), (1, "We keep little.")]


@pytest.mark.law("do-not-call", "do-not-call-31", "storage")
async def test_a_do_not_call_list_is_loaded_asked_and_told_before_it_ends(
    room: WebRoom, world: World, database: Database
) -> None:
    async with room.browser() as browser, room.browser("marketer") as marketer:
        api = Api(browser, await room.token("marketer"))
        loaded = [await api("POST", "/do-not-call", data=_form("National", LIST)) for _again in range(2)]
        assert [(one["numbers"], one["unread"]) for one in loaded] == [(3, 2)] * 2
        (only,) = (await api("GET", "/do-not-call"))["items"]
        assert (only["id"], only["name"]) == (loaded[1]["id"], "National"), "the newer one took its place"
        assert await database.read(lambda conn, _: len(conn.execute(select(DoNotCallNumberRow)).all()), None) == 3
        await api("POST", "/do-not-call", 422, data=_form("Empty", b"nothing\n"))
        assert "National" in (await marketer.get("/do-not-call")).text

        assert await _listed(room, "+14155550123") == ("National", "")
        assert await _listed(room, "+14155550177") == ("", "")
        for days, codes in ((0, []), (25, ["do_not_call_ends"]), (31, ["do_not_call_old"])):
            found = await database.read(lambda conn, after: _found(conn, room, after), timedelta(days=days))
            assert [one.code for one in found] == codes
        room.clock.advance(days=31)
        assert await _listed(room, "+14155550177") == ("", "National"), "too old to say anything"
        await api("DELETE", f"/do-not-call/{only['id']}")
        assert await _listed(room, "+14155550123") is None
        wanted: dict[str, Any] = {"kept_at_home": frozenset({"RU"}), "storage_country": "CZ"}
        await database.write(lambda conn, _: _move_to_russia(conn, world.ada), None)
        told = await database.read(lambda conn, _: QUESTIONS["storage"](conn, House(now=room.clock(), **wanted)), None)
        assert [(one.code, one.place) for one in told] == [("storage_country", "RU")]


def _form(name: str, content: bytes) -> FormData:
    form = FormData()
    form.add_field("name", name)
    form.add_field("region", "US")
    form.add_field("file", content, filename="list.csv", content_type="text/csv")
    return form


def _found(conn: Connection, room: WebRoom, after: timedelta) -> Any:
    return QUESTIONS["lists"](conn, House(now=room.clock() + after, lists_hold=timedelta(days=31)))


def _move_to_russia(conn: Connection, customer: int) -> None:
    conn.execute(CustomerRow.__table__.update().where(CustomerRow.id == customer).values(country="RU"))


async def _listed(room: WebRoom, number: str) -> tuple[str, str] | None:
    """Returns on which list a number stands that is to be called, and which is too old; None where nobody asks."""
    book = rulebook_of(room.services.settings)

    def ask(conn: Connection, _arg: None) -> tuple[str, str] | None:
        message = {"identity_id": 1, "content": {"medium": "call"}, "purpose": "reminder"}
        people = {1: {"scheme": "tel", "value": number}}
        listing = Listing.of(conn, room.services.keys, book, [message], people, room.clock())
        found = listing.about(number, "call", frozenset({"US"}))
        return (found.named, found.stale) if found is not None else None

    return await room.services.database.read(ask, None)


async def _tasks(room: WebRoom) -> list[str]:
    kinds = select(TaskRow.kind).where(TaskRow.kind.like("request_%"), TaskRow.state == "open")
    found = await room.services.database.read(lambda conn, _: list(conn.scalars(kinds)), None)
    return sorted(kind.removeprefix("request_") for kind in found)


async def _chosen(room: WebRoom, world: World) -> tuple[bool, bool]:
    """Returns whether she belongs to those who wrote to us, and whether she objected."""

    def ask(conn: Connection, _arg: None) -> tuple[bool, bool]:
        belongs = audience.belongs(conn, read_segment(BUYERS), room.clock(), world.ada)
        objected = limits.has(conn, world.ada, Limit.PROFILING)
        assert not (objected and advice_for(conn, world.ada, room.clock(), "UTC").next)
        return belongs, objected

    return await room.services.database.read(ask, None)


@pytest.mark.law("promotional-flight", "labels", "rulebook-readers")
async def test_the_flight_plan_shows_what_the_law_makes_of_it(sqlite_store_url: str, tmp_path: Path) -> None:
    async with promoting(sqlite_store_url, tmp_path) as shop, shop.room.browser("marketer") as browser:
        services, now = shop.room.services, shop.room.clock()
        await services.database.write(lambda conn, _: _newsletter(conn, shop.people["Ada"], now), None)
        campaign = await make(browser)
        page = words(await browser.post(f"{campaign}/plan"))
        headers = {"Authorization": f"Bearer {await shop.room.token('marketer')}"}
        plan = await browser.ask("POST", f"/api/v1{campaign}/flight-plan", headers=headers, json={})
    told = json.loads(plan.body)
    assert (told["law"], told["labels"]) == ({"CZ": 1, "default": 1}, {"Obchodní sdělení:": 1})
    assert "Where the law calls it a promotion CZ" in page
    assert "What the law puts into it It begins with “Obchodní sdělení:”" in page


def _newsletter(conn: Connection, czech: int, now: datetime) -> None:
    templates.save(
        conn, name="winter_offer", language="en", purpose="promotional", faces=OFFER, now=now, kind="newsletter"
    )
    for customer, country in ((czech, "CZ"), (czech + 1, "GB")):
        conn.execute(CustomerRow.__table__.update().where(CustomerRow.id == customer).values(country=country))
