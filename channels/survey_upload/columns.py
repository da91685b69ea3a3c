"""What each column of a survey holds, told by its header and by what is written in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC

from channels.survey_upload import words
from channels.survey_upload.signatures import squash, without_code
from channels.survey_upload.times import read_time, zone_of
from hub.model.identity import email_identity

ANSWERS = frozenset({"nps", "csat", "rating", "choice", "multi_choice", "number", "date", "free_text", "consent"})
_ROLES = {  # columns that tools add by themselves, squashed
    "id": "respondentid responseid antwortid id # _id _uuid key metainstanceid instanceid responseid _index",
    "timestamp": "timestamp startdate enddate recordeddate datecreated datemodified starttime "
    "completiontime submitdate "
    "datesubmitted datelastaction datestamp datestarted lastmodifiedtime startdateutc submitdateutc stagedateutc "
    "_submission_time submissiondate startzeit fertigstellungszeit start end today",
    "metadata": "collectorid ipaddress ipaddr status progress durationinseconds finished responseset "
    "distributionchannel "
    "locationlatitude locationlongitude locationaccuracy lastpage seed refurl referrerurl networkid tags "
    "ending responsetype "
    "_validation_status _notes _status _submitted_by _tags __version__ deviceid formversion submitterid submittername "
    "attachmentspresent attachmentsexpected reviewstate edits deviceinfo metainstancename instancename letzteseite "
    "useragent browser resolution totaltime",
    "external_id": "token externalreference externaldatareference",
    "email": "recipientemail emailaddress email",
    "language": "userlanguage startlanguage",
}  # fmt: skip
_ROLE_OF = {name: kind for kind, names in _ROLES.items() for name in names.split()}
_OWN_NAMES_ONLY_OF_TOOLS = frozenset(
    words.several("id # start end today status progress finished tags seed ending key token edits")
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d+)?\s?%?\Z")
_SCORE = re.compile(r"(-?\d{1,3})(?:[.,]0+)?(?![\d.,])")
_PHONE = re.compile(r"(?:\+|00)\d[\d\s().-]{6,18}\Z")
_LOOSE_PHONE = re.compile(r"[+(]?\d[\d\s()./-]{5,20}(?:\s?(?:x|ext\.?)\s?\d+)?\Z")
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_CODE = re.compile(r"-?\d{1,2}\Z")
_GROUP = re.compile(r"nps_group$|- group$")  # Qualtrics names promoters and detractors beside the score
_OPTION_CODE = re.compile(r"[A-Z]{1,3}\d{0,3}\Z")
_TYPED_IN = re.compile(r"(?:_|-)?(?:TEXT|other|comment)\]?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """`header` is verbatim; `name` is unambiguous for people; `question` is the readable text; the index is the key."""

    index: int
    header: str
    name: str
    question: str
    kind: str


def kind_of(header: str, question: str, values: Sequence[str], source: str) -> str:
    """Returns the kind of one column from its header, its question's text and a sample of its filled cells."""
    role = _role(header, source) or _role(without_code(question), source)
    ticked = role == "email" and _most(values, lambda value: value.casefold() in words.YES_NO or value == header)
    if role and not ticked:  # "Email" may also be one of the ways in which somebody likes to be reached
        return role
    text = f"{header} {question}".casefold() if question != header else header.casefold()
    if not header and not question and len(set(values)) == len(values) > 1 and all(map(str.isdigit, values)):
        return "id"  # the index that a data frame writes in front of its rows
    kind = _person(text, question, values) or _moment(text, values) or _answer(text, values)
    # Qualtrics exports choices as codes unless asked for their texts.
    return "choice" if kind == "number" and source == "qualtrics" and _most(values, _CODE.match) else kind


def clean(cell: str) -> str:
    """Trims a cell, ends its lines as we do, and drops what guards it from spreadsheets: a quote before `+` or `=`,
    or the formula `="0777123456"` that keeps its zero.
    """
    cell = cell.strip()
    if cell.startswith('="') and (kept := _KEPT_AS_TEXT.fullmatch(cell)):
        return kept[1]
    if "\r" in cell:
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell


def score_of(value: str) -> str:
    """Returns the number of a scored answer (`10 - Extremely likely`, `4 stars`, `Very satisfied`), or nothing."""
    value = value.strip()
    if match := _SCORE.match(value):
        return match[1]
    if value and not value.strip("★⭐☆\ufe0f"):
        return str(value.count("★") + value.count("⭐"))
    return words.NAME_OF_SCALE.get(value.casefold(), "")


def _role(header: str, source: str) -> str:
    name = squash(without_code(header))
    if source == "plain" and name in _OWN_NAMES_ONLY_OF_TOOLS - {"id"}:
        return ""
    return _ROLE_OF.get(name, "")


