"""Kept channels and acknowledgements travel as files: no secret goes along, and none goes to another server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.app.overrides import kept, laid_over
from hub.desk import configuration
from hub.desk import connections as desk
from hub.model.acknowledgement import When, read_acknowledging
from hub.model.errors import Refused
from hub.model.mail_servers import Server
from hub.store import acknowledging, connections
from hub.store.keys import Keys
from hub.store.session import Database, open_database
from hub.web.configuration import kinds
from tests.builders import NOW
from tests.desk_world import actor
from tests.starting import start_with

KEYS = Keys.of(b"k" * 32)
ADMIN, MARKETER = kinds("en", admin=True), kinds("en")
BOX = desk.mailbox(
    "help@example.com",
    Server("imap.example.com", 993, "tls"),
    Server("smtp.example.com", 465, "tls"),
    password="hunter2",
)


@pytest.fixture
async def other(sqlite_store_url: str) -> AsyncIterator[Database]:
    """Another hub, which has nothing but its templates."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    await opened.write(lambda conn, _: start_with(conn, NOW, "templates/mail_received/"), None)
    yield opened
    await opened.close()


def fill(conn: Connection, _: None) -> dict[str, str]:
    """A mailbox that acknowledges, and the hub's files."""
    desk.add(conn, KEYS, actor(), [BOX.reading("help", ("INBOX", "Orders")), BOX.sending("help_out", "Shop")], ())
    how = read_acknowledging({"enabled": True, "when": When.ALWAYS.value})
    acknowledging.put(conn, "help", how, "ada", NOW)
    return configuration.export(conn, ADMIN)


def applied(files: dict[str, str], every: Any = ADMIN) -> Any:
    def work(conn: Connection, _: None) -> Any:
        return configuration.apply(conn, every, configuration.read(every, files), actor(), channels=())

    return work


async def test_connections_and_acknowledgements_travel_without_their_secrets(other: Database, tmp_path: Any) -> None:
    from tests.web_room import test_settings

    files = await other.write(fill, None)
    assert {"connections/help.toml", "connections/help_out.toml", "acknowledging/help.toml"} <= set(files)
    assert "hunter2" not in "".join(files.values())
    assert 'folders = ["INBOX", "Orders"]' in files["connections/help.toml"]
    assert set((await other.write(applied(files), None)).counts) >= {"same"}
    assert await other.read(lambda conn, _: connections.secrets(conn, KEYS), None) != {}

    # To a hub that knows none of them: it stays closed until the password is written.
    await other.write(lambda conn, _: [connections.remove(conn, name) for name in ("help", "help_out")], None)
    report = await other.write(applied(files), None)
    assert [change.key for change in report.changes if change.outcome == "new"] == ["help", "help_out"]
    laid, closed = laid_over(test_settings(tmp_path), await other.read(kept, KEYS))
    assert "is not kept here" in closed["help"].message
    assert laid.channels["help"].settings["folders"] == ["INBOX", "Orders"]

    # A file that sends the login elsewhere connects nothing by itself.
    await other.write(lambda conn, _: desk.change(conn, KEYS, actor(), "help", {}, {"password": "hunter2"}), None)
    moved = {
        **files,
        "connections/help.toml": files["connections/help.toml"].replace("imap.example.com", "evil.example"),
    }
    await other.write(applied(moved), None)
    laid, closed = laid_over(test_settings(tmp_path), await other.read(kept, KEYS))
    assert closed["help"].code == "disconnected"
    assert "changed where it logs in" in closed["help"].message


@pytest.mark.parametrize(
    ("every", "path", "text", "says"),
    [
        pytest.param(
            ADMIN, "connections/x.toml", 'kind = "mail_in"\n[settings]\npassword = "p"', "is a secret", id="secret"
        ),
        pytest.param(ADMIN, "connections/x.toml", 'kind = "os:system"', "There is no kind", id="any class"),
        pytest.param(MARKETER, "connections/x.toml", 'kind = "mail_in"', "Only an administrator", id="marketer"),
        pytest.param(MARKETER, "acknowledging/x.toml", "", "There is no channel 'x'", id="no such mailbox"),
        pytest.param(ADMIN, "acknowledging/x.toml", 'when = "never"', "acknowledged always", id="no such hour"),
    ],
)
async def test_what_a_file_must_not_do_is_refused_whole(
    other: Database, every: Any, path: str, text: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        await other.write(applied({path: text}, every), None)


async def test_only_an_administrator_sets_acknowledgements_by_a_file(other: Database) -> None:
    files = await other.write(fill, None)
    assert not [
        path
        for path in await other.read(lambda conn, _: configuration.export(conn, MARKETER), None)
        if "connections/" in path
    ]
    changed = {"acknowledging/help.toml": files["acknowledging/help.toml"].replace("enabled = true", "enabled = false")}

    def work(conn: Connection, every: Any) -> Any:
        return configuration.apply(conn, every, configuration.read(every, changed), actor(), channels=("help",))

    with pytest.raises(Refused, match="Only an administrator"):
        await other.write(work, MARKETER)
    await other.write(work, ADMIN)
    assert not (await other.read(lambda conn, _: acknowledging.setting(conn, "help"), None)).enabled
