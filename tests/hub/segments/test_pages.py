"""The builder of segments, without a script: drafts go there and back, and nothing is saved that cannot be."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.errors import Refused
from hub.model.segment import KINDS, read_segment
from hub.store import segments
from hub.web.pages.segment_draft import ROOT, Draft, conditions_of, draft_of, posted_draft
from tests.builders import NOW
from tests.hub.segments.test_audience import ROWS
from tests.hub.segments.world import people, store
from tests.soak import examples
from tests.web_room import WebRoom

ROW = {"r.count": "1", "r.word": "all", "r.0.about": "country", "r.0.is": "one_of", "r.0.value": "CZ, BR"}
_TREES = st.recursive(
    st.sampled_from(ROWS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda rows: {"all": rows}),
        st.lists(inner, max_size=3).map(lambda rows: {"any": rows}),
        inner.map(lambda row: row if "not" in row else {"not": row}),
    ),
    max_leaves=5,
).map(lambda tree: {"all": [tree]})


def fields_of(draft: Draft) -> dict[str, str]:
    """What a browser posts of a draft."""
    said = {f"{draft.path}.not": "1"} if draft.opposite else {}
    if draft.about:
        values = {f"{draft.path}.{name}": value for name, value in draft.values.items()}
        return {**said, f"{draft.path}.about": draft.about, f"{draft.path}.is": draft.is_, **values}
    said |= {f"{draft.path}.word": draft.word, f"{draft.path}.count": str(len(draft.members))}
    for member in draft.members:
        said |= fields_of(member)
    return said


@pytest.mark.soak
@settings(max_examples=examples(60), deadline=None)
@given(tree=_TREES)
@pytest.mark.outbound("segment-rows")
def test_conditions_go_to_the_page_and_come_back_the_same(tree: dict[str, Any]) -> None:
    draft = draft_of(tree)
    assert conditions_of(posted_draft({**fields_of(draft), "act": "save"})) == conditions_of(draft)
    if _depth(tree) <= 4:
        assert read_segment(conditions_of(draft)) == read_segment(tree)


def _depth(tree: dict[str, Any]) -> int:
    if "about" in tree:
        return 0
    [inner] = tree.values()
    return 1 + max((_depth(each) for each in (inner if isinstance(inner, list) else [inner])), default=0)


@pytest.mark.parametrize(
    ("act", "shape"),
    [
        ("add:r", ["r.0", "r.1", "r.1.0", "r.2"]),
        ("add:r.1", ["r.0", "r.1", "r.1.0", "r.1.1"]),
        ("group:r", ["r.0", "r.1", "r.1.0", "r.2", "r.2.0"]),
        ("remove:r.0", ["r.0", "r.0.0"]),
        ("remove:r.1", ["r.0"]),
        ("add:r.7", ["r.0", "r.1", "r.1.0"]),
        ("add:r.0", ["r.0", "r.1", "r.1.0"]),
    ],
)
def test_buttons_add_and_remove_rows_and_groups(act: str, shape: list[str]) -> None:
    row, group = {"about": "birthday", "is": "known"}, {"any": [{"about": "birthday", "is": "unknown"}]}
    draft = posted_draft({**fields_of(draft_of({"all": [row, group]})), "act": act})

    def paths(one: Draft) -> list[str]:
        return [each for member in one.members for each in (member.path, *paths(member))]

    assert paths(draft) == shape


def test_no_posted_number_makes_the_hub_read_on_and_on() -> None:
    wild = {f"{ROOT}{'.0' * depth}.count": "999" for depth in range(30)}
    draft = posted_draft(wild)
    assert len(str(conditions_of(draft))) < 10_000


@pytest.mark.outbound("segment-count")
async def test_a_segment_is_built_saved_and_brought_back_by_its_version(room: WebRoom) -> None:
    database = room.services.database
    await database.write(store, people())
    async with room.browser("marketer") as browser:
        page = await browser.get("/segments/new")
        assert page.status == 200
        assert "of 59 customers" in page.text
        looked = await browser.post("/segments", {**ROW, "title": "Czechs", "act": "add:r", "based_on": "0"})
        assert looked.status == 200
        assert 'name="r.1.about"' in looked.text
        assert "the country is “CZ”, “BR”" in unescape(looked.text)
        other = await browser.post("/segments", {**ROW, "title": "Чехи", "act": "save", "based_on": "0"})
        assert other.headers["Location"] == "/segments/chekhi"
        saved = await browser.post("/segments", {**ROW, "title": "Czechs & Brazil", "act": "save", "based_on": "0"})
        assert (saved.status, saved.headers["Location"]) == (303, "/segments/czechs_brazil")
        shown = await browser.get("/segments/czechs_brazil")
        count = int(re.search(r"<strong>(\d+)</strong>", shown.text)[1])  # type: ignore[index]
        wanted = [each for each in people() if each.row["country"] in ("CZ", "BR") and each.row["merged_into"] is None]
        assert count == len(wanted)
        change = {**ROW, "r.0.value": "CZ", "title": "Czechs", "act": "save", "based_on": "1"}
        assert (await browser.post("/segments/czechs_brazil", change)).status == 303
        late = await browser.post("/segments/czechs_brazil", {**change, "r.0.value": "SK"})
        assert (late.status, "Somebody else saved version 2" in late.text) == (422, True)
        first = await browser.get("/segments/czechs_brazil?version=1")
        assert 'value="CZ, BR"' in first.text
        listed = await browser.get("/segments")
        assert "the country is “CZ”" in unescape(listed.text)
        assert (await browser.post("/segments/czechs_brazil/retire")).status == 303
        assert "Czechs" not in (await browser.get("/segments")).text.partition("<main")[2].partition("said")[0]
    assert [row.version for row in await database.read(segments.versions, "czechs_brazil")] == [2, 1]


async def test_what_cannot_be_is_told_beside_its_row_and_nothing_is_saved(room: WebRoom) -> None:
    async with room.browser("admin") as browser:
        await browser.get("/segments/new")
        wrong = {**ROW, "r.0.value": "Czechia", "title": "Czechs", "act": "save", "based_on": "0"}
        page = await browser.post("/segments", wrong)
        assert page.status == 422
        assert "Row 1: value" in page.text
        assert 'class="condition ails" id="r.0"' in page.text
        assert 'value="Czechia"' in page.text
        untitled = await browser.post("/segments", {**ROW, "title": " ", "act": "save", "based_on": "0"})
        assert (untitled.status, "needs a title" in untitled.text) == (422, True)
    assert await room.services.database.read(lambda conn, _: segments.all_current(conn), None) == []


# What people type where something else belongs, and what nobody types but a script.
TYPED = (
    "",
    "0",
    "-1",
    "9" * 31,
    "0000000000090",
    "1e5",
    "49,90",
    "NaN",
    "٣",
    "'; DROP TABLE customer; --",
    "% _",
    "x" * 300,
)


async def test_whatever_is_typed_into_a_row_is_answered_with_a_sentence_at_the_row(room: WebRoom) -> None:
    async with room.browser("marketer") as browser:
        await browser.get("/segments/new")
        for at, kind in enumerate(KINDS.values()):
            parts = {f"r.0.{part.name}": TYPED[(at * 5 + turn) % len(TYPED)] for turn, part in enumerate(kind.parts)}
            row = {**ROW, "r.0.about": kind.about, "r.0.is": kind.words[at % len(kind.words)], **parts}
            page = await browser.post("/segments/preview", row, headers={"HX-Request": "true"})
            assert page.status == 200, row
            sentence = _refusal(row)
            assert sentence in unescape(page.text)
            assert ('class="condition ails" id="r.0"' in page.text) == bool(sentence), row


def _refusal(row: dict[str, str]) -> str:
    try:
        read_segment(conditions_of(posted_draft(row)))
    except Refused as refused:
        return refused.message
    return ""


async def test_htmx_gets_only_the_part_that_changes(room: WebRoom) -> None:
    async with room.browser("marketer") as browser:
        await browser.get("/segments/new")
        for target, has, lacks in (("section#seen", 'id="seen"', "r.0.about"), ("div#studio", "r.0.about", "<html")):
            part = await browser.post("/segments/preview", ROW, headers={"HX-Request": "true", "HX-Target": target})
            assert part.status == 200
            assert has in part.text
            assert lacks not in part.text


async def test_a_reader_sees_why_somebody_belongs_and_changes_nothing(room: WebRoom) -> None:
    database = room.services.database
    await database.write(store, people())
    conditions = {"all": [{"about": "country", "is": "one_of", "value": ["CZ"]}]}
    await database.write(lambda conn, _: segments.save(conn, "czechs", "Czechs", conditions, "Eve", NOW), None)
    czech = next(each.id for each in people() if each.row["country"] == "CZ")
    async with room.browser("viewer") as browser:
        why = await browser.get(f"/segments/czechs/why?customer={czech}")
        assert f"Customer {czech} belongs" in why.text
        assert (await browser.get("/segments/czechs/why?customer=4711")).status == 404
        page = await browser.get("/segments/czechs")
        assert "<fieldset disabled>" in page.text
        assert (await browser.post("/segments/czechs", ROW)).status == 403
