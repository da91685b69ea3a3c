"""Files without a right to them, and acts on what is not there or somebody else's (security rows 5, 6 and 9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.desk import merging
from hub.store.staff import ROLES
from hub.store.tables import CustomerRow, StaffRow
from tests.builders import who
from tests.desk_world import actor, customer_of
from tests.hub.web.security.conftest import Everything, rows_of

FILES = {
    "/attachments/{id}",
    "/recordings/{id}",
    "/interactions/{id}/html",
    "/unread/{id}/raw",
    "/backups/{id}/file",
    "/sandbox/mails/{mail}/html",
}
API_FILES = {
    "/api/v1/attachments/{id}",
    "/api/v1/interactions/{id}/arrivals/{arrival_id}/raw",
    "/api/v1/unreadable/{id}/raw",
    "/api/v1/backups/{id}/file",
}
NOWHERE = "999999999"
# What is sent, where an empty form or body would be refused before anybody looks whether the thing is there.
FORMS = {
    "/rights/{id}/answer": {"answer": "x"},
    "/rights/{id}/longer": {"why": "x"},
    "/rights/breaches/{id}": {"why_not": "x"},
    "/customers/{id}/rights": {"kind": "access", "evidence": "x"},
    "/customers/{id}/limits": {"kind": "child"},
    "/customers/{id}/requests": {"what": "copy"},
    "/customers/{id}/nothing-more": {"how": "phone"},
    "/customers/{id}/erase": {"name": "Ada", "reason": "asked"},
    "/equipment/{id}": {"revision": "1", "name": "Boiler"},
    "/equipment/{id}/log": {"kind": "service", "day": "2026-03-01"},
    "/customers/{id}/identities": {"identity": "new@example.com"},
    "/customers/{id}/merge": {"other": "charles@example.com"},
}
BODIES = {
    "/person-requests/{id}/answer": {"state": "done", "answer": "x"},
    "/person-requests/{id}/longer": {"why": "x"},
    "/customers/{id}/limits": {"kind": "child"},
    "/customers/{id}/limits/lift": {"kind": "child"},
    "/breaches/{id}": {"title": "x", "what": "x"},
    "/breaches/{id}/told": {"why_not": "x"},
    "/customers/{id}/requests": {"what": "copy"},
    "/customers/{id}/nothing-more": {"how": "phone"},
    "/customers/{id}/erasure": {"name": "Ada", "reason": "asked"},
    "/channels/{name}/prices": {"prices": []},
    "/equipment/{id}": {"revision": 1, "name": "Boiler"},
    "/equipment/{id}/log": {"kind": "service", "day": "2026-03-01"},
    "/campaigns/{id}/clone": {"name": "again", "title": "Again"},
    "/conversations/{id}/apart": {"conversation_id": "1"},
    "/conversations/{id}/join": {"conversation_id": "1"},
    "/conversations/{id}/notes": {"text": "x"},
    "/conversations/{id}/forward": {"text": "x", "to": ["bob@example.com"]},
    "/conversations/{id}/reply": {"text": "x"},
    "/channels/{name}/senders": {"servers": []},
    "/customers/{id}/identities": {"identity": "new@example.com"},
    "/customers/{id}/merge": {"other": "1"},
    "/customers/{id}/notes": {"text": "x"},
    "/customers/{id}/suggestions/{suggestion_id}": {"accept": True},
    "/problems/{id}/later": {"until": None},
    "/tasks/{id}": {"state": "done"},
}
# Pages of names: what is not there yet is written there, once somebody sends it.
NAMES = {
    "/forms/{slug}",
    "/templates/{name}/{language}",
    "/segments/{name}",
    "/call-flows/{name}",
    "/sequences/{name}",
    "/mail-forms/{name}",
}


@pytest.mark.security_row(5)
async def test_a_file_is_404_without_a_session_and_for_every_role_without_the_right(everything: Everything) -> None:
    room, routes = everything.room, list(everything.routes("GET"))
    hidden = {path: access.roles for _method, path, access in routes if access.hidden}
    assert set(hidden) == FILES
    given = 0
    async with room.browser() as stranger:
        for path in FILES:
            for method in ("GET", "HEAD"):
                assert (await stranger.ask(method, everything.address(path))).status == 404, path
    for role in ROLES:
        async with room.browser(role) as browser:
            for path, roles in hidden.items():
                told = await browser.get(everything.address(path))
                # Without a sandbox there is no mail of it to be shown to anybody.
                right = role in roles and path != "/sandbox/mails/{mail}/html"
                assert told.status == (200 if right else 404), (role, path)
                assert ("attachment" in told.headers.get("Content-Disposition", "")) == (
                    right and path not in ("/recordings/{id}", "/interactions/{id}/html")
                ), path
                given += right
    assert given == 5 + 5 + 5 + 3 + 1


@pytest.mark.security_row(5)
async def test_the_apis_files_are_for_tokens_with_the_right_and_no_cookie_opens_them(everything: Everything) -> None:
    room = everything.room
    allowed = {path: access.roles for _method, path, access in everything.routes("GET") if path in API_FILES}
    assert set(allowed) == API_FILES
    for role in ROLES:
        async with room.browser(role) as browser:
            bearer = {"Authorization": f"Bearer {await room.token(role)}"}
            for path, roles in allowed.items():
                address = everything.address(path)
                assert (await browser.get(address)).status == 401, path
                told = await browser.get(address, headers=bearer)
                assert told.status == (200 if role in roles else 403), (role, path)


@pytest.mark.security_row(5)
async def test_what_is_kept_on_the_disk_has_no_address_of_its_own(everything: Everything) -> None:
    room = everything.room
    kept = [path.relative_to(everything.backup.parent.parent) for path in everything.backup.parent.parent.rglob("*")]
    files = [str(path) for path in kept if (everything.backup.parent.parent / path).is_file()]
    assert len(files) > 3
    async with room.browser("admin") as admin:
        for file in files:
            for path in (f"/{file}", f"/static/{file}", f"/static/../{file}", f"/uploads/{file}", f"/data/{file}"):
                assert (await admin.get(path)).status == 404, path
        upload = everything.address("/uploads/{id}")
        for name in ("file", "raw", "visits.csv", "download"):
            assert (await admin.get(f"{upload}/{name}")).status == 404


def _unchanging(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {name: found for name, found in rows.items() if name not in ("session", "token", "throttle", "answer")}


@pytest.mark.security_row(6)
async def test_every_act_on_what_is_not_there_is_404_and_writes_nothing(everything: Everything) -> None:
    room = everything.room
    nowhere = dict.fromkeys(everything.ids, NOWHERE)
    statuses = {}
    async with room.browser("admin") as admin:
        bearer = {"Authorization": f"Bearer {await room.token('admin')}"}
        before = await room.services.database.read(lambda conn, _: rows_of(conn), None)
        for method, path, access in everything.routes("POST", "PUT", "PATCH", "DELETE"):
            if "{" not in path or access.kind != "staff":
                continue
            address = everything.filled(path, nowhere)
            if path.startswith("/api/"):
                data = json.dumps(BODIES.get(path.removeprefix("/api/v1"), {}))
                kind = {"Content-Type": "application/json"}
                told = await admin.ask(method, address, headers={**bearer, **kind}, data=data)
            else:
                told = await admin.post(address, FORMS.get(path))
            statuses[method, path] = told.status
        after = await room.services.database.read(lambda conn, _: rows_of(conn), None)
    assert _unchanging(after) == _unchanging(before)
    odd = {path: status for (_method, path), status in statuses.items() if status != 404}
    assert {path for path, status in odd.items() if status == 200} <= NAMES
    # Bodies that do not fit are told so first; nothing is written either way.
    assert {status for path, status in odd.items() if path not in NAMES} <= {422}
    assert len(odd) < 40


@pytest.mark.security_row(6)
async def test_what_belongs_to_another_customer_or_was_merged_away_is_404(everything: Everything) -> None:
    room, world = everything.room, everything.world
    database = room.services.database
    charles, identity = await customer_of(database, who("charles@example.com"))
    mary, _ = await customer_of(database, who("mary@example.com"))

    def away(conn: Connection, _arg: None) -> None:
        merging.merge(conn, world.ada, mary, actor(room.ids["agent"]))

    await database.write(away, None)
    async with room.browser("admin") as admin:
        await admin.get("/customers")
        bearer = {"Authorization": f"Bearer {await room.token('admin')}", "Content-Type": "application/json"}
        before = await database.read(lambda conn, _: rows_of(conn), None)
        statuses = {}
        for act in ("close", "confirm", "silence", "allow", "consent"):
            path = f"/customers/{world.ada}/identities/{identity}/{act}"
            form = {"purpose": "promotional", "granted": "yes", "wording": "Yes", "suppression": "1"}
            statuses[path] = (await admin.post(path, form)).status
        forms = {
            f"/customers/{charles}/suggestions/{everything.ids['/customers/{id}/suggestions/']}": {"do": "accept"},
            f"/customers/{world.ada}/write": {
                "identity": str(identity),
                "draft": "d" * 12,
                "text": "x",
                "subject": "x",
            },
            f"/customers/{mary}/write": {"identity": str(identity), "draft": "e" * 12, "text": "x", "subject": "x"},
            f"/customers/{mary}/notes": {"draft": "f" * 12, "text": "x"},
            f"/customers/{mary}/change": {"display_name": "Mary"},
            f"/customers/{mary}/identities": {"identity": "mary2@example.com"},
            f"/customers/{world.ada}/merge": {"other": "nobody@example.com"},
            f"/customers/{NOWHERE}/merge": {"other": "charles@example.com"},
            "/tasks": {"title": "x", "customer": NOWHERE},
        }
        for path, form in forms.items():
            statuses[path] = (await admin.post(path, form)).status
        for customer in (NOWHERE, str(mary)):
            booked = {"title": "x", "customer": customer, "starts_at": "2026-04-01T10:00", "time_zone": "UTC"}
            statuses[f"book for {customer}"] = (await admin.post("/appointments", booked)).status
            task = {"title": "x", "customer": customer}
            statuses[f"task of {customer}"] = (await admin.post("/tasks", task)).status
        calls = {
            f"/customers/{world.ada}/identities/{identity}/confirm": None,
            f"/customers/{charles}/suggestions/{everything.ids['/customers/{id}/suggestions/']}": {"accept": True},
            f"/customers/{world.ada}/merge": {"other": NOWHERE},
            "/tasks": {"title": "x", "customer_id": NOWHERE},
            f"/customers/{NOWHERE}/notes": {"text": "x"},
            f"/customers/{mary}/notes": {"text": "x"},
            f"/customers/{mary}/identities": {"identity": "mary2@example.com"},
        }
        for path, body in calls.items():
            data = json.dumps(body) if body else None
            told = await admin.ask("POST", f"/api/v1{path}", headers=bearer, data=data)
            statuses[f"/api/v1{path}"] = told.status
        after = await database.read(lambda conn, _: rows_of(conn), None)
    assert _unchanging(after) == _unchanging(before)
    assert {path: status for path, status in statuses.items() if status != 404} == {}


@pytest.mark.security_row(9)
async def test_a_page_takes_no_role_or_account_that_it_did_not_ask_for(everything: Everything) -> None:
    room = everything.room

    def staff(conn: Connection, _arg: None) -> list[tuple[int, str, str]]:
        return [tuple(row) for row in conn.execute(select(StaffRow.id, StaffRow.role, StaffRow.email))]  # type: ignore[misc]  # three columns

    before = await room.services.database.read(staff, None)
    extra = {"role": "admin", "account_id": "1", "id": str(room.ids["admin"]), "staff_id": str(room.ids["admin"]),
             "is_admin": "1", "email": "admin@evil.example", "disabled_at": ""}  # fmt: skip
    async with room.browser("agent") as agent:
        changed = await agent.post("/profile", {"display_name": "The agent", **extra})
        made = await agent.post("/customers", {"display_name": "Eve", **extra, "email": "eve@example.net"})
        assert (changed.status, made.status) == (303, 303)
        customer = made.headers["Location"]
        await agent.post(f"{customer}/change", {"display_name": "Eve", "relationship": "prospect", **extra})
        assert (await agent.get("/staff")).status == 403
    async with room.browser() as visitor:
        link = everything.address("/link/{token}")
        await visitor.get(link)
        chosen = {"password": "quite another one", "again": "quite another one", **extra}
        assert (await visitor.post(link, chosen)).status == 303
        assert (await visitor.get("/staff")).status == 403
    assert await room.services.database.read(staff, None) == before
    numbers = await room.services.database.read(lambda conn, _: conn.scalars(select(CustomerRow.id)).all(), None)
    assert int(customer.rpartition("/")[2]) == max(numbers)
