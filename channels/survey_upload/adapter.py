"""Survey uploads as a channel: a file read row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from channels.base import Context, Settings
from channels.survey_upload.contact import RowReader
from channels.survey_upload.delimited import Broken
from channels.survey_upload.limits import Limits
from channels.survey_upload.mapping import checked
from channels.survey_upload.reading import Reading, check, records
from channels.survey_upload.shape import look_at
from channels.survey_upload.times import zone_of
from channels.survey_upload.totals import is_totals, marking_last
from hub.model.contact import InboundContact
from hub.model.errors import ConfigurationError, Refused
from hub.model.problem import Problem

_MONTH_FIRST_REGIONS = frozenset({"US", "PH", "FM", "PW", "MH", "BZ"})
_SETTINGS = frozenset({"adapter", "time_zone", "max_bytes"})


class SurveyUpload:
    """Reads exports of survey tools and plain sheets (CSV, TSV, XLSX).

    Settings: `time_zone` for times that name none (an IANA name, default UTC), `max_bytes` of a file.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._region = context.region
        if unknown := set(settings) - _SETTINGS:
            raise ConfigurationError(f"{name}: unknown settings {', '.join(sorted(unknown))}.")
        zone = zone_of(str(settings.get("time_zone", "UTC")))
        if zone is None:
            raise ConfigurationError(
                f"{name}: {settings['time_zone']!r} is no time zone.", next_step="Write it as in Europe/Berlin."
            )
        self._zone = zone
        most = settings.get("max_bytes", Limits().file_bytes)
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise ConfigurationError(f"{name}: max_bytes must be a whole number of bytes from 1 on.")
        self.limits = Limits(file_bytes=most)

    async def open(self) -> None:
        """Has nothing to connect to."""

    async def close(self) -> None:
        """Has nothing to let go of."""

    async def check(self) -> Sequence[Problem]:
        return ()

    def look(self, file: Path) -> Mapping[str, Any]:
        """Returns `rows`, the proposed `mapping` and, for people, the `shape` of a file; all of it as JSON.

        Raises Unreadable, Refused or TooLarge.
        """
        found = look_at(file, self.limits)
        return {"rows": found.rows, "mapping": found.mapping, "shape": found.as_json()}

    def rows(self, file: Path, mapping: Mapping[str, Any], start: int) -> Iterator[tuple[int, InboundContact | str]]:
        """Yields (row number from 0, contact or why it is rejected) from row `start` on, streaming.

        `mapping` is what `look_at` proposed, perhaps corrected, with `received_at` (aware datetime or ISO 8601) and
        perhaps `title`, `anonymous` (then a row without identity is kept under its response id) and
        `identity.external_system`. Blank rows are no rows; totals at the end are rejected. Raises Refused, TooLarge
        or Unreadable.
        """
        if "reading" not in mapping or "columns" not in mapping:
            mapping = {**look_at(file, self.limits).mapping, **mapping}
        reading = Reading.from_json(mapping["reading"])
        check(file, reading, self.limits)
        reader = RowReader(
            channel=self.name,
            mapped=checked(mapping),
            region=self._region,
            zone=_zone(mapping, self._zone),
            order=_order(mapping, self._region),
            received_at=_received_at(mapping),
        )
        answers = _without_header(records(file, reading, self.limits), reading.before + reading.header_rows)
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
