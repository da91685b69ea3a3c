"""A website's form mails: found, read by a saved form, tried and applied on the pages and by the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from channels.base import Captured, Context, Raw
from channels.maildir import Maildir
from hub.desk import configuration as files
from hub.insight.history import timeline
from hub.store import consents, search
from hub.store.customers import find_identities
from hub.store.session import Database
from hub.store.tables import AuditRow, InteractionRow, MailFormRow
from hub.web.configuration import kinds
from tests.builders import NOW, who
from tests.web_room import Browser, Clock, WebRoom, services_for, web_room

SITE = "wordpress@example.org"
DEFINITION = {
    "title": "Website",
    "senders": [SITE],
    "fields": [
        {"labels": ["Name", "Nome"], "gives": "name"},
        {"labels": ["E-mail"], "gives": "email"},
        {"labels": ["Phone"], "gives": "phone"},
        {"labels": ["Newsletter"], "gives": "answer"},
        {"labels": ["Message"], "gives": "message"},
    ],
    "ends": ["--"],
    "region": "US",
}


def form_mail(number: int, name: str, address: str, message: str = "Hello\nthere", *, headers: str = "") -> bytes:
    """A mail as a website's form sends it."""
    return (
        f"From: Website <{SITE}>\r\n{headers}To: support@example.com\r\nSubject: New message\r\n"
        f"Message-ID: <form-{number}@example.org>\r\nDate: Mon, 02 Mar 2026 09:{number:02}:00 +0000\r\n\r\n"
        f"Name: {name}\r\nE-mail: {address}\r\nPhone: (415) 555-0101\r\nNewsletter: yes\r\nMessage:\r\n{message}\r\n"
        "-- \r\nSent from example.org\r\n"
    ).encode()


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room whose one channel reads a mailbox."""
    clock = Clock()
    mailbox = Maildir("support_mail", {"path": str(tmp_path), "address": "support@example.com"}, Context(public_url=""))
    async with web_room(services_for(database, tmp_path, clock, channels={"support_mail": mailbox}), clock) as running:
        yield running


async def arrive(room: WebRoom, *mails: bytes) -> list[Captured]:
    """Lets mails arrive as from a mailbox."""
    reader = room.services.channels["support_mail"]
    assert isinstance(reader, Maildir)
    raws = [Raw(content=mail, key=f"{hash(mail)}", received_at=NOW, content_type="message/rfc822") for mail in mails]
    return [await room.services.intake.take("support_mail", reader, raw) for raw in raws]


async def interaction(database: Database, number: int | None) -> Any:
    def ask(conn: Connection, _: None) -> Any:
        return conn.execute(select(InteractionRow.__table__).where(InteractionRow.id == number)).one()

    return await database.read(ask, None)


async def save(room: WebRoom, browser: Browser) -> None:
    """Saves how the site's mails are read, by the page."""
    fields = {
        f"f{at}.{part}": value
        for at, each in enumerate(DEFINITION["fields"])
        for part, value in (("labels", " | ".join(each["labels"])), ("gives", each["gives"]))  # type: ignore[index]
    }
    form = {"act": "save", "based_on": "0", "fields": "5", "name": "website", "title": "Website", "region": "us"}
    answer = await browser.post("/mail-forms", {**form, **fields, "senders": SITE, "ends": "--"})
    assert (answer.status, answer.headers["Location"]) == (303, "/mail-forms/website"), answer.text


