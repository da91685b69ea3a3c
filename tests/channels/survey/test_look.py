from __future__ import annotations

import json
from pathlib import Path

import pytest

from channels.survey_upload.shape import describe_survey, look_at

FIXTURES = Path(__file__).parents[2] / "fixtures" / "survey"
SHARED = Path(__file__).parents[4] / "shared" / "corpora" / "surveys"

SHAPES = [
    # file, source, encoding, delimiter, header rows, responses
    ("google_forms.csv", "google_forms", "ascii", ",", 1, 6),
    ("surveymonkey.csv", "surveymonkey", "ascii", ",", 2, 3),
    ("second_header_only.csv", "surveymonkey", "ascii", ",", 2, 2),
    ("qualtrics.csv", "qualtrics", "utf-8-sig", ",", 3, 2),
    ("qualtrics_without_import_ids.csv", "qualtrics", "ascii", ",", 2, 2),
    ("qualtrics_names_only.csv", "qualtrics", "ascii", ",", 1, 2),
    ("qualtrics_labels_only.csv", "qualtrics", "ascii", ",", 1, 2),
    ("qualtrics_legacy.csv", "qualtrics", "utf-8-sig", ",", 2, 2),
    ("limesurvey_codes.csv", "limesurvey", "ascii", ",", 1, 2),
    ("limesurvey_codes_and_text.csv", "limesurvey", "ascii", ";", 1, 2),
    ("limesurvey_full_text.csv", "limesurvey", "ascii", ",", 1, 1),
    ("typeform.csv", "typeform", "ascii", ",", 1, 2),
    ("kobo.csv", "kobo", "ascii", ";", 1, 2),
    ("odk_central.csv", "kobo", "ascii", ",", 1, 1),
    ("plain_czech.csv", "plain", "cp1250", ";", 1, 3),
    ("plain_tabs.tsv", "plain", "utf-16", "\t", 1, 2),
    ("excel_separator.csv", "plain", "cp1252", ";", 1, 1),
    ("title_and_totals.csv", "plain", "ascii", ",", 1, 2),
    ("duplicates.csv", "plain", "ascii", ",", 1, 3),
]


@pytest.mark.parametrize(
    ("name", "source", "encoding", "delimiter", "header_rows", "responses"), SHAPES, ids=[s[0] for s in SHAPES]
)
def test_the_tool_and_the_shape_are_found_by_looking(
    name: str, source: str, encoding: str, delimiter: str, header_rows: int, responses: int
) -> None:
    shape = look_at(FIXTURES / name)
    found = (shape.source, shape.encoding, shape.delimiter, shape.header_rows, shape.responses)
    assert found == (source, encoding, delimiter, header_rows, responses)


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    disguised = tmp_path / "survey.xlsx"
    disguised.write_bytes((FIXTURES / "kobo.csv").read_bytes())
    assert look_at(disguised).source == "kobo"


KINDS = [
    ("google_forms.csv", ["timestamp", "email", "name", "nps", "multi_choice", "free_text"]),
    ("plain_czech.csv", ["timestamp", "name", "email", "phone", "nps", "free_text"]),
    ("second_header_only.csv", ["timestamp", "timestamp", "choice", "choice", "choice", "free_text"]),
    (
        "limesurvey_codes_and_text.csv",
        ["id", "timestamp", "metadata", "language", "metadata", "csat", "choice", "choice", "email"],
    ),
    ("title_and_totals.csv", ["timestamp", "email", "rating", "free_text"]),
]


@pytest.mark.parametrize(("name", "kinds"), KINDS, ids=[name for name, _ in KINDS])
def test_the_kind_of_a_column_is_told_by_header_and_values(name: str, kinds: list[str]) -> None:
    assert [column.kind for column in look_at(FIXTURES / name).columns] == kinds


MAPPINGS = [
    ("google_forms.csv", {"email": 1, "name": 2}, {"occurred_at": 0, "nps": 3}),
    (
        "surveymonkey.csv",
        {"email": 5, "given_name": 6, "family_name": 7, "external_id": 8},
        {"occurred_at": 3, "csat": 9, "date_order": "mdy"},
    ),
    (
        "qualtrics.csv",
        {"email": 11, "given_name": 10, "family_name": 9, "external_id": 12},
        {"time_zone": "America/Denver", "nps": 15},
    ),
    ("typeform.csv", {"email": 2, "phone": 3, "name": 1}, {"occurred_at": 9, "time_zone": "UTC", "response_id": 0}),
    ("limesurvey_full_text.csv", {}, {"occurred_at": 1, "language": 3, "csat": 9}),
    ("plain_czech.csv", {"email": 2, "phone": 3, "name": 1}, {"date_order": "dmy", "nps": 4}),
]


