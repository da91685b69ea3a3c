"""The proposed mapping: which column is who, when and what; plain JSON that staff may correct."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.survey_upload import words
from channels.survey_upload.columns import ANSWERS, Column
from channels.survey_upload.reading import Reading
from channels.survey_upload.signatures import squash, without_code
from hub.model.errors import Refused

# When the answer was given, best first: the end of answering, then the server's time, then its beginning.
_ANSWERED = words.several(
    "completiontime fertigstellungszeit enddate submitdate datesubmitted submitdateutc timestamp "
    "datemodified recordeddate "
    "_submission_time submissiondate datecreated datelastaction datestamp stagedateutc end starttime "
    "startdate datestarted "
    "startdateutc start today"
)
_RESPONSE_IDS = words.several("responseid respondentid antwortid _uuid metainstanceid instanceid key # _id id")
_IDENTITY = ("email", "phone", "name", "given_name", "family_name", "external_id")
_PARTS = ("response_id", "occurred_at", "time_zone_column", "language", "nps", "csat")
_UTC_SOURCES = frozenset({"typeform", "kobo"})  # their exports say so, in the header or in each time


def propose(
    source: str, columns: Sequence[Column], reading: Reading, filled: Sequence[int], zone: str
) -> dict[str, Any]:
    """Returns the mapping: columns by index, None where there is none. `filled` counts the cells of a sample."""

    def fullest(kind: str) -> int | None:
        candidates = [column.index for column in columns if column.kind == kind]
        return max(candidates, key=lambda at: filled[at], default=None)

    identity = {part: fullest(part) for part in _IDENTITY}
    occurred_at = _occurred_at(columns, filled)
    return {
        "source": source,
        "reading": reading.as_json(),
        "columns": [{"name": column.name, "question": column.question, "kind": column.kind} for column in columns],
        "identity": {part: at for part, at in identity.items() if at is not None},
        "anonymous": False,
        "response_id": _first_named(columns, _RESPONSE_IDS, "id"),
        "occurred_at": occurred_at,
        "date_order": None,
        "time_zone": zone or ("UTC" if source in _UTC_SOURCES or _says_utc(columns, occurred_at) else None),
        "time_zone_column": fullest("time_zone"),
        "language": fullest("language"),
        "nps": _first(columns, "nps"),
        "csat": _first(columns, "csat"),
        "answers": [column.index for column in columns if column.kind in ANSWERS],
    }


def _first(columns: Sequence[Column], kind: str) -> int | None:
    return next((column.index for column in columns if column.kind == kind), None)


def _first_named(columns: Sequence[Column], names: Sequence[str], kind: str) -> int | None:
    found = {squash(without_code(column.header)): column.index for column in columns if column.kind == kind}
    found |= {squash(column.question): column.index for column in columns if column.kind == kind}
    return next((found[name] for name in names if name in found), _first(columns, kind))


def _occurred_at(columns: Sequence[Column], filled: Sequence[int]) -> int | None:
    moments = [column for column in columns if column.kind == "timestamp"]
    if any(filled[column.index] for column in moments):
        moments = [column for column in moments if filled[column.index]]

    def place(column: Column) -> tuple[bool, int]:
        names = {squash(without_code(column.header)), squash(column.question)}
        rank = min((_ANSWERED.index(name) for name in names if name in _ANSWERED), default=len(_ANSWERED))
        return bool(words.PERSONAL_DATE.search(column.question.casefold())), rank

    return min(moments, key=place).index if moments else None


def _says_utc(columns: Sequence[Column], at: int | None) -> bool:
    return at is not None and "utc" in columns[at].header.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapping as it is used, row after row: every column an index within the width, or None."""

    source: str
    title: str
    questions: tuple[str, ...]
    kinds: tuple[str, ...]
    answers: tuple[int, ...]
    email: int | None
    phone: int | None
    name: int | None
    given_name: int | None
    family_name: int | None
    external_id: int | None
    external_system: str
    anonymous: bool
    response_id: int | None
    occurred_at: int | None
    time_zone_column: int | None
    language: int | None
    nps: int | None
    csat: int | None
    header_key: bytes

    @property
    def width(self) -> int:
        return len(self.questions)

    @property
    def identified(self) -> bool:
        return any(at is not None for at in (self.email, self.phone, self.external_id))


def checked(mapping: Mapping[str, Any]) -> Mapped:
    """Returns a mapping ready for use. Raises Refused, naming the field, when it points to no column of this file."""
    columns = mapping["columns"]
    identity = mapping.get("identity") or {}

    def at(values: Mapping[str, Any], field: str) -> int | None:
        return None if values.get(field) is None else _index(values[field], len(columns), field)

    names = "\x1f".join(str(column["name"]) for column in columns)
    return Mapped(
        source=str(mapping.get("source", "")),
        title=str(mapping.get("title", ""))[:200],
        questions=tuple(str(column["question"]) for column in columns),
        kinds=tuple(str(column["kind"]) for column in columns),
        answers=tuple(_index(column, len(columns), "answers") for column in mapping.get("answers", ())),
        **{part: at(identity, part) for part in _IDENTITY},
        external_system=str(identity.get("external_system") or "survey"),
        anonymous=bool(mapping.get("anonymous")),
        **{part: at(mapping, part) for part in _PARTS},
        header_key=hashlib.blake2b(names.encode(), digest_size=32).digest(),
    )


def _index(value: Any, width: int, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < width:
        raise Refused(
            f"The mapping points to column {value!r} for {field}, but the columns are numbered 0 to {width - 1}.",
            field=field,
            next_step="Choose one of the columns of this file.",
        )
    return value
