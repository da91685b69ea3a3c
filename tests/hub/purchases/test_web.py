"""Purchases by the API, by the import page, and as the customer's page shows them."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.web_room import WebRoom

TOLD = {
    "identities": ["ada@example.com"],
    "name": "Ada",
    "source": "shop",
    "external_id": "1001",
    "bought_at": "2026-02-27T10:00:00Z",
    "amount": "29.70",
    "currency": "EUR",
    "lines": [{"name": "Tea", "amount": "29.70", "quantity": "3", "sku": "T1", "category": "tea"}],
}
FILE = "id,email,name,date,total,currency\n7,eve@example.com,Eve,2026-02-05 10:00,5.50,EUR\n8,no,,2026-02-05,5,EUR\n"


async def _ask(room: WebRoom, role: str, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {await room.token(role)}", **more}
    data = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, room.url(f"/api/v1{path}"), **data) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_shop_tells_its_purchases_and_corrects_them(room: WebRoom) -> None:
    status, made = await _ask(room, "agent", "POST", "/purchases", TOLD)
    assert status == 201
    assert (made["amount"], made["lines"][0]["quantity"], made["state"]) == ("29.70", "3.00", "paid")
    status, again = await _ask(room, "agent", "POST", "/purchases", {**TOLD, "state": "refunded"})
    assert (status, again["id"], again["state"]) == (201, made["id"], "refunded")
    status, found = await _ask(room, "viewer", "GET", f"/purchases/{made['id']}")
    assert (status, found) == (200, again)
    assert (await _ask(room, "viewer", "GET", "/purchases/4711"))[0] == 404


async def test_many_are_told_at_once_each_for_itself(room: WebRoom) -> None:
    items = [
        TOLD,
        {**TOLD, "external_id": "1002", "identities": ["not an address at all"]},
        {**TOLD, "external_id": "1003", "identities": [], "customer_id": "4711"},
        {**TOLD, "external_id": "1004", "bought_at": "2026-03-01T10:00:00Z", "amount": 0.1},
    ]
    status, told = await _ask(room, "admin", "POST", "/purchases/many", {"items": items})
    assert status == 201
    assert [each["outcome"] for each in told["items"]] == ["created", "refused", "refused", "created"]
    ada = told["items"][0]["customer_id"]
    status, page = await _ask(room, "viewer", "GET", f"/purchases?customer={ada}&limit=1")
    assert [each["external_id"] for each in page["items"]] == ["1004"]
    status, rest = await _ask(room, "viewer", "GET", f"/purchases?customer={ada}&limit=1&before={page['next']}")
    assert ([each["external_id"] for each in rest["items"]], rest["next"]) == (["1001"], None)


async def test_what_cannot_be_a_purchase_is_refused_with_its_field(room: WebRoom) -> None:
    for change, field in (
        ({"amount": "1e3000"}, "amount"),
        ({"currency": "eur"}, "currency"),
        ({"identities": []}, ""),
        ({"bought_at": "2026-02-27"}, "bought_at"),
        ({"lines": [{"name": "", "amount": 1}]}, "lines.0.name"),
    ):
        status, refused = await _ask(room, "agent", "POST", "/purchases", {**TOLD, **change})
        assert (status, refused.get("field", "")) == (422, field), change
    assert (await _ask(room, "viewer", "POST", "/purchases", TOLD))[0] == 403


async def test_a_repeated_call_is_answered_as_the_first_was(room: WebRoom) -> None:
    key = {"Idempotency-Key": "abc"}
    first = await _ask(room, "agent", "POST", "/purchases", TOLD, **key)
    assert await _ask(room, "agent", "POST", "/purchases", TOLD, **key) == first


async def test_a_file_is_told_row_by_row_by_the_api(room: WebRoom) -> None:
    for dry, ids in (("true", [None, None]), ("false", ["1", None])):
        form = aiohttp.FormData({"dry": dry, "source": "till"})
        form.add_field("file", FILE.encode(), filename="purchases.csv")
        status, report = await _ask(room, "agent", "POST", "/purchases/file", form)
        assert (status, report["counts"]["created"], report["counts"]["rejected"]) == (200, 1, 1)
        assert [row["purchase"] for row in report["rows"]] == ids


async def test_a_file_is_tried_on_the_page_then_taken_in_and_seen_with_its_customer(room: WebRoom) -> None:
    async with room.browser("agent") as browser:
        assert "hub import purchases" in (await browser.get("/purchases")).text
        await browser.get("/purchases/import")
        form = aiohttp.FormData({"csrf": browser.token, "do": "try"})
        form.add_field("file", FILE.encode(), filename="purchases.csv")
        tried = await browser.ask("POST", "/purchases/import", data=form)
        assert "Tried only" in tried.text
        assert "is no e-mail address" in tried.text
        kept = tried.text.partition('name="kept" value="')[2].partition('"')[0]
        done = await browser.post("/purchases/import", {"kept": kept, "do": "import"})
        assert "Imported." in done.text
        forged = await browser.post("/purchases/import", {"kept": f"{kept[:-1]}x", "do": "import"})
        assert forged.status == 404
        listed = await browser.get("/purchases")
        assert "€5.50" in listed.text
        eve = listed.text.partition('href="/customers/')[2].partition("?")[0]
        page = await browser.get(f"/customers/{eve}")
        assert "1 purchase" in page.text
        assert page.text.count("€5.50") == 3, "total and list beside the timeline, and its entry"


async def test_words_of_a_purchase_are_shown_as_words(room: WebRoom) -> None:
    hostile = {**TOLD, "note": "<script>alert(1)</script>", "lines": [{"name": "<b>Tea</b>", "amount": 1}]}
    _, made = await _ask(room, "agent", "POST", "/purchases", hostile)
    async with room.browser("viewer") as browser:
        for path in (f"/customers/{made['customer_id']}", "/purchases"):
            page = await browser.get(path)
            assert "&lt;b&gt;Tea" in page.text
            assert "<script>alert" not in page.text