@pytest.mark.parametrize(("name", "identity", "rest"), MAPPINGS, ids=[m[0] for m in MAPPINGS])
def test_the_proposed_mapping_says_who_when_and_what(
    name: str, identity: dict[str, int], rest: dict[str, object]
) -> None:
    mapping = look_at(FIXTURES / name).mapping
    assert mapping["identity"] == identity
    assert {key: mapping[key] for key in rest} == rest
    assert json.loads(json.dumps(mapping)) == mapping


def test_headers_are_kept_and_only_their_display_names_differ() -> None:
    columns = look_at(FIXTURES / "duplicates.csv").columns
    assert [column.header for column in columns] == ["Email", "Comment", "Comment", "", ""]
    assert [column.name for column in columns] == ["Email", "Comment", "Comment (2)", "column 4", "column 5"]


def test_options_of_surveymonkey_are_named_with_their_question() -> None:
    questions = [column.question for column in look_at(FIXTURES / "surveymonkey.csv").columns]
    assert questions[9:13] == [
        "How satisfied are you with our service?",
        "Which products do you own? - Heater",
        "Which products do you own? - Boiler",
        "Which products do you own? - Other (please specify)",
    ]


ENCODINGS = [
    ("Größe;Straße;Übung", "cp1252"),
    ("Don’t “quote” – café", "cp1252"),
    ("Señor;¿Qué tal?;mañana", "cp1252"),
    ("Příliš žluťoučký kůň úpěl ďábelské ódy", "cp1250"),
    ("Zażółć gęślą jaźń", "cp1250"),
    ("Добрый день, всё хорошо", "cp1251"),
    ("Добрый день, всё хорошо", "koi8_u"),
    ("Καλημέρα σε όλους", "cp1253"),
    ("çok güzel bir iş, teşekkürler ğ", "cp1254"),
    ("חיכיתי הרבה זמן לתשובה", "cp1255"),
    ("شكرا لكم، خدمة جيدة", "cp1256"),
    ("こんにちは、とても良いです", "cp932"),
    ("안녕하세요 정말 좋아요", "cp949"),
    ("你好，服务很好", "gb18030"),
    ("Größe, Straße", "utf-8-sig"),
    ("plain words", "ascii"),
]


@pytest.mark.parametrize(("text", "codec"), ENCODINGS, ids=[f"{codec}-{text[:8]}" for text, codec in ENCODINGS])
def test_the_encoding_is_the_one_in_which_the_letters_make_sense(tmp_path: Path, text: str, codec: str) -> None:
    file = tmp_path / "survey.csv"
    file.write_bytes(f"Email;Comment\nada@example.com;{text.replace(';', ',')}\n".encode(codec.removesuffix("-sig")))
    assert look_at(file).encoding == codec


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_zero_bytes(tmp_path: Path, codec: str) -> None:
    file = tmp_path / "survey.csv"
    file.write_bytes("Email,Comment\nada@example.com,fine\n".encode(codec))
    assert look_at(file).encoding == codec


def test_utf_8_with_a_broken_end_stays_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "survey.csv"
    file.write_bytes("Email,Comment\nada@example.com,Žluťoučký kůň, ďábel\n".encode()[:-2] + b"\xc4")
    assert look_at(file).encoding == "utf-8-sig"


@pytest.mark.parametrize(("ends", "name"), [("\n", "lf"), ("\r\n", "crlf"), ("\r", "cr")])
def test_line_ends_are_told_outside_quotes(tmp_path: Path, ends: str, name: str) -> None:
    file = tmp_path / "survey.csv"
    file.write_bytes(f'Email,"two\nlines"{ends}ada@example.com,"a\nb"{ends}'.encode())
    found = describe_survey(file)
    assert (found["newline"], found["responses"], found["multiline_cells"]) == (name, 1, True)


def test_a_sheet_without_header_has_no_header_rows(tmp_path: Path) -> None:
    file = tmp_path / "survey.csv"
    file.write_text("ada@example.com,5,Fine\ngrace@example.com,2,Slow\n")
    shape = look_at(file)
    assert (shape.header_rows, shape.responses, shape.mapping["identity"]) == (0, 2, {"email": 0})


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the published cases are not beside the checkout")
def test_published_exports_have_the_expected_shape() -> None:
    wrong = []
    for line in (SHARED / "cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        found = describe_survey(SHARED / case["raw"])
        expected = {key: value for key, value in case["expected"].items() if key in found}
        expected["source"] = case["tool"].split("-")[0]
        wrong += [(case["id"], key, value, found[key]) for key, value in expected.items() if found[key] != value]
    assert wrong == []
