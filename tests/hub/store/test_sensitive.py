"""What is health-class, on both engines: by mark, by form, by channel, by what was joined; and as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from hub.desk import sensitive as desk
from hub.desk.configuration.kind import Reading
from hub.desk.configuration.sensitive import FILE, SensitiveMarks
from hub.model.errors import NotAllowed, NotFound, Refused
from hub.model.segment import read_segment
from hub.store import conversations, interactions, sensitive, sight, veil
from hub.store.session import Database
from hub.store.sight import Sight
from hub.store.tables import ConversationRow, InteractionRow
from tests.builders import NOW
from tests.desk_world import World, actor, fill

QUESTION = read_segment({"all": [{"about": "answer", "is": "equal", "question": "Why?", "value": "Quick answers"}]})
FACT = read_segment({"not": {"about": "fact", "is": "known", "name": "diagnosis"}})


def _talks(conn: Connection) -> set[int]:
    return sensitive.conversations(conn, conn.scalars(select(ConversationRow.id)).all())


def _marked(conn: Connection, world: World) -> None:
    by = actor(name="ada")
    talk = {
        name: conn.scalar(select(InteractionRow.conversation_id).where(InteractionRow.id == number))
        for name, number in world.interactions.items()
    }
    assert (_talks(conn), sensitive.about(conn, QUESTION), sensitive.about(conn, FACT)) == (set(), "", "")
    desk.mark_conversation(conn, world.conversation, by, marked=True)
    assert _talks(conn) == {world.conversation}
    # What it was joined with says what it said.
    conversations.join(conn, world.texts, [world.conversation], NOW)
    assert world.texts in _talks(conn)
    desk.mark_conversation(conn, world.texts, by, marked=False)
    assert _talks(conn) == set()
    desk.mark(conn, sensitive.CHANNEL, "surveys", by, channels=["surveys"])
    assert sensitive.about(conn, QUESTION) == "Why?"
    rows = interactions.by_ids(conn, list(world.interactions.values()))
    assert sensitive.interactions(conn, rows) == {world.interactions["survey"]}
    desk.mark(conn, sensitive.CHANNEL, "contact_form", by, channels=["contact_form"])
    assert talk["form"] in _talks(conn)
    with pytest.raises(Refused, match="channel or a form"):
        desk.mark_conversation(conn, talk["form"] or 0, by, marked=False)
    for kind, name in (("channel", "nowhere"), ("form", "none")):
        with pytest.raises(NotFound):
            desk.mark(conn, kind, name, by, channels=["surveys"])
    desk.mark(conn, sensitive.FACT, "Diagnosis", by)
    assert sensitive.about(conn, FACT) == "diagnosis"
    with pytest.raises(Refused, match="works with the fact"):
        desk.mark(conn, sensitive.FACT, "Tier", by)
    _seen(conn, world)
    things = SensitiveMarks(may=True).stored(conn)
    assert sorted(things) == ["channel/contact_form", "channel/surveys", "fact/diagnosis"]
    into = Reading()
    SensitiveMarks().read(SensitiveMarks().write(things), into)
    assert (sorted(into.things["sensitive mark"]), into.faults) == (sorted(things), [])
    SensitiveMarks().read({FILE: 'facts = ["a.b"]\npeople = ["x"]\n'}, into)
    assert [fault.where for fault in into.faults] == ["facts", "people"]
    with pytest.raises(Refused, match="Only an administrator"):
        SensitiveMarks().save(conn, "fact/allergy", {}, "ada", NOW)
    desk.unmark(conn, sensitive.CHANNEL, "contact_form", by)
    assert talk["form"] not in _talks(conn)


def _seen(conn: Connection, world: World) -> None:
    facts = {"Diagnosis": "gout", "size": 7}
    blind, seer = Sight(staff_id=1, sees=False), Sight(staff_id=2, sees=True)
    with sight.through(blind):
        assert veil.facts_shown(conn, world.ada, facts) == {"size": 7}
        with pytest.raises(NotAllowed, match="about health"):
            veil.require_sight(conn, FACT)
        with pytest.raises(NotAllowed, match="about health"):
            veil.require_facts(conn, ["DIAGNOSIS"])
    with sight.through(seer):
        assert veil.facts_shown(conn, world.ada, facts) == facts
    assert (blind.shown, list(seer.shown)) == ({}, [(world.ada, "fact:Diagnosis")])
    assert veil.facts_shown(conn, world.ada, facts) == facts


async def test_what_is_health_class_is_found_by_every_mark(database: Database, tmp_path: Path) -> None:
    await database.write(_marked, await fill(database, tmp_path))
