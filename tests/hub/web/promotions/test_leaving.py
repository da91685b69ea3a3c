"""The page behind the link in a promotion: looking changes nothing, one POST ends it, and it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select, update

from hub.store import consents, unsubscribing
from hub.store.customers import find_identities
from hub.store.session import Database
from hub.store.tables import ConsentRow, IdentityRow, MessageRow, SuppressionRow
from tests.builders import who
from tests.desk_world import World, plan
from tests.web_room import NOW, WebRoom

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass(frozen=True)
class Link:
    """A promotion to Ada's mail address, another that waits, and the address behind the first one's link."""

    path: str
    waiting: int


@pytest.fixture
async def link(room: WebRoom, world: World) -> Link:
    def work(conn: Connection, at: World) -> tuple[int, int]:
        sent = plan(conn, at, dedupe_key="run:1", purpose="promotional", state="accepted", origin="run", sent_at=NOW)
        waiting = plan(conn, at, dedupe_key="run:2", purpose="promotional", origin="run")
        return sent, waiting

    sent, waiting = await room.services.database.write(work, world)
    return Link(f"/u/{unsubscribing.token(room.services.keys, sent, 'mailto:ada@example.com')}", waiting)


async def evidence(database: Database) -> list[Any]:
    def ask(conn: Connection, _arg: None) -> list[Any]:
        return list(conn.execute(select(ConsentRow.__table__).order_by(ConsentRow.id)))

    return await database.read(ask, None)


async def silences(database: Database) -> list[tuple[str, str]]:
    def ask(conn: Connection, _arg: None) -> list[tuple[str, str]]:
        rows = conn.execute(
            select(SuppressionRow.reason, SuppressionRow.purpose).where(
                SuppressionRow.address == "mailto:ada@example.com", SuppressionRow.lifted_at.is_(None)
            )
        )
        return [(row.reason, row.purpose) for row in rows]

    return await database.read(ask, None)


async def state_of(database: Database, message: int) -> str:
    def ask(conn: Connection, number: int) -> str:
        return str(conn.scalar(select(MessageRow.state).where(MessageRow.id == number)))

    return await database.read(ask, message)


@pytest.mark.security_row(22)
@pytest.mark.outbound("leave-get")
async def test_a_look_changes_nothing_and_tells_why_they_were_written_to(room: WebRoom, link: Link) -> None:
    before = await evidence(room.services.database)
    async with room.browser() as visitor:
        pages = [await visitor.get(link.path), await visitor.ask("HEAD", link.path)]
        pages += [await visitor.get(f"{link.path}/preferences"), await visitor.get(f"{link.path}?lang=cs")]
    assert [page.status for page in pages] == [200, 200, 200, 200]
    assert "Send me offers by mail" in pages[0].text
    assert "a•••@example.com" in pages[0].text
    assert "ada@example.com" not in pages[0].text + pages[2].text
    assert "Set-Cookie" not in pages[0].headers
    assert '<html lang="cs">' in pages[3].text
    assert "frame-ancestors 'none'" in pages[0].headers["Content-Security-Policy"]
    assert await evidence(room.services.database) == before
    assert await silences(room.services.database) == []


@pytest.mark.parametrize(
    "data",
    [ONE_CLICK, aiohttp.FormData(ONE_CLICK, default_to_multipart=True), {}],
    ids=["one click of a mail program", "the same as multipart", "button of the page"],
)
@pytest.mark.outbound("leave-post", "consent-evidence")
async def test_a_post_ends_promotions_at_once_without_cookie_token_or_redirect(
    room: WebRoom, link: Link, data: Any
) -> None:
    async with room.browser() as visitor:
        answer = await visitor.ask("POST", link.path, data=data, headers={"User-Agent": "a mail program"})
        again = await visitor.ask("POST", link.path, data=ONE_CLICK)
    assert (answer.status, again.status) == (200, 200)
    assert "Set-Cookie" not in answer.headers
    assert await silences(room.services.database) == [("withdrawn", "promotional")]
    rows = await evidence(room.services.database)
    assert [(row.granted, row.user_agent) for row in rows] == [(True, ""), (False, "a mail program")]
    assert await state_of(room.services.database, link.waiting) == "cancelled"


@pytest.mark.security_row(22)
async def test_a_guessed_or_stale_link_is_not_there_and_ends_nothing(room: WebRoom, link: Link) -> None:
    made = unsubscribing.token(room.services.keys, link.waiting, "mailto:bob@example.com")
    guesses = [link.path[:-1] + ("1" if link.path[-1] != "1" else "2"), "/u/AAAAAAAAAAAAAAAAAAAAAAAA", "/u/00000000"]
    before = await evidence(room.services.database)
    async with room.browser() as visitor:
        for path in [guess + way for guess in (*guesses, f"/u/{made}") for way in ("", "/preferences")]:
            assert (await visitor.get(path)).status == 404
            assert (await visitor.ask("POST", path, data=ONE_CLICK)).status == 404
        assert (await visitor.ask("POST", f"/u/{made}/back", data={})).status == 404
    assert await silences(room.services.database) == []
    assert await evidence(room.services.database) == before
    assert await state_of(room.services.database, link.waiting) == "ready"


async def test_leaving_can_be_taken_back_and_that_is_evidence_too(room: WebRoom, link: Link) -> None:
    async with room.browser() as visitor:
        left = await visitor.ask("POST", link.path, data={})
        assert "That was a mistake" in left.text
        back = await visitor.ask("POST", f"{link.path}/back", data={})
        again = await visitor.ask("POST", f"{link.path}/back", data={})
    assert (back.status, again.status) == (200, 200)
    assert "sends offers to a•••@example.com" in back.text
    assert await silences(room.services.database) == []
    rows = await evidence(room.services.database)
    assert [row.granted for row in rows] == [True, False, True]
    assert rows[-1].source == "unsubscribe page, taken back"
    breaks = await room.services.database.read(consents.chain_breaks, room.services.keys.consent)
    assert rows[-1].id not in breaks


async def test_a_dead_address_is_not_brought_back_by_a_click(room: WebRoom, link: Link) -> None:
    def bounced(conn: Connection, _arg: None) -> None:
        consents.suppress(conn, "mailto:ada@example.com", "bounce", NOW)

    async with room.browser() as visitor:
        await visitor.ask("POST", link.path, data={})
        await room.services.database.write(bounced, None)
        assert "cannot begin again" in (await visitor.ask("POST", f"{link.path}/back", data={})).text
    assert [row.granted for row in await evidence(room.services.database)] == [True, False]


@pytest.mark.outbound("consent-purpose")
async def test_preferences_keep_each_purpose_for_itself(room: WebRoom, link: Link, world: World) -> None:
    offers, reminders = f"{world.ada_mail}.promotional", f"{world.ada_mail}.reminder"
    async with room.browser() as visitor:
        page = await visitor.get(f"{link.path}/preferences")
        assert page.text.count("checked") >= 2
        data = {"shown": f"{offers} {reminders}", f"on.{offers}": "1"}
        await visitor.ask("POST", f"{link.path}/preferences", data=data)
        assert await silences(room.services.database) == [("withdrawn", "reminder")]
        assert await state_of(room.services.database, link.waiting) == "ready"
        data = {"shown": f"{offers} {reminders}", f"on.{reminders}": "1"}
        await visitor.ask("POST", f"{link.path}/preferences", data=data)
    assert await silences(room.services.database) == [("withdrawn", "promotional")]
    assert await state_of(room.services.database, link.waiting) == "cancelled"


@pytest.mark.outbound("consent-purpose")
async def test_another_address_is_switched_on_by_its_own_link_only(room: WebRoom, link: Link) -> None:
    def phone(conn: Connection, _arg: None) -> int:
        held = find_identities(conn, [who("+14155550101"), who("ada@example.com")])
        number, ada = held[who("+14155550101")], held[who("ada@example.com")]
        conn.execute(
            update(IdentityRow).where(IdentityRow.id == number.identity_id).values(customer_id=ada.customer_id)
        )
        return number.identity_id

    number = await room.services.database.write(phone, None)
    name = f"{number}.promotional"
    async with room.browser() as visitor:
        page = await visitor.get(f"{link.path}/preferences")
        assert f'name="on.{name}" value="1" disabled' in page.text
        data = {"shown": name, f"on.{name}": "1"}
        assert (await visitor.ask("POST", f"{link.path}/preferences", data=data)).status == 422


async def test_a_rest_of_some_weeks_and_the_language_are_chosen_without_cookies_and_consent_stays(
    room: WebRoom, link: Link
) -> None:
    database, before = room.services.database, await evidence(room.services.database)
    now = room.services.clock()

    def rest(conn: Connection, message: int) -> Any:
        found = unsubscribing.about(conn, message, now)
        return found.rests_until, found.speaks

    async with aiohttp.ClientSession() as visitor:

        async def post(path: str, data: dict[str, str]) -> tuple[int, str]:
            async with visitor.post(room.url(f"{link.path}{path}"), data=data) as answer:
                return answer.status, await answer.text()

        status, page = await post("/rest", {"weeks": "4"})
        assert (status, "No offers until" in page) == (200, True)
        assert "Who sends it?" in page
        assert (await database.read(rest, link.waiting))[0] == now + timedelta(weeks=4)
        async with room.browser("agent") as staff:
            customer = await database.read(
                lambda conn, number: unsubscribing.about(conn, number).customer_id, link.waiting
            )
            assert "Asked for no offers until" in (await staff.get(f"/customers/{customer}")).text
        for weeks in ("3", "999", "-1", "x", ""):
            assert (await post("/rest", {"weeks": weeks}))[0] == 422, weeks
        assert (await post("/rest", {"weeks": "0"}))[0] == 200
        assert (await database.read(rest, link.waiting))[0] is None
        status, page = await post("/language", {"language": "cs"})
        assert (status, '<html lang="cs">' in page) == (200, True)
        assert (await post("/language", {"language": "xx"}))[0] == 422
        assert (await database.read(rest, link.waiting))[1] == "cs"
        async with visitor.post(room.url("/u/1forged/rest"), data={"weeks": "4"}) as answer:
            assert answer.status == 404
        assert not list(visitor.cookie_jar)
    assert await evidence(database) == before
    assert await silences(database) == []
    assert await state_of(database, link.waiting) == "ready"
