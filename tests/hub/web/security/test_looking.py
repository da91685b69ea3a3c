"""Looking changes nothing, and what sets a hub up is gone once it is (security row 7)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.store import links
from tests.hub.web.security.conftest import Everything, rows_of
from tests.web_room import WebRoom

# When a session was last used, and that a backup left the house (with the head of that chain), is noted.
# A click is counted where a link is followed; that is what it leads by way of the hub for.
_NOTED = {"session", "token", "audit", "installation", "link_click"}
# What is asked for shows itself, but for these: there is no sandbox here, and some pages lead on to another.
ELSEWHERE = {
    "/l/{token}": 302,  # where a link of a promotion leads
    "/restoring": 303,
    "/templates/{name}": 303,
    "/drafts/{id}": 303,
    "/channels/{name}/connection": 303,
    "/channels/new/{draft}": 404,  # somebody else's
    "/channels/new/twilio/{draft}": 404,  # likewise
    "/channels/consent": 404,
    "/channels/{name}/senders": 404,  # a number is no mailbox
    "/channels/{name}/acknowledging": 404,  # likewise
    "/api/v1/channels/{name}/acknowledging": 404,
    "/channels/{name}/webhooks": 404,  # one of the settings file
    "/channels/{name}/number": 404,  # likewise
    "/api/v1/connections/{name}/number": 404,
    "/api/v1/connections/{name}/webhooks": 404,
    "/api/v1/channels/{name}/senders": 404,
    "/runs/{id}/customers/{customer}": 303,
    "/campaigns/{id}/plan": 303,
    "/api/v1/campaigns/{id}/flight": 404,  # a small audience is planned at once
    "/channels/{name}/standing": 404,  # a number is no mailbox
    "/api/v1/channels/{name}/signing": 404,  # likewise
    "/api/v1/mail-standing": 422,  # of which domain?
    "/sandbox/ahead": 404,
    "/sandbox/ahead.csv": 404,
    "/api/v1/sandbox/ahead": 404,
    "/sandbox/phone": 404,
    "/sandbox/mailbox": 404,
    "/sandbox/mails/{mail}/html": 404,
}


@pytest.mark.security_row(7)
async def test_no_get_changes_a_row_of_any_table(everything: Everything) -> None:
    room = everything.room
    statuses = {}
    async with room.browser("admin") as admin:
        await admin.get("/address")  # the administrator's first request proposes the hub's address
        headers = {"Authorization": f"Bearer {await room.token('admin')}"}
        before = await room.services.database.read(lambda conn, _: rows_of(conn), None)
        for _method, path, _access in everything.routes("GET"):
            sent = headers if path.startswith("/api/") else {}
            statuses[path] = (await admin.get(everything.address(path), headers=sent)).status
        after = await room.services.database.read(lambda conn, _: rows_of(conn), None)
    assert {name for name in before if before[name] != after[name]} <= _NOTED
    noted = [row for row in after["audit"] if row not in before["audit"]]
    assert {row[0] for row in set(before["installation"]) ^ set(after["installation"])} == {"audit_head"}
    assert {str(row) for row in before["audit"]} <= {str(row) for row in after["audit"]}
    assert len(noted) == 2
    assert all("backup.downloaded" in row for row in noted)
    elsewhere = {path: status for path, status in statuses.items() if status != 200}
    assert elsewhere == ELSEWHERE


@pytest.mark.security_row(7)
async def test_head_of_a_file_brings_none_of_its_bytes_and_the_connection_goes_on(everything: Everything) -> None:
    async with everything.room.browser("admin") as admin:
        for path in ("/attachments/{id}", "/recordings/{id}", "/backups/{id}/file"):
            there = everything.address(path)
            told = [await admin.ask(method, there) for method in ("HEAD", "GET")]
            assert [answer.status for answer in told] == [200, 200], path
            assert told[0].body == b"", path
            assert told[0].headers["Content-Length"] == told[1].headers["Content-Length"] == str(len(told[1].body))


@pytest.mark.security_row(7)
async def test_what_acts_is_answered_to_a_get_by_its_own_page_or_not_at_all(everything: Everything) -> None:
    looks = {path for _method, path, _access in everything.routes("GET")}
    acts = {path for _method, path, access in everything.routes("POST", "PUT", "PATCH", "DELETE")} - looks
    assert len(acts) > 80
    async with everything.room.browser("admin") as admin:
        headers = {"Authorization": f"Bearer {await everything.room.token('admin')}"}
        for path in sorted(acts):
            sent = headers if path.startswith("/api/") else {}
            # Some read as the address of something else that is not there: 404.
            assert (await admin.get(everything.address(path), headers=sent)).status in (404, 405), path


def _first_link(conn: Connection, room: WebRoom) -> str:
    return links.create_link(conn, room.services.keys, links.FIRST_ADMIN, None, timedelta(days=1), room.clock())


@pytest.mark.security_row(7)
async def test_once_a_hub_is_set_up_nothing_that_sets_it_up_is_there(room: WebRoom, tmp_path: Path) -> None:
    # A first link that was printed and never used, on a hub that has its staff.
    token = await room.services.database.write(_first_link, room)
    failed = room.services.settings.hub.data / "restore" / "failed.txt"
    failed.parent.mkdir(parents=True)
    failed.write_text("The backup /srv/secret.tar could not be opened")
    async with room.browser() as stranger:
        await stranger.get("/sign-in")
        assert (await stranger.get(f"/link/{token}")).status == 404
        taking = {"email": "eve@example.com", "password": "quite long one", "again": "quite long one"}
        assert (await stranger.post(f"/link/{token}", taking)).status == 404
        assert (await stranger.post(f"/link/{token}/restore", {"passphrase": "x"})).status == 404
        waiting = await stranger.get("/restoring")
        assert (waiting.status, waiting.headers["Location"]) == (303, "/sign-in")
        for path in ("/setup", "/install", "/init", "/register", "/admin", "/sign-up"):
            assert (await stranger.get(path)).status == 404
    assert [file.name for file in failed.parent.iterdir()] == ["failed.txt"]
