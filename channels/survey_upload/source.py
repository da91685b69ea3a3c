"""Which tool exported a survey and how many header rows it wrote, told by the header and the first rows alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC

from channels.survey_upload.signatures import LIMESURVEY_CODE, RESPONSE_WORDS, SIGNATURES, squash, without_code
from channels.survey_upload.times import read_time
from hub.model.identity import email_identity

PLAIN = "plain"
_LONGEST_PREAMBLE = 10


_IMPORT_ID = re.compile(r"""\s*\{\s*["']ImportId["']\s*:""")
_LEGACY_COLUMN = re.compile(r"V\d{1,2}\Z")
_QUALTRICS_RESPONSE = re.compile(r"R_[A-Za-z0-9]{11,17}\Z")
_LIMESURVEY_SUBQUESTION = re.compile(r"[A-Za-z][A-Za-z0-9]*\[[A-Za-z0-9_]+\]")


def find_header(records: Sequence[list[str]]) -> tuple[str, int, int]:
    """Returns (source, rows before the header, header rows); no header row where the first row is already an answer."""
    if not records:
        return PLAIN, 0, 0
    before = _preamble(records)
    rows = records[before:]
    source, depth = _source(rows)
    return source, before, depth


def _preamble(records: Sequence[list[str]]) -> int:
    """Counts title lines above the header: one filled cell, while the sheet is wider."""
    filled = [sum(1 for cell in row if cell.strip()) for row in records[: _LONGEST_PREAMBLE + 5]]
    if max(filled) < 3:
        return 0
    return next((at for at, cells in enumerate(filled[:_LONGEST_PREAMBLE]) if cells > 1), 0)


def _source(rows: Sequence[list[str]]) -> tuple[str, int]:
    for at, row in enumerate(rows[:4]):
        if sum(1 for cell in row if _IMPORT_ID.match(cell)) * 2 > sum(1 for cell in row if cell.strip()):
            return "qualtrics", at + 1
    header = rows[0]
    second = rows[1] if len(rows) > 1 else []
    if sum(1 for cell in header if _LEGACY_COLUMN.match(cell)) >= 5 and _score("qualtrics", second):
        return "qualtrics", 2
    if _is_answer_row(header):
        return PLAIN, 0
    source = max(SIGNATURES, key=lambda name: _score(name, header))
    if not _score(source, header):
        source = _by_shape(header, rows)
    if source in {"surveymonkey", PLAIN, "qualtrics"} and _names_options(header, second, rows[2:]):
        return "surveymonkey" if source == PLAIN and _says_response(second) else source, 2
    if source == "qualtrics" and _describes(header, second, rows[2:]):
        return source, 2
    return source, 1


def _score(source: str, header: Sequence[str]) -> int:
    signature = SIGNATURES[source]
    names = {squash(cell) for cell in header} | {squash(without_code(cell)) for cell in header}
    strong = len(names & signature.strong)
    if source == "google_forms" and (not header or squash(header[0]) not in signature.strong):
        return 0
    if source == "typeform" and squash(header[0]) != "#" and strong < 2:
        return 0
    if source == "microsoft_forms" and len(names & signature.weak) < 2:
        return 0
    return 3 * strong + len(names & signature.weak) if strong else 0


def _by_shape(header: Sequence[str], rows: Sequence[list[str]]) -> str:
    """Recognises an export whose own columns were deleted: LimeSurvey's codes, the response ids of Qualtrics."""
    coded = sum(1 for cell in header if LIMESURVEY_CODE.match(cell))
    if sum(1 for cell in header if _LIMESURVEY_SUBQUESTION.match(cell)) >= 2 and coded * 2 > len(header):
        return "limesurvey"
    if any(_QUALTRICS_RESPONSE.match(cell) for row in rows[1:] for cell in row):
        return "qualtrics"
    return PLAIN


def _is_answer_row(row: Sequence[str]) -> bool:
    """A header names columns: it is never an e-mail address nor a moment."""
    return any(email_identity(cell) is not None or (":" in cell and _is_time(cell)) for cell in row)


def _is_time(cell: str) -> bool:
    return read_time(cell, "mdy", UTC) is not None


def _says_response(second: Sequence[str]) -> bool:
    return any(cell.strip().casefold() in RESPONSE_WORDS for cell in second)


def _names_options(header: Sequence[str], second: Sequence[str], answers: Sequence[list[str]]) -> bool:
    """SurveyMonkey: the second row is blank under the respondent's own columns and names an option under the others."""
    if not second or _is_answer_row(second) or second[0].strip():
        return False
    gaps = [at for at, cell in enumerate(header) if not cell.strip() and at < len(second)]
    fills_gaps = bool(gaps) and sum(1 for at in gaps if second[at].strip()) * 5 >= len(gaps) * 4
    first_column_filled = not answers or sum(1 for row in answers if row[0].strip()) * 2 > len(answers)
    return first_column_filled and (_says_response(second) or fills_gaps)


def _describes(header: Sequence[str], second: Sequence[str], answers: Sequence[list[str]]) -> bool:
    """Qualtrics without its ImportId row: the second row repeats or translates the names above it."""
    under = {squash(name): cell.strip() for name, cell in zip(header, second, strict=False)}
    if response := under.get("responseid"):
        if _QUALTRICS_RESPONSE.match(response):
            return False
        if any(_QUALTRICS_RESPONSE.match(cell) for row in answers for cell in row):
            return True
    for name in ("startdate", "enddate", "recordeddate"):
        if under.get(name):
            return not _is_time(under[name])
    return sum(1 for name, cell in under.items() if name and name == squash(cell)) >= 2
