"""Snippets and mails in blocks travel as they were written, and what they name must come along."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import snippets, templates
from hub.store.session import open_database
from tests.hub.configuration.conftest import ADA, Configured

FACES = {"subject": "Hi", "blocks": "# Hi\n\n[[hours]]\n\n![Our shop](shop.png)\n"}


def say(conn: Connection) -> None:
    snippets.save(conn, name="hours", language="en", text="Open **daily**", now=ADA.at)
    files = [{"filename": "shop.png", "content_type": "image/png", "sha256": "a" * 64, "size": 3}]
    templates.save(conn, name="spring", language="en", purpose="service", faces=FACES, now=ADA.at, files=files)


async def test_what_is_written_travels_and_a_picture_may_come_later(sqlite_store_url: str) -> None:
    database = open_database(sqlite_store_url)
    await database.open()
    hub = Configured(database)
    await hub.write(say)
    files = await hub.files()
    assert files["snippets/en/hours.txt"] == "Open **daily**\n"
    assert files["templates/spring/en/email.blocks.txt"] == FACES["blocks"]
    assert "templates/spring/en/email.html" not in files
    again = (await hub.apply(files)).counts
    assert (again["new"], again["changed"]) == (0, 0)
    elsewhere = {path.replace("spring", "summer"): text for path, text in files.items()}
    assert (await hub.apply(elsewhere)).counts["new"] == 1
    [made] = await hub.write(templates.versions, "summer", "en")
    assert "<strong>daily</strong>" in made["faces"]["html"]
    assert 'src="cid:shop.png" alt="Our shop"' in made["faces"]["html"]
    changed = {**files, "snippets/en/hours.txt": "Open at noon\n"}
    assert (await hub.apply(changed)).counts["changed"] == 1
    assert "Open at noon" in (await hub.write(templates.versions, "summer", "en"))[0]["faces"]["html"]
    named = {path: text for path, text in files.items() if not path.startswith("snippets")}
    named["templates/spring/en/email.blocks.txt"] = "[[nobody]]"
    with pytest.raises(Refused, match="There is no snippet 'nobody'"):
        await hub.apply(named)
    await database.close()
