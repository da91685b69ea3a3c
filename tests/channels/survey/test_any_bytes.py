"""Whatever is uploaded, it is read or it is named as what cannot be read; nothing else is raised."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Context
from channels.survey_upload import SurveyUpload
from channels.survey_upload.shape import describe_survey, look_at
from channels.survey_upload.times import read_time
from hub.model.contact import InboundContact
from hub.model.errors import Refused, Unreadable
from tests.channels.survey.workbooks import save
from tests.soak import examples

CELLS = st.text(max_size=20) | st.sampled_from(
    [
        "Email",
        "ada@example.com",
        "=1+1",
        '"',
        "Timestamp",
        "2024/03/01 9:12",
        "10",
        "",
        "RespondentID",
        "{'ImportId': 'x'}",
        "Response",
    ]
)
TABLES = st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=8).map("\n".join)


def read_in_full(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "survey"
        file.write_bytes(content)
        try:
            shape = look_at(file)
        except (Refused, Unreadable):
            return
        mapping = {**shape.mapping, "received_at": "2024-06-01T00:00:00+00:00", "anonymous": True}
        rows = list(SurveyUpload("s", {}, Context(public_url="")).rows(file, mapping, 0))
        assert [number for number, _ in rows] == list(range(shape.rows))
        for _, row in rows:
            if isinstance(row, InboundContact):
                assert "\0" not in row.text + row.subject
                row.text.encode()


@pytest.mark.soak
@settings(max_examples=examples(150), deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes(content: bytes) -> None:
    read_in_full(content)


@pytest.mark.soak
@settings(max_examples=examples(200), deadline=None)
@given(TABLES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
def test_any_table(text: str, codec: str) -> None:
    read_in_full(text.encode(codec, "replace"))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A workbook, made once: its own times would change its length from one example to the next."""
    file = tmp_path_factory.mktemp("book") / "book.xlsx"
    return save(file, {"S": [["Email", "Comment"], ["ada@example.com", "fine"]]}).read_bytes()


@pytest.mark.soak
@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_a_workbook_with_any_bytes_changed(book: bytes, data: st.DataObject) -> None:
    content = bytearray(book)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_in_full(bytes(content))


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}( \d{1,2}:\d{2}(:\d{2})?( [AP]M)?( GMT[+-]\d{1,2})?)?")
)
def test_any_time(text: str) -> None:
    from datetime import UTC

    moment = read_time(text, "dmy", UTC)
    assert moment is None or moment.utcoffset() is not None


NO_TABLES = {
    "nothing": b"",
    "blank": b"\n\n  \n",
    "pdf": b"%PDF-1.7 and so on",
    "old excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "web page": b"<!DOCTYPE html><html><body><table></table></body></html>",
    "binary": bytes(range(256)) * 20,
    "gzip": b"\x1f\x8b\x08\x00" + b"abc" * 30,
}


@pytest.mark.parametrize("content", NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_is_named_and_a_next_step_given(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "survey.csv"
    file.write_bytes(content)
    with pytest.raises(Unreadable) as refused:
        describe_survey(file)
    assert refused.value.next_step


def test_a_record_that_never_ends_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "survey.csv"
    file.write_bytes(b"Email,Comment\nada@example.com," + b'"\n",' * 3_000_000)
    with pytest.raises(Refused):
        look_at(file)
