"""A sequence's definition: read with every rule checked, written back the same, kept in versions, travels as a file."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from hub.desk.configuration.kind import Reading
from hub.desk.configuration.sequences import Sequences
from hub.model.errors import Refused
from hub.model.sequence_definition import KINDS, read_sequence, sequence_as_json
from hub.store import sequences
from hub.store.session import Database
from hub.web.pages.sequence_draft import definition_of, draft_of
from tests.builders import NOW
from tests.hub.sequences.conftest import definition, sends, waits

WHOLE = definition(
    "segment_entered",
    entry={"segment": "lapsed", "again_days": 0},
    late_minutes=120,
    leaves_at_reply=True,
    hello=sends("pause"),
    pause=waits("known", days=2, at="09:30"),
    known={
        "kind": "branch",
        "asks": "fact",
        "name": "tier",
        "test": "equal",
        "value": "gold",
        "yes": "ask",
        "no": "in",
    },
    ask={"kind": "wait_reply", "minutes": 60, "replied": "said", "silent": "tell"},
    said={"kind": "branch", "asks": "reply", "yes": "tell", "no": "call"},
    call={"kind": "task", "title": "Call {name}", "days": 2, "next": "score"},
    score={
        "kind": "branch",
        "asks": "answer",
        "name": "nps",
        "test": "at_most",
        "value": "3",
        "yes": "tell",
        "no": "end",
    },
    tell={"kind": "webhook", "url": "https://shop.example.com/hub"},
    more_steps={"in": {"kind": "branch", "asks": "segment", "name": "lapsed", "yes": "tell", "no": "end"}},
    end={"kind": "end"},
)


def test_a_definition_is_written_as_it_was_read_and_as_the_page_means_it() -> None:
    read = sequence_as_json(read_sequence(WHOLE))
    assert read == {**WHOLE, "steps": read["steps"]}
    assert {name: dict(step) for name, step in WHOLE["steps"].items()} == read["steps"]
    assert {step["kind"] for step in read["steps"].values()} == set(KINDS)
    assert sequence_as_json(read_sequence(definition_of(draft_of(read)))) == read


def changed(**changes: Any) -> dict[str, Any]:
    return {**WHOLE, **changes}


def step(name: str, **changes: Any) -> dict[str, Any]:
    return changed(steps={**WHOLE["steps"], name: {**WHOLE["steps"][name], **changes}})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param(changed(title=" "), "title", id="no title"),
        pytest.param(changed(steps={}), "steps", id="no steps"),
        pytest.param(changed(start="nowhere"), "start", id="a start that is no step"),
        pytest.param(changed(colour=1), "colour", id="a part that nobody knows"),
        pytest.param(changed(late_minutes=1), "late_minutes", id="hardly late at all"),
        pytest.param(changed(leaves_at_reply="yes"), "leaves_at_reply", id="no yes or no"),
        pytest.param(changed(entry={"on": "full_moon"}), "entry.on", id="an event that nobody knows"),
        pytest.param(changed(entry={"on": "segment_entered"}), "entry.segment", id="no segment"),
        pytest.param(changed(entry={"on": "no_reply", "days": 0}), "entry.days", id="no days without a reply"),
        pytest.param(
            changed(entry={"on": "purchase", "again_days": -1}), "entry.again_days", id="again before the end"
        ),
        pytest.param(step("hello", template=""), "steps.hello.template", id="a message without a template"),
        pytest.param(step("pause", minutes=0, at=""), "steps.pause.minutes", id="a pause of nothing"),
        pytest.param(step("pause", at="25:00"), "steps.pause.at", id="no time of day"),
        pytest.param(step("pause", next=""), "steps.pause.next", id="a pause that leads nowhere"),
        pytest.param(step("pause", next="gone"), "steps.pause.next", id="a way to no step"),
        pytest.param(step("pause", next="hello"), "steps.pause", id="a circle"),
        pytest.param(step("known", asks="stars"), "steps.known.asks", id="a question that nobody knows"),
        pytest.param(step("known", test="at_least"), "steps.known.value", id="a word that is no number"),
        pytest.param(step("score", value="few"), "steps.score.value", id="an answer that is no number"),
        pytest.param(step("tell", url="http://shop.example.com/"), "steps.tell.url", id="no TLS"),
        pytest.param(step("tell", url="https://localhost/"), "steps.tell.url", id="this machine"),
        pytest.param(step("call", title=""), "steps.call.title", id="a task of nothing"),
        pytest.param(step("hello", next=""), "steps.pause", id="steps that nobody meets"),
        pytest.param(changed(steps={**WHOLE["steps"], "X": {"kind": "end"}}), "steps.X", id="a name in capitals"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sequence(given)
    assert refused.value.field == field


async def test_every_change_is_a_version_and_a_sequence_travels_as_a_file(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        assert sequences.save(conn, "welcome", WHOLE, "ada", NOW, based_on=0) == 1
        assert sequences.save(conn, "welcome", WHOLE, "ada", NOW) == 1
        assert sequences.save(conn, "welcome", changed(title="Other"), "ada", NOW, based_on=1) == 2
        with pytest.raises(Refused, match="version 2"):
            sequences.save(conn, "welcome", WHOLE, "ada", NOW, based_on=1)
        kind = Sequences("en")
        files = kind.write(kind.stored(conn))
        assert list(files) == ["sequences/welcome.toml"]
        reading = Reading()
        kind.read(files, reading)
        assert reading.faults == []
        assert reading.things["sequence"]["welcome"].content == kind.stored(conn)["welcome"]
        named = {(each.kind, each.name) for each in kind.references("welcome", kind.stored(conn)["welcome"])}
        assert named == {("template", "hello"), ("segment", "lapsed"), ("channel", "outgoing_mail")}
        sequences.put_switch(conn, "welcome", "on", "ada", NOW)
        assert "switch it off first" in kind.why_fixed(conn, "welcome")
        with pytest.raises(Refused):
            kind.retire(conn, "welcome", "ada", NOW)
        sequences.put_switch(conn, "welcome", "off", "ada", NOW)
        assert kind.retire(conn, "welcome", "ada", NOW)
        assert not kind.retire(conn, "welcome", "ada", NOW)

    await database.write(work, None)