async def test_a_websites_mails_become_customers_with_answers(room: WebRoom, database: Database) -> None:
    """The whole way: mails come, a form is proposed, tried, saved and applied; the next one is read as it comes."""
    first, nameless = await arrive(room, form_mail(1, "Ada Lovelace", "ada@example.com"), form_mail(2, "Nobody", "-"))
    assert (await database.read(find_identities, [who("ada@example.com")])) == {}
    async with room.browser("marketer") as browser:
        chosen = await browser.get("/mail-forms/new")
        assert f"/mail-forms/new?interaction={nameless.interaction}" in chosen.text
        proposed = await browser.get(f"/mail-forms/new?interaction={first.interaction}")
        for label in ("Name", "E-mail", "Phone", "Newsletter", "Message"):
            assert f'value="{label}"' in proposed.text
        assert SITE in proposed.text
        pasted = form_mail(1, "A", "a@example.com").decode().partition("\r\n\r\n")[2]
        assert 'value="E-mail"' in (await browser.post("/mail-forms", {"act": "propose", "pasted": pasted})).text
        await save(room, browser)
        tried = await browser.post(
            "/mail-forms/website",
            {
                "act": "try", "based_on": "1", "fields": "1", "title": "x", "senders": SITE, "f0.labels": "E-mail",
                "f0.gives": "email",
            },
        )  # fmt: skip
        assert "1 of 2 name somebody" in tried.text
        assert (await interaction(database, first.interaction)).medium == "email"
        applied = await browser.post("/mail-forms/website/apply")
        assert applied.headers["Location"] == "/mail-forms/website"
        told = await browser.get("/mail-forms/website")
        # The second names no address, but a number that can be called.
        assert "2 mails became submissions." in told.text

    held = await database.read(find_identities, [who("ada@example.com"), who("+14155550101")])
    mended = await interaction(database, first.interaction)
    ada = held[who("ada@example.com")]
    assert (mended.identity_id, mended.medium, mended.trust) == (ada.identity_id, "form", "unverified")
    assert [answer[:2] for answer in mended.detail["answers"]] == [
        ["Name", "Ada Lovelace"],
        ["E-mail", "ada@example.com"],
        ["Phone", "(415) 555-0101"],
        ["Newsletter", "yes"],
        ["Message", "Hello\nthere"],
    ]
    page = await database.read(lambda conn, customer: timeline(conn, customer), ada.customer_id)
    assert [entry.id for entry in page.items] == [first.interaction]
    hits = await database.read(lambda conn, row: search.search(conn, "hello", identities=[row]), ada.identity_id)
    assert hits == [first.interaction]

    [later] = await arrive(room, form_mail(3, "Ada Lovelace", "ADA@example.com", "Once more"))
    assert (later.customer, (await interaction(database, later.interaction)).text) == (ada.customer_id, "Once more")
    # What anybody may have typed is no consent.
    assert await database.read(lambda conn, row: consents.in_force(conn, [row]), ada.identity_id) == {}
    again = await room.services.intake.take(
        "support_mail",
        room.services.channels["support_mail"],  # type: ignore[arg-type]
        Raw(content=form_mail(3, "Ada Lovelace", "ADA@example.com", "Once more"), key="sales", received_at=NOW),
    )
    assert (again.interaction, again.duplicate) == (later.interaction, True)
    async with room.browser("agent") as browser:
        shown = await browser.get(f"/customers/{ada.customer_id}")
        assert "/mail-forms/website" in shown.text
        assert "Newsletter" in shown.text


async def test_the_api_keeps_tries_and_applies_them_and_files_carry_them(room: WebRoom, database: Database) -> None:
    token = await room.token("marketer")
    bearer = {"Authorization": f"Bearer {token}"}
    await arrive(room, form_mail(1, "Ada", "ada@example.com", headers="Reply-To: eve@example.net\r\n"))

    async def ask(method: str, path: str, body: Any = None) -> Any:
        async with room.browser() as browser:
            answer = await browser.ask(method, f"/api/v1{path}", json=body, headers=bearer)
            import orjson

            return answer.status, orjson.loads(answer.body)

    text = form_mail(1, "Ada", "ada@example.com").decode()
    assert (await ask("POST", "/mail-form-proposals", {"text": text}))[1]["fields"][0]["labels"] == ["From"]
    status, tried = await ask("POST", "/mail-form-trials", {"definition": DEFINITION})
    assert [(each["name"], each["address"]) for each in tried["items"]] == [("Ada", "ada@example.com")]
    assert (await ask("PUT", "/mail-forms/website", {"definition": DEFINITION, "based_on": 0}))[1]["version"] == 1
    assert (await ask("PUT", "/mail-forms/website", {"definition": DEFINITION, "based_on": 0}))[0] == 422
    assert (await ask("PUT", "/mail-forms/website", {"definition": {**DEFINITION, "fields": []}}))[0] == 422
    assert (await ask("POST", "/mail-forms/website/apply", {}))[1] == {"read": 1, "unread": 0, "before": None}
    assert (await ask("POST", "/mail-forms/website/apply", {}))[1]["read"] == 0
    assert ada_is_held(await database.read(find_identities, [who("ada@example.com")]))

    every = kinds("en")
    exported = await database.read(lambda conn, _: files.export(conn, every), None)
    assert 'gives = "email"' in exported["mail_forms/website.toml"]
    reading = files.read(every, {"mail_forms/website.toml": exported["mail_forms/website.toml"]})
    report = await database.read(
        lambda conn, _: files.foretell(conn, every, reading, channels=list(room.services.channels)), None
    )
    assert [change.outcome.value for change in report.changes if change.kind == "mail_form"] == ["same"]

    assert (await ask("DELETE", "/mail-forms/website"))[0] == 200
    assert (await ask("GET", "/mail-forms"))[1]["items"] == []
    assert (await ask("GET", "/mail-forms/website/versions"))[1]["items"][0]["active"] is False
    counted = await database.read(
        lambda conn, _: (
            conn.scalar(select(func.count()).select_from(MailFormRow)),
            list(conn.scalars(select(AuditRow.action).order_by(AuditRow.id))),
        ),
        None,
    )
    assert counted[0] == 1
    assert [each for each in counted[1] if each.startswith("mail_form.")] == [
        "mail_form.saved", "mail_form.applied", "mail_form.applied", "mail_form.retired",
    ]  # fmt: skip
    assert status == 200


def ada_is_held(found: Any) -> bool:
    return len(found) == 1
