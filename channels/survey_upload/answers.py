"""The answers in a file: its rows as contacts, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from channels.survey_upload.contact import RowReader
from channels.survey_upload.delimited import Broken
from channels.survey_upload.limits import Limits
from channels.survey_upload.mapping import checked
from channels.survey_upload.reading import Reading, check, records
from channels.survey_upload.shape import look_at
from channels.survey_upload.times import zone_of
from channels.survey_upload.totals import is_totals, marking_last
from hub.model.contact import InboundContact
from hub.model.errors import Refused

_MONTH_FIRST_REGIONS = frozenset({"US", "PH", "FM", "PW", "MH", "BZ"})


def contacts(
    file: Path, mapping: Mapping[str, Any], start: int, *, channel: str, region: str, zone: Any, limits: Limits
) -> Iterator[tuple[int, InboundContact | str]]:
    """Yields what `SurveyUpload.rows` promises, by the settings of its channel. Raises as it does."""
    if "reading" not in mapping or "columns" not in mapping:
        mapping = {**look_at(file, limits).mapping, **mapping}
    reading = Reading.from_json(mapping["reading"])
    check(file, reading, limits)
    reader = RowReader(
        channel=channel,
        mapped=checked(mapping),
        region=region,
        zone=_zone(mapping, zone),
        order=_order(mapping, region),
        received_at=_received_at(mapping),
    )
    answers = _without_header(records(file, reading, limits), reading.before + reading.header_rows)
    for number, (record, last) in islice(enumerate(marking_last(answers)), start, None):
        if isinstance(record, Broken):
            yield number, f"cannot be read: {record}"
        elif last and is_totals(record):
            yield number, "a row of totals, not an answer"
        else:
            yield number, reader.read(record)


def _without_header(stream: Iterator[list[str] | Broken], header: int) -> Iterator[list[str] | Broken]:
    for record in stream:
        if header and not isinstance(record, Broken):
            header -= 1
        elif not header:
            yield record


def _received_at(mapping: Mapping[str, Any]) -> datetime:
    value = mapping.get("received_at")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise Refused("The mapping does not say when the file was received.", field="received_at")
    return moment.astimezone(UTC)


def _zone(mapping: Mapping[str, Any], default: Any) -> Any:
    if not mapping.get("time_zone"):
        return default
    zone = zone_of(str(mapping["time_zone"]))
    if zone is None:
        raise Refused(
            f"{mapping['time_zone']!r} is no time zone.", field="time_zone", next_step="Write it as in Europe/Berlin."
        )
    return zone


def _order(mapping: Mapping[str, Any], region: str) -> str:
    order = mapping.get("date_order") or ("mdy" if region in _MONTH_FIRST_REGIONS else "dmy")
    if order not in {"dmy", "mdy"}:
        raise Refused(f"{order!r} is no order of day and month.", field="date_order", next_step="Choose dmy or mdy.")
    return str(order)
