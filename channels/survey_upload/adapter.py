"""Survey uploads as a channel: a file read row by row. What reads it is imported with the first file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from channels.base import Context, Settings
from channels.survey_upload.limits import Limits
from channels.survey_upload.times import zone_of
from hub.model.contact import InboundContact
from hub.model.errors import ConfigurationError
from hub.model.problem import Problem

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
        from channels.survey_upload.shape import look_at

        found = look_at(file, self.limits)
        return {"rows": found.rows, "mapping": found.mapping, "shape": found.as_json()}

    def rows(self, file: Path, mapping: Mapping[str, Any], start: int) -> Iterator[tuple[int, InboundContact | str]]:
        """Yields (row number from 0, contact or why it is rejected) from row `start` on, streaming.

        `mapping` is what `look_at` proposed, perhaps corrected, with `received_at` (aware datetime or ISO 8601) and
        perhaps `title`, `anonymous` (then a row without identity is kept under its response id) and
        `identity.external_system`. Blank rows are no rows; totals at the end are rejected. Raises Refused, TooLarge
        or Unreadable.
        """
        from channels.survey_upload.answers import contacts

        return contacts(
            file, mapping, start, channel=self.name, region=self._region, zone=self._zone, limits=self.limits
        )
