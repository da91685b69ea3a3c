"""What is health-class is seen by those who may, by no way by others, and their reading is written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.desk import drafting
from hub.desk import sensitive as desk
from hub.desk.drafting import Place
from hub.desk.drafts import DraftKind
from hub.model.contact import Attachment
from hub.store import audit, segments, sensitive
from hub.store.tables import AttachmentRow, CustomerRow, TaskRow
from tests.builders import NOW
from tests.desk_world import actor, conversation_of, named_mail, plan, take, with_files
from tests.hub.web.security.conftest import Everything
from tests.web_room import Answer, Browser

# Each stands in one thing only, so that it is told which of them slips through.
PLANTED = {
    "zebrasubject", "zebratext", "zebraquoted", "zebrasignature", "zebrahtml", "zebrafile", "zebrabytes",
    "zebrareply", "zebratask", "zebradraft", "zebrafact", "zebraown", "difference engines",
}  # fmt: skip
# Of these a segment asks: who is in it says what they have.
SEGMENT = {"all": [{"about": "fact", "is": "equal", "name": "Diagnosis", "value": "zebrafact"}]}
ABOUT = re.compile(
    r"customers|conversations|interactions|attachments|messages|tasks|drafts|inbox|submissions|uploads/|segments|"
    r"events|templates/\{name\}/\{language\}$|\{id\}/html|/write|/unread|runs/\{id\}/customers|purchases$|^/$"
)
# Empty forms, which are drawn slowly for the first time; and the places of the deed itself.
BESIDE = re.compile(r"/(new|import|erase|erasure|nothing-more|count)$")


async def _plant(everything: Everything) -> None:
    room, world = everything.room, everything.world
    database = room.services.database
    letter = named_mail(
        "Ada Lovelace",
        "ada@example.com",
        "zebratext",
        id="z1@example.com",
        subject="zebrasubject",
        quoted_text="> zebraquoted",
        signature="zebrasignature",
        attachments=(Attachment(filename="zebrafile.txt", content_type="text/plain", content=b"zebrabytes"),),
        at=NOW - timedelta(minutes=5),
    )
    [mail] = await take(database, with_files(room.services.blobs, letter, html="<p>zebrahtml</p>"))  # type: ignore[arg-type]
    talk = await conversation_of(database, mail)
    me = actor(room.ids["admin"], name="admin@hub.test")

    def keep(conn: Connection, _arg: None) -> None:
        facts = {"Diagnosis": "zebrafact", "size": "7"}
        conn.execute(update(CustomerRow).where(CustomerRow.id == world.ada).values(facts=facts))
        content = {"subject": "Re: zebrasubject", "text": "zebrareply"}
        message = plan(conn, world, dedupe_key="z", origin="reply", conversation_id=talk, content=content)
        task = {"kind": "todo", "title": "zebratask", "customer_id": world.ada, "conversation_id": talk}
        made = conn.execute(insert(TaskRow).values(**task, created_at=NOW).returning(TaskRow.id)).scalar_one()
        place = Place(kind=DraftKind.REPLY, conversation_id=talk)
        drafting.keep(conn, "zebra-draft-1", place, {"text": "zebradraft"}, me)
        segments.save(conn, "zebras", "Zebras", SEGMENT, "ada", NOW)
        desk.mark(conn, sensitive.FACT, "diagnosis", me)
        desk.mark(conn, sensitive.CHANNEL, "contact_form", me)
        desk.mark_conversation(conn, talk, me, marked=True)
        file = conn.scalar(select(AttachmentRow.id).where(AttachmentRow.filename == "zebrafile.txt"))
        everything.ids |= {
            "/conversations/": str(talk),
            "/interactions/": str(mail),
            "/attachments/": str(file),
            "/messages/": str(message),
            "/tasks/": str(made),
            "/drafts/": "zebra-draft-1",
            "/segments/": "zebras",
        }

    await database.write(keep, None)


def _pages(everything: Everything) -> Iterator[str]:
    for _method, path, access in everything.routes("GET"):
        if access.kind == "staff" and ABOUT.search(path) and not BESIDE.search(path):
            yield everything.address(path)
    yield from ("/inbox?state=all&words=zebratext", "/customers?words=zebratext", "/api/v1/interactions?q=zebratext")
    yield from (f"/customers/{everything.world.ada}?words=zebratext", "/api/v1/conversations?state=all&q=zebrasubject")
    yield f"/templates/offer/en?who=ada@example.com&customer={everything.world.ada}"
    yield f"/conversations/{everything.world.conversation}?mode=forward&about={everything.ids['/interactions/']}"


async def _walk(everything: Everything, browser: Browser, token: str, *, all_: bool = True) -> dict[str, set[str]]:
    """Returns the planted words that are told, and where; `all_` False: until each was told once."""
    told: dict[str, set[str]] = {}
    for address in _pages(everything):
        if not all_ and set(told) >= PLANTED:
            break
        headers = {"Authorization": f"Bearer {token}"} if address.startswith("/api/") else {}
        answer: Answer = await browser.get(address, headers=headers)
        assert answer.status < 500, address
        # What was searched for stands in the box that it was typed into.
        asked = {word for word in PLANTED if word in address}
        for word in PLANTED - asked:
            if word in answer.text:
                told.setdefault(word, set()).add(address)
        if "/segments/zebras" in address and answer.status == 200 and ">Ada" in answer.text:
            told.setdefault("zebraown", set()).add(address)
        if asked and "Ada Lovelace" in answer.text and "zebra" in answer.text.replace(next(iter(asked)), ""):
            told.setdefault(f"found by {next(iter(asked))}", set()).add(address)
    return told


@pytest.mark.law("sensitive-role", "sensitive-logged")
async def test_an_administrator_without_the_right_finds_no_word_of_it_and_with_it_all_and_that_is_logged(
    everything: Everything,
) -> None:
    room, ada = everything.room, everything.world.ada
    await _plant(everything)
    token = await room.token("admin")
    async with room.browser("admin") as admin:
        told = await _walk(everything, admin, token)
        # The definition of a segment names its value to whoever may look at segments; it says it of nobody.
        told.pop("zebrafact", None) if told.get("zebrafact", set()) <= _definitions(told) else None
        assert told == {}
        inbox = await admin.get("/inbox?state=all")
        assert "about health" in inbox.text
        assert not await _read(everything)
        given = await admin.post(f"/staff/{room.ids['admin']}/sight", {"sees": "yes"})
        assert given.status == 303
        told = await _walk(everything, admin, token, all_=False)
        assert PLANTED - set(told) == set()
        logged = await _read(everything)
        assert {"fact:Diagnosis", f"conversation:{everything.ids['/conversations/']}"} <= logged
        readings = await admin.get(f"/customers/{ada}/readings")
        assert "fact:Diagnosis" in readings.text
        assert "The admin" in readings.text


def _definitions(told: dict[str, set[str]]) -> set[str]:
    return {address for address in told.get("zebrafact", ()) if re.match(r"(/api/v1)?/segments", address)}


async def _read(everything: Everything) -> set[str]:
    """Returns what the audit log says was read of Ada: once each, however often it was shown."""

    def ask(conn: Connection, _arg: None) -> list[str]:
        acts = [act for act in audit.page(conn, limit=500) if act["action"] == "sensitive.read"]
        mine = [act for act in acts if act["subject"] == f"customer/{everything.world.ada}"]
        return [what for act in mine for what in act["detail"]["what"].split(", ")]

    found = await everything.room.services.database.read(ask, None)
    assert len(found) == len(set(found))
    return set(found)
