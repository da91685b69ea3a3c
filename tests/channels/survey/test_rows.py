from __future__ import annotations

import csv
import tracemalloc
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from channels.base import Channel, Context, Reads
from channels.survey_upload import SurveyUpload
from channels.survey_upload.shape import look_at
from hub.model.contact import InboundContact, Medium
from hub.model.errors import ConfigurationError, Refused

FIXTURES = Path(__file__).parents[2] / "fixtures" / "survey"
RECEIVED = "2024-06-01T12:00:00+00:00"


def adapter(region: str = "CZ", **settings: Any) -> SurveyUpload:
    return SurveyUpload("surveys", settings, Context(public_url="https://hub.example.com", region=region))


def read(file: Path, start: int = 0, region: str = "CZ", **corrections: Any) -> list[InboundContact | str]:
    mapping = {**look_at(file).mapping, "received_at": RECEIVED, **corrections}
    return [row for _, row in adapter(region).rows(file, mapping, start)]


def contact(row: InboundContact | str) -> InboundContact:
    assert isinstance(row, InboundContact), row
    return row


def written(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "survey.csv"
    file.write_text("\n".join(lines) + "\n", newline="")
    return file


def test_it_is_a_channel_that_reads() -> None:
    assert isinstance(adapter(), Channel)
    assert isinstance(adapter(), Reads)


def test_a_row_becomes_a_contact_with_answers_score_and_words() -> None:
    first = contact(read(FIXTURES / "google_forms.csv")[0])
    assert (first.medium, str(first.sender.identity), first.sender.display_name) == (
        Medium.SURVEY, "mailto:ada@example.com", "Ada Example",
    )  # fmt: skip
    assert (first.subject, first.extra["nps"], first.source) == ("NPS 9", "9", "google_forms")
    assert first.text.startswith("Anything else you would like to tell us? Friendly and quick.\nThe waiting")
    assert [(answer.kind, answer.value) for answer in first.answers[:2]] == [
        ("nps", "9"),
        ("multi_choice", "Repair, Inspection"),
    ]
    assert first.occurred_at == datetime(2024, 2, 27, 8, 12, 33, tzinfo=UTC)
    assert first.external_id == first.content_key


def test_script_and_formula_stay_text() -> None:
    rows = read(FIXTURES / "google_forms.csv", anonymous=True)
    assert contact(rows[1]).answers[-1].value == '=HYPERLINK("http://example.com","free")'
    assert contact(rows[3]).answers[-1].value == "<script>alert(1)</script>"


def test_who_answered_is_told_by_mail_then_phone_then_customer_number() -> None:
    by_phone = contact(read(FIXTURES / "plain_czech.csv")[2])
    assert str(by_phone.sender.identity) == "tel:+420601123458"
    with_claim = contact(read(FIXTURES / "plain_czech.csv")[0])
    assert [str(party.identity) for party in with_claim.claims] == ["tel:+420601123456"]
    by_number = contact(read(FIXTURES / "surveymonkey.csv")[1])
    assert str(by_number.sender.identity) == "ext:survey/C-17"


REJECTED = [
    ("Email,Comment\n,blank", "no identity: the columns that say who answered are blank in this row"),
    ("Email,Comment\nnot an address,x", "no identity: 'not an address' is no e-mail address"),
    ("Comment,Rating\nfine,5", "no identity: no column says who answered"),
]


@pytest.mark.parametrize(("text", "reason"), REJECTED, ids=["blank", "wrong", "anonymous survey"])
def test_a_row_without_identity_is_rejected_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    assert read(written(tmp_path, text)) == [reason]


def test_an_anonymous_survey_is_kept_under_its_response_ids_when_staff_says_so() -> None:
    rows = read(FIXTURES / "limesurvey_full_text.csv", anonymous=True)
    assert [str(contact(row).sender.identity) for row in rows] == ["ext:survey/1"]


def test_resuming_yields_the_same_rows_under_the_same_numbers() -> None:
    file = FIXTURES / "google_forms.csv"
    mapping = {**look_at(file).mapping, "received_at": RECEIVED}
    whole = list(adapter().rows(file, mapping, 0))
    assert [number for number, _ in whole] == list(range(6))
    assert list(adapter().rows(file, mapping, 4)) == whole[4:]
    assert list(adapter().rows(file, mapping, 6)) == []


def test_accepted_and_rejected_rows_make_all_rows_and_totals_are_no_answer() -> None:
    file = FIXTURES / "title_and_totals.csv"
    rows = read(file)
    assert len(rows) == look_at(file).rows == 3
    assert rows[-1] == "a row of totals, not an answer"


def test_an_answer_called_average_in_the_middle_is_kept(tmp_path: Path) -> None:
    lines = ["How was it?,Rating,Email", "Average,3,", *(f"Good,5,p{n}@example.com" for n in range(5))]
    assert look_at(written(tmp_path, *lines)).responses == 6


def test_the_same_row_has_the_same_key_in_another_file(tmp_path: Path) -> None:
    def keys(*lines: str) -> list[str]:
        return [contact(row).content_key for row in read(written(tmp_path, *lines))]

    one = keys("Email,Comment", "ada@example.com,Fine", "grace@example.com,Slow")
    other = keys("Email,Comment", "grace@example.com,Slow", "ada@example.com,Fine,")
    assert one == other[::-1]
    assert one != keys("Email,Remark", "ada@example.com,Fine", "grace@example.com,Slow")


TIMES = [
    ("US", "03/01/2024 09:12", datetime(2024, 3, 1, 9, 12, tzinfo=UTC)),
    ("DE", "03/01/2024 09:12", datetime(2024, 1, 3, 9, 12, tzinfo=UTC)),
    ("US", "03.01.2024 09:12", datetime(2024, 1, 3, 9, 12, tzinfo=UTC)),
    ("US", "2024-03-01T09:12:33+02:00", datetime(2024, 3, 1, 7, 12, 33, tzinfo=UTC)),
    ("US", "Mar 1, 2024 9:12:33 PM EST", datetime(2024, 3, 2, 2, 12, 33, tzinfo=UTC)),
    ("US", "1 March 2024 09:12", datetime(2024, 3, 1, 9, 12, tzinfo=UTC)),
    ("US", "2024/03/01 下午 9:12:33 GMT+8", datetime(2024, 3, 1, 13, 12, 33, tzinfo=UTC)),
]


@pytest.mark.parametrize(("region", "text", "moment"), TIMES, ids=[f"{region} {text}" for region, text, _ in TIMES])
def test_times_are_read_as_people_of_the_region_write_them(
    tmp_path: Path, region: str, text: str, moment: datetime
) -> None:
    file = written(tmp_path, "Timestamp,Email Address", f'"{text}",ada@example.com')
    assert contact(read(file, region=region)[0]).occurred_at == moment


@pytest.mark.parametrize(
    ("line", "identities", "text"),
    [
        ('"=""0601123456""",ada@example.com,fine', ["mailto:ada@example.com", "tel:+420601123456"], "fine"),
        ("601123456.0,ada@example.com,fine", ["mailto:ada@example.com", "tel:+420601123456"], "fine"),
        ("601123456,Ada Byron <ada@example.com>,fine", ["mailto:ada@example.com", "tel:+420601123456"], "fine"),
        ('601123456, ada@example.com, "fine, thanks"', ["mailto:ada@example.com", "tel:+420601123456"], "fine, thanks"),
    ],
    ids=["number kept as text", "number saved as decimal", "mailbox with a name", "quotes behind spaces"],
)
def test_cells_are_read_as_spreadsheets_and_people_leave_them(
    tmp_path: Path, line: str, identities: list[str], text: str
) -> None:
    row = contact(read(written(tmp_path, "Phone,Email,Comment", line))[0])
    assert [str(party.identity) for party in (row.sender, *row.claims)] == identities
    assert row.text == f"Comment: {text}"


def test_a_day_over_twelve_anywhere_decides_the_order_of_the_column(tmp_path: Path) -> None:
    file = written(
        tmp_path, "Timestamp,Email", "03/01/2024 09:12,ada@example.com", "25/01/2024 09:12,grace@example.com"
    )
    assert [contact(row).occurred_at.month for row in read(file, region="US")] == [1, 1]


def test_an_excel_day_number_is_a_time_where_staff_says_so(tmp_path: Path) -> None:
    file = written(tmp_path, "Email,When", "ada@example.com,45352.5")
    assert contact(read(file, occurred_at=1)[0]).occurred_at == datetime(2024, 3, 1, 12, tzinfo=UTC)


def test_a_zone_column_counts_for_times_that_name_none(tmp_path: Path) -> None:
    file = written(tmp_path, "Timestamp,Email,Time zone", "2024-03-01 09:12:33,ada@example.com,Europe/Berlin")
    assert contact(read(file)[0]).occurred_at == datetime(2024, 3, 1, 8, 12, 33, tzinfo=UTC)


def test_limesurvey_without_dates_falls_back_to_the_upload_without_complaint() -> None:
    second = contact(read(FIXTURES / "limesurvey_codes.csv")[1])
    assert (second.occurred_at.isoformat(), second.defects) == (RECEIVED, ())


def test_an_impossible_time_is_noted_and_the_upload_counts(tmp_path: Path) -> None:
    file = written(tmp_path, "Timestamp,Email", "2094-03-01 09:12:33,ada@example.com")
    row = contact(read(file)[0])
    assert (row.occurred_at.isoformat(), row.defects) == (RECEIVED, ("the time '2094-03-01 09:12:33' cannot be right",))


def test_a_cell_of_monstrous_size_rejects_its_row_alone(tmp_path: Path) -> None:
    file = written(
        tmp_path, "Email,Comment", "ada@example.com,fine", f"b@example.com,{'x' * 200_000}", "c@example.com,fine"
    )
    rows = read(file)
    assert [isinstance(row, str) for row in rows] == [False, True, False]


WRONG = [
    ({"nps": 99}, "nps"),
    ({"identity": {"email": "Email"}}, "email"),
    ({"date_order": "ydm"}, "date_order"),
    ({"time_zone": "Mars/Base"}, "time_zone"),
    ({"received_at": "2024-06-01"}, "received_at"),
    ({"reading": {"format": "delimited", "encoding": "klingon"}}, "reading"),
]


@pytest.mark.parametrize(("corrections", "field"), WRONG, ids=[field for _, field in WRONG])
def test_a_wrong_mapping_is_refused_by_the_name_of_its_field(corrections: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read(FIXTURES / "google_forms.csv", **corrections)
    assert refused.value.field == field


def test_unknown_settings_are_named() -> None:
    with pytest.raises(ConfigurationError, match="timezone"):
        adapter(timezone="Europe/Prague")


def test_fifty_thousand_rows_are_a_stream(tmp_path: Path) -> None:
    file = tmp_path / "survey.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Timestamp", "Email Address", "Score (0-10): would you recommend us?", "Comment"])
        for n in range(50_000):
            writer.writerow([f"2024/02/{n % 28 + 1:02} 9:12:33", f"p{n}@example.com", n % 11, "word " * 10])
    mapping = {**look_at(file).mapping, "received_at": RECEIVED}
    tracemalloc.start()
    assert look_at(file).responses == 50_000
    assert sum(1 for _ in islice(adapter().rows(file, mapping, 0), 5_000)) == 5_000
    assert [number for number, _ in adapter().rows(file, mapping, 49_999)] == [49_999]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 << 20  # the file is of 4.6 MB
