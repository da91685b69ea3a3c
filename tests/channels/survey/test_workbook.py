from __future__ import annotations

import resource
import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from channels.survey_upload.limits import Limits
from channels.survey_upload.reading import records
from channels.survey_upload.shape import look_at
from hub.model.errors import Refused, TooLarge, Unreadable
from tests.channels.survey.workbooks import raw, save, shrink_claim
from tests.effort import effort

LIMITS = Limits()
MICROSOFT = [
    [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "How likely are you to recommend us?",
        "Which do you use?",
        "Why?",
    ],
    [
        1,
        datetime.fromisoformat("2024-02-13 09:10:00"),
        datetime.fromisoformat("2024-02-13 09:12:33"),
        "ada@example.com",
        "Ada",
        9,
        "Heater;Boiler;",
        "Quick",
    ],
    [
        2,
        datetime.fromisoformat("2024-02-14 09:10:00"),
        datetime.fromisoformat("2024-02-14 09:12:33"),
        "anonymous",
        None,
        3,
        "Heater;",
        "Slow",
    ],
]


def cells(file: Path) -> list[Any]:
    return list(records(file, look_at(file).reading, LIMITS))


def test_microsoft_forms_is_known_by_its_columns(tmp_path: Path) -> None:
    shape = look_at(save(tmp_path / "forms.xlsx", {"Sheet1": MICROSOFT}))
    assert (shape.source, shape.header_rows, shape.responses) == ("microsoft_forms", 1, 2)
    assert [column.kind for column in shape.columns] == [
        "id", "timestamp", "timestamp", "email", "name", "nps", "multi_choice", "free_text",
    ]  # fmt: skip
    assert shape.mapping["occurred_at"] == 2


def test_the_sheet_with_the_most_rows_is_read(tmp_path: Path) -> None:
    file = save(tmp_path / "forms.csv", {"Cover": [["Our survey"]], "Answers": MICROSOFT, "Notes": [["a"], ["b"]]})
    assert look_at(file).reading.sheet == "Answers"


def test_formulas_give_their_stored_value(tmp_path: Path) -> None:
    file = raw(
        tmp_path / "formula.xlsx",
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>Sum</t></is></c></row>'
        '<row r="2"><c r="A2" t="str"><f>WEBSERVICE("http://example.com/")</f><v>ada@example.com</v></c>'
        '<c r="B2"><f>4+5</f><v>9</v></c></row>',
    )
    assert cells(file) == [["Email", "Sum"], ["ada@example.com", "9"]]


def test_dates_are_iso_and_numbers_plain(tmp_path: Path) -> None:
    dated = save(
        tmp_path / "dated.xlsx",
        {"S": [["Email", "Born", "Score", "Yes"], ["a@example.com", date(1990, 5, 1), 4.5, True]]},
    )
    assert cells(dated)[1] == ["a@example.com", "1990-05-01", "4.5", "TRUE"]


def shared_string_bomb(file: Path) -> Path:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_001))
    text = "x" * 100_000
    return raw(file, rows, xl__sharedStrings=f"<sst><si><t>{text}</t></si></sst>")


BOMBS = {
    "claims 300 MB": lambda file: raw(file, xl__media__bomb=b"\0" * 300_000_000),
    "packs 12 MB into nothing": lambda file: raw(file, xl__sharedStrings=b"<sst>" + b" " * 12_000_000),
    "spans every cell of a sheet": lambda file: raw(
        file, '<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>'
    ),
    "spans them under other quotes": lambda file: raw(file, "<row><c r = 'A1'/></row><row><c r='XFD1048576'/></row>"),
    "copies one text a million times": shared_string_bomb,
}


@pytest.fixture(scope="module", params=BOMBS)
def bomb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return BOMBS[request.param](tmp_path_factory.mktemp("bomb") / "bomb.xlsx")


@pytest.mark.security_row(16)
def test_a_bomb_is_too_large_within_a_second_and_64_mb(bomb: Path) -> None:
    script = (
        "import resource, sys; from contextlib import suppress; from pathlib import Path\n"
        "from channels.survey_upload.shape import look_at; from hub.model.errors import TooLarge\n"
        "from tests.effort import effort\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with effort() as spent, suppress(TooLarge): look_at(Path(sys.argv[1])); raise SystemExit(1)\n"
        "print(spent.seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, bomb], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    seconds, kilobytes = map(float, done.stdout.split())
    assert seconds < 1
    assert kilobytes < 64 << 10


def test_a_part_larger_than_its_claim_is_refused(tmp_path: Path) -> None:
    file = shrink_claim(raw(tmp_path / "liar.xlsx", xl__media__bomb=b"\0" * 300_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with effort() as spent, pytest.raises(Refused):
        look_at(file)
    assert spent.seconds < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


ENTITIES = {
    "external entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]><sst><si><t>&e;</t></si></sst>',
    "billion laughs": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst/>',
    "in UTF-16": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>'.encode("utf-16"),
    "after a long comment": b"<!--" + b"x" * 600_000 + b"--><!DOCTYPE x><sst/>",
}


@pytest.mark.parametrize("content", ENTITIES.values(), ids=ENTITIES)
@pytest.mark.security_row(17)
def test_a_document_type_in_any_part_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Refused, match="document type"):
        look_at(raw(tmp_path / "entity.xlsx", xl__sharedStrings=content))


def test_a_second_directory_behind_the_first_is_refused(tmp_path: Path) -> None:
    file = raw(tmp_path / "two.xlsx")
    file.write_bytes(b"PK\x03\x04" + b"\0" * 100 + file.read_bytes())
    with pytest.raises(Refused):
        look_at(file)


def test_a_cut_workbook_cannot_be_read(tmp_path: Path) -> None:
    file = save(tmp_path / "cut.xlsx", {"S": MICROSOFT})
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(Unreadable):
        look_at(file)


def test_another_office_archive_is_no_survey(tmp_path: Path) -> None:
    file = tmp_path / "text.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(Unreadable):
        look_at(file)


def test_a_far_cell_without_content_does_not_stop_a_wide_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in MICROSOFT:
        sheet.append(row)
    sheet.row_dimensions[1_000_000].height = 20
    book.save(tmp_path / "tall.xlsx")
    assert look_at(tmp_path / "tall.xlsx").responses == 2


def test_too_many_cells_are_too_large(tmp_path: Path) -> None:
    file = save(tmp_path / "wide.xlsx", {"S": MICROSOFT})
    with pytest.raises(TooLarge):
        look_at(file, Limits(cells=10))