def _most(values: Sequence[str], holds: Callable[[str], object]) -> bool:
    return bool(values) and sum(1 for value in values if holds(value)) * 5 >= len(values) * 4


def _is_email(value: str) -> bool:
    return "@" in value and email_identity(value) is not None


def _is_time(value: str) -> bool:
    return len(value) > 5 and not value.isdigit() and read_time(value, "mdy", UTC) is not None


def _person(text: str, question: str, values: Sequence[str]) -> str:
    about_somebody_else = bool(words.SOMEBODY_ELSE.search(text))
    if _most(values, _is_email) or (not values and words.EMAIL.search(text)):
        return "metadata" if about_somebody_else else "email"
    if _most(values, _PHONE.match) or (words.PHONE.search(text) and (not values or _most(values, _LOOSE_PHONE.match))):
        return "metadata" if about_somebody_else else "phone"
    if words.CUSTOMER.fullmatch(text.strip(" :*?")) or words.CUSTOMER.fullmatch(question.casefold().strip(" :*?")):
        return "external_id"
    short = question.casefold()
    if not about_somebody_else and len(short) < 60:
        if words.NAME.fullmatch(short):
            return "name"
        if words.FAMILY_NAME.search(short):
            return "family_name" if not words.GIVEN_NAME.search(short) else "name"
        if words.GIVEN_NAME.search(short):
            return "given_name"
    if values and words.TIME_ZONE.search(short) and _most(values, zone_of):
        return "time_zone"
    return "language" if len(short) < 30 and words.LANGUAGE.fullmatch(short.strip()) else ""


def _moment(text: str, values: Sequence[str]) -> str:
    if not _most(values, _is_time):
        return ""
    with_clock = _most(values, lambda value: ":" in value)
    return (
        "timestamp"
        if with_clock or (words.ANSWERED_AT.search(text) and not words.PERSONAL_DATE.search(text))
        else "date"
    )


def _answer(text: str, values: Sequence[str]) -> str:
    if _GROUP.search(text):
        return "choice"
    if not values:
        return "nps" if words.NPS.search(text) else "free_text" if words.FREE_TEXT.search(text) else "empty"
    scores = [int(score) for score in map(score_of, values) if score]
    if len(scores) * 5 >= len(values) * 4 and (kind := _scored(text, scores)):
        return kind
    if words.CONSENT.search(text) and _most(values, lambda value: value.casefold() in words.YES_NO or len(value) > 40):
        return "consent"
    if _most(values, _NUMBER.match):
        return "number"
    return _written(text, values)


def _scored(text: str, scores: Sequence[int]) -> str:
    low, high = min(scores), max(scores)
    if words.NPS.search(text) and low >= 0 and high <= 10 and (high > 7 or low == 0 or "nps" in text):
        return "nps"
    if words.CSAT.search(text) and low >= 0 and high <= 10:
        return "csat"
    if low < 0 or high > 10 or words.COUNT.search(text):
        return ""
    return "rating" if words.RATING.search(text) or words.NPS.search(text) else ""


def _written(text: str, values: Sequence[str]) -> str:
    distinct = Counter(values)
    if _TYPED_IN.search(text) or (words.FREE_TEXT.search(text) and len(distinct) * 3 > len(values)):
        return "free_text"
    if _most(values, lambda value: value.casefold() in words.YES_NO or bool(_OPTION_CODE.match(value))):
        return "choice"
    if _is_multiple(values):
        return "multi_choice"
    short = sum(map(len, values)) / len(values) <= 80 and not any("\n" in value for value in values)
    one_option = len(distinct) == 1 and (len(values) > 2 or values[0].casefold() in text)
    few = one_option or len(distinct) * 2 <= len(values) or (len(values) < 20 and max(distinct.values()) > 1)
    return "choice" if short and few and len(distinct) <= max(12, len(values) // 4) else "free_text"


def _is_multiple(values: Sequence[str]) -> bool:
    """Several chosen options in one cell: few different parts, which come back in other combinations.

    Options that hold a comma themselves ("No, never") have more parts than there are combinations.
    """
    if all(value.endswith(";") for value in values):  # Microsoft Forms ends every option so
        return True
    for separator in (";", ", ", "|", "\n"):
        cells = [[part.strip() for part in value.split(separator) if part.strip()] for value in values]
        several = sum(1 for parts in cells if len(parts) > 1)
        if several * 5 < len(values):
            continue
        parts = Counter(part for cell in cells for part in cell)
        recurring = parts.total() >= 2 * len(parts) and len(set(values)) >= len(parts)
        if recurring and len(parts) <= 30 and max(map(len, parts)) <= 80:
            return True
    return False
