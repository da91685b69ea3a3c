"""Equipment, products and birthdays by the API and on the pages: one walk of a working day."""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from tests.web_room import WebRoom

FILE = "id,email,name,installed on,service months\nb1,eve@example.com,Boiler,2025-03-01,12\n"


async def _ask(room: WebRoom, method: str, path: str, body: Any = None, *, role: str = "agent") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {await room.token(role)}"}
    data = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, room.url(f"/api/v1{path}"), **data) as answer,
    ):
        return answer.status, await answer.json()


async def test_what_a_shop_tells_by_the_api_stands_on_the_customers_page(room: WebRoom) -> None:
    status, ada = await _ask(room, "POST", "/customers", {"display_name": "Ada", "birthday": "--02-29"})
    assert (status, ada["birthday"]) == (201, "--02-29")
    status, tea = await _ask(
        room, "POST", "/products", {"sku": "T1", "name": "Tea", "price": "9.90", "currency": "EUR"}
    )
    assert (status, tea["price"]) == (201, "9.90")
    status, again = await _ask(room, "POST", "/products", {"sku": "T1", "name": "Tea", "successor": "T2"})
    assert (again["id"], again["price"], again["successor"]) == (tea["id"], "9.90", "T2"), "what is not named stays"
    status, found = await _ask(room, "GET", "/products?q=te", role="viewer")
    assert [row["sku"] for row in found["items"]] == ["T1"]

    thing = {"customer_id": ada["id"], "name": "Boiler", "installed_on": "2025-03-31", "service_months": 11}
    status, boiler = await _ask(room, "POST", "/equipment", thing)
    assert (status, boiler["next_service_on"], boiler["revision"]) == (201, "2026-02-28", 1)
    path = f"/equipment/{boiler['id']}"
    status, served = await _ask(room, "POST", f"{path}/log", {"kind": "service", "day": "2026-02-20", "note": "clean"})
    assert (status, served["next_service_on"], served["log"][0]["note"]) == (201, "2027-01-20", "clean")
    status, late = await _ask(room, "PATCH", path, {"revision": 1, "location": "Attic"})
    assert (status, late["field"]) == (422, "revision"), "somebody else changed it"
    status, _ = await _ask(room, "POST", "/equipment", thing, role="viewer")
    assert status == 403

    form = aiohttp.FormData()
    form.add_field("file", FILE, filename="equipment.csv")
    status, report = await _ask(room, "POST", "/equipment/file", form)
    assert (status, report["counts"]["created"]) == (200, 1)
    status, due = await _ask(room, "GET", "/equipment?due_by=2026-12-31")
    assert [row["external_id"] for row in due["items"]] == ["b1"]

    async with room.browser("agent") as browser:
        card = (await browser.get(f"/customers/{ada['id']}")).text
        assert "Boiler" in card
        assert "--02-29" in card
        assert "overdue" in (await browser.get("/equipment?span=365")).text
        page = (await browser.get(path)).text
        assert "clean" in page
        assert "Tea" in (await browser.get("/products")).text


async def test_who_edits_messages_switches_reminders_on(room: WebRoom) -> None:
    rule = {
        "name": "Greeting", "about": "birthday", "minutes_before": 1440, "at_minute": 615,
        "channel": "outgoing_mail", "template": "birthday_greeting", "enabled": False,
    }  # fmt: skip
    channels = (await _ask(room, "GET", "/channels", role="admin"))[1]["items"]
    rule["channel"] = channels[0]["name"] if channels else "none"
    status, made = await _ask(room, "POST", "/reminder-rules", rule, role="marketer")
    assert (status, made["at_minute"]) == (201, 615), made
    status, refused = await _ask(
        room, "POST", "/reminder-rules", {**rule, "name": "x", "minutes_before": 30}, role="marketer"
    )
    assert (status, refused["field"]) == (422, "minutes_before"), "whole days only"
    async with room.browser("marketer") as browser:
        page = (await browser.get("/reminders")).text
        assert "1 day before, 10:15" in page
        await browser.post(f"/reminders/{made['id']}/switch", {"enabled": "yes"})
    assert (await _ask(room, "GET", "/reminder-rules"))[1]["items"][0]["enabled"] is True


async def test_a_reminder_is_made_changed_and_removed_on_its_page(room: WebRoom) -> None:
    async with room.browser("marketer") as browser:
        lane = (await _ask(room, "GET", "/channels", role="admin"))[1]["items"][0]["name"]
        assert (await browser.get("/reminders/new?about=nothing")).status == 404
        said = {
            "about": "appointment", "name": "Three days before", "count": "3", "unit": "days", "lead": "90",
            "lead_unit": "minutes", "channel": lane, "next_channel": "", "template": "appointment_reminder",
        }  # fmt: skip
        refused = await browser.post("/reminders", {**said, "count": "400"})
        assert (refused.status, "between a minute and a year" in refused.text) == (422, True)
        assert re.search(r'name="count" value="400"[^>]*aria-invalid="true"', refused.text), "and shows which field"
        assert (await browser.post("/reminders", {**said, "next_channel": lane})).status == 422, "another channel"
        await browser.post("/reminders", said)
        made = next(
            one for one in (await _ask(room, "GET", "/reminder-rules"))[1]["items"] if one["name"] == said["name"]
        )
        assert (made["minutes_before"], made["lead_minutes"], made["enabled"]) == (3 * 1440, 90, False), made
        page = (await browser.get(f"/reminders/{made['id']}")).text
        assert re.search(r'name="count" value="3"', page), "as people say it"
        assert re.search(r'value="days" selected', page)
        greeting = {"about": "birthday", "name": "Greeting of the shop", "count": "0", "at": "25:00"}
        late = await browser.post("/reminders", {**said, **greeting})
        assert (late.status, "09:30" in late.text) == (422, True)
        await browser.post(f"/reminders/{made['id']}", {**said, "count": "2", "unit": "hours", "lead": "30"})
        changed = (await _ask(room, "GET", "/reminder-rules"))[1]["items"]
        assert [one["minutes_before"] for one in changed if one["id"] == made["id"]] == [120]
        await browser.post(f"/reminders/{made['id']}/remove", {})
        assert (await browser.get(f"/reminders/{made['id']}")).status == 404


async def test_customers_come_in_as_a_file_by_the_page_and_the_api(room: WebRoom) -> None:
    file = "id,email,name,offers by mail,agreed on,agreed how\nC7,kim@example.com,Kim,yes,2026-01-10,ticked the box\n"

    def sent(**fields: str) -> aiohttp.FormData:
        form = aiohttp.FormData(fields)
        form.add_field("file", file.encode(), filename="customers.csv")
        return form

    async with room.browser("agent") as browser:
        assert 'href="/customers/import"' in (await browser.get("/customers")).text
        await browser.get("/customers/import")
        tried = await browser.ask("POST", "/customers/import", data=sent(csrf=browser.token, do="try"))
        assert "Tried only" in tried.text
        kept = tried.text.partition('name="kept" value="')[2].partition('"')[0]
        done = await browser.post("/customers/import", {"kept": kept, "do": "import"})
        number = re.search(r'href="/customers/(\d+)">C7', done.text)
        assert number, done.text
        assert "Agreed to offers" in (await browser.get(f"/customers/{number[1]}")).text
    status, report = await _ask(room, "POST", "/customers/file", sent(dry="false"))
    assert (status, report["counts"]["unchanged"]) == (200, 1)
    status, _ = await _ask(room, "POST", "/customers/file", sent(dry="false"), role="viewer")
    assert status == 403
