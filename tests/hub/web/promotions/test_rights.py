"""What a customer may ask for: nothing more, a copy of everything, and to be erased; on the page and by the API."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.store import consents, customers, unsubscribing
from hub.store.erasing import outside
from hub.store.tables import Base, CustomerRow, MessageRow, SuppressionRow, TaskRow
from tests.builders import who
from tests.desk_world import World, plan
from tests.hub.web.promotions.test_leaving import evidence
from tests.web_room import NOW, WebRoom

WORDS = ("ada@example.com", "lovelace", "14155550101", "thursday", "picture", "running 5 minutes", "difference engine")


def _named(conn: Connection, _: None) -> dict[str, list[str]]:
    """Returns the tables that still hold a word of Ada's, with the columns."""
    found: dict[str, list[str]] = {}
    for table in Base.metadata.sorted_tables:
        for row in conn.execute(select(table)).mappings():
            # The adapters' content keys are hashes; those of the tests' own builders can be read.
            said = {name: _text(value) for name, value in row.items() if name != "content_key"}
            names = [name for name, text in said.items() if any(word in text for word in WORDS)]
            if names:
                found[table.name] = names
    return found


def _text(value: Any) -> str:
    return (bytes(value).decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).casefold()


async def _breaks(room: WebRoom) -> list[int]:
    """Returns what does not fit the chain, but for Ada's first consent: the tests made it under a key of their own."""
    return (await room.services.database.read(consents.chain_breaks, room.services.keys.consent))[1:]


async def _silences(room: WebRoom) -> set[tuple[str, str]]:
    def ask(conn: Connection, _: None) -> set[tuple[str, str]]:
        rows = conn.execute(select(SuppressionRow.address, SuppressionRow.purpose).where(
            SuppressionRow.reason == "withdrawn", SuppressionRow.lifted_at.is_(None)))  # fmt: skip
        return {(row.address, row.purpose) for row in rows}

    return await room.services.database.read(ask, None)


@pytest.mark.law("withdrawal")
@pytest.mark.outbound("consent-revoke-all")
async def test_one_word_at_the_counter_ends_everything_at_every_address(room: WebRoom, world: World) -> None:
    database, path = room.services.database, f"/customers/{world.ada}/nothing-more"

    def wait(conn: Connection, at: World) -> list[int]:
        return [
            plan(conn, at, dedupe_key="run:1", purpose="promotional", origin="run"),
            plan(conn, at, dedupe_key="reply:1", purpose="service", origin="reply"),
        ]

    offer, answer = await database.write(wait, world)
    async with room.browser("agent") as agent:
        page = await agent.get(f"/customers/{world.ada}")
        assert f'href="{path}" data-key="x"' in page.text
        assert "on the phone" in (await agent.get(path)).text
        assert (await agent.post(path, {"how": "by smoke"})).status == 422
        assert (await agent.post(path, {"how": "counter", "words": "and do not call"})).status == 303
    rows = [row for row in await evidence(database) if not row.granted]
    assert len({row.identity_id for row in rows}) > 1
    assert {row.purpose for row in rows} == {"promotional", "reminder", "calls"}
    assert {row.wording for row in rows} == {"At the counter: write to me no more at all. and do not call"}
    assert await _breaks(room) == []
    both = {("mailto:ada@example.com", "promotional"), ("mailto:ada@example.com", "reminder")}
    assert both | {("tel:+14155550101", "calls")} <= await _silences(room)

    def states(conn: Connection, _: None) -> dict[int, str]:
        return {row.id: row.state for row in conn.execute(select(MessageRow.id, MessageRow.state))}

    now = await database.read(states, None)
    assert (now[offer], now[answer]) == ("cancelled", "ready"), "who writes to us gets an answer"

    def one_more(conn: Connection, at: World) -> None:
        customers.add_identity(conn, at.ada, who("new@example.com"), NOW)

    await database.write(one_more, world)
    assert ("mailto:new@example.com", "promotional") in await _silences(room), "what is added later is theirs too"


@pytest.mark.outbound("consent-revoke-all")
async def test_the_customers_own_page_ends_everything_by_one_button(room: WebRoom, world: World) -> None:
    keys, database = room.services.keys, room.services.database
    sent = await database.write(lambda conn, at: plan(conn, at, dedupe_key="run:9", state="accepted"), world)
    link = f"/u/{unsubscribing.token(keys, sent, 'mailto:ada@example.com')}"
    async with room.browser() as visitor:
        assert "Nothing at all, by any channel" in (await visitor.get(f"{link}/preferences")).text
        done = await visitor.ask("POST", f"{link}/nothing", data={}, headers={"User-Agent": "a browser"})
    assert done.status == 200
    assert ("tel:+14155550101", "promotional") in await _silences(room)
    assert {row.user_agent for row in await evidence(database) if not row.granted} == {"a browser"}


@pytest.mark.law("rights-erasure")
@pytest.mark.outbound("consent-erasure")
async def test_who_is_erased_on_the_page_is_named_nowhere(room: WebRoom, world: World) -> None:
    database, path = room.services.database, f"/customers/{world.ada}/erase"
    async with room.browser("agent") as agent:
        assert (await agent.get(path)).status == 403
        assert (await agent.post(f"/customers/{world.ada}/requests", {"what": "erasure"})).status == 303

    def asked(conn: Connection, _: None) -> Any:
        return conn.scalar(select(TaskRow.due_at).where(TaskRow.kind == "request_erasure"))

    due_at = await database.read(asked, None)
    assert 27 <= (due_at - NOW).days <= 30
    async with room.browser("admin") as admin:
        page = await admin.get(path)
        assert "Erase Ada Lovelace" in page.text
        copied = await admin.post(f"/customers/{world.ada}/copy")
        assert "Mornings are best" in copied.text
        assert "attachment" in copied.headers["Content-Disposition"]
        refused = [
            await admin.post(path, {"name": "Charles", "reason": "asked", "although_open": "1"}),
            await admin.post(path, {"name": "Ada Lovelace", "reason": "asked"}),
        ]
        assert [answer.status for answer in refused] == [422, 422]
        assert "conversations" in refused[1].text
        done = await admin.post(path, {"name": "ada lovelace", "reason": "asked", "although_open": "1"})
        assert done.status == 303
        after = await admin.get(f"/customers/{world.ada}")
        assert "were erased" in after.text
        assert "Lovelace" not in after.text
    assert await database.read(_named, None) == {}
    assert await _breaks(room) == []
    [line] = outside.read(room.services.settings.hub.data)
    assert (line["customer_id"], line["reason"]) == (world.ada, "asked")

    def others(conn: Connection, _: None) -> list[str]:
        return list(conn.scalars(select(CustomerRow.display_name).where(CustomerRow.display_name != "")))

    assert "Charles Babbage" in await database.read(others, None)


@pytest.mark.law("rights-erasure")
async def test_the_api_tells_what_would_go_and_erases_for_administrators_alone(room: WebRoom, world: World) -> None:
    path = f"/api/v1/customers/{world.ada}/erasure"
    async with room.browser() as caller:
        agent, admin = [{"Authorization": f"Bearer {await room.token(role)}"} for role in ("agent", "admin")]
        assert (await caller.get(path, headers=agent)).status == 403
        assert '"name":"Ada Lovelace"' in (await caller.get(path, headers=admin)).text
        wrong = await caller.ask("POST", path, headers=admin, json={"name": "Ada", "reason": "asked"})
        body = {"name": "Ada Lovelace", "reason": "asked", "although_open": True}
        done = await caller.ask("POST", path, headers=admin, json=body)
        noted = await caller.ask(
            "POST", f"/api/v1/customers/{world.ada}/nothing-more", headers=agent, json={"how": "phone"}
        )
    assert (wrong.status, done.status, noted.status) == (422, 200, 200)
    assert '"interaction"' in done.text
