"""Uploads as staff steers them: received, mapped, tried dry, committed, undone; the work itself goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hub.capture.capture import Capture
from hub.capture.survey_mapping import DATE_ORDERS, with_roles
from hub.capture.upload_rows import SurveyFiles, file_chunks, first_row
from hub.capture.upload_work import UploadWork
from hub.model.clean import clean_label
from hub.model.errors import HubError, NotFound, Refused, TooLarge, Unavailable
from hub.store import uploads
from hub.store.blobs import Blobs
from hub.store.leases import LeaseLost
from hub.store.session import Database
from hub.store.uploads import Upload, UploadState

log = logging.getLogger(__name__)

_RENEW_SECONDS = 5
_CALM = (UploadState.LOOKED, UploadState.TRIED, UploadState.UNDONE, UploadState.FAILED)


@dataclass(frozen=True, slots=True)
class Received:
    """An upload as it was taken in. `again`: this very file was here already, and it is that upload."""

    upload: Upload
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Survey files of one hub. `worker` names this process in leases; `most_rows` bounds a file."""

    database: Database
    blobs: Blobs
    capture: Capture
    channels: Mapping[str, object]
    clock: Callable[[], datetime]
    worker: str
    most_rows: int = 1_000_000

    async def receive(
        self, file: Path, filename: str, *, channel: str = "", title: str = "", staff_id: int | None = None
    ) -> Received:
        """Looks at a file and stores it, durably; returns its upload with the proposed mapping.

        The same file again is the upload that it was. Raises Unreadable, Refused or TooLarge for what is no survey
        (nothing is stored then), NotFound without a channel for surveys, Unavailable.
        """
        reader = self._reader(channel)
        looked = await asyncio.to_thread(reader.look, file)
        if looked["rows"] > self.most_rows:
            raise TooLarge(
                f"The file has {looked['rows']:,} rows; at most {self.most_rows:,} are taken.",
                next_step="Split the file, or raise survey_rows in [limits].",
            )
        size = await asyncio.to_thread(lambda: file.stat().st_size)
        try:
            sha256 = await asyncio.to_thread(self.blobs.put, file_chunks(file))
        except OSError as error:
            raise Unavailable(
                f"The file store cannot be written: {error.strerror or error}.", next_step="Free disk space."
            ) from error
        name = clean_label(filename)
        row = {
            "channel": reader.name,
            "filename": name,
            "title": (title.strip() or name.rpartition(".")[0] or name)[:200],
            "sha256": sha256,
            "size": size,
            "shape": looked["shape"],
            "mapping": looked["mapping"],
            "rows": looked["rows"],
            "staff_id": staff_id,
        }
        return await self.database.write(self._add, row)

    def _add(self, conn: Connection, row: Mapping[str, Any]) -> Received:
        known = uploads.with_content(conn, row["channel"], row["sha256"])
        if known is not None:
            return Received(known, again=True)
        return Received(uploads.get(conn, uploads.add(conn, row, self.clock())), again=False)

    async def remap(self, upload_id: int, roles: Sequence[str], **told: Any) -> Upload:
        """Corrects what the columns are (a role each) and `title`, `time_zone`, `date_order`, `anonymous` as told.

        Raises NotFound, and Refused when the columns do not go together or rows are in already.
        """
        upload = await self.database.read(uploads.get, upload_id)
        mapping = {**with_roles(upload.mapping, roles), **_checked(told)}
        await first_row(self.blobs, upload, self._reader(upload.channel), mapping)
        title = str(told.get("title") or upload.title).strip()[:200]
        return await self.database.write(self._remap, (upload_id, mapping, title))

    def _remap(self, conn: Connection, given: tuple[int, Mapping[str, Any], str]) -> Upload:
        upload_id, mapping, title = given
        if uploads.get(conn, upload_id).next_row:
            raise Refused("Rows of this upload are in already.", next_step="Undo it first.")
        looked = UploadState.LOOKED.value
        return uploads.change(conn, upload_id, _CALM, mapping=mapping, title=title, state=looked, error="")

    async def try_dry(self, upload_id: int) -> Upload:
        """Asks for a dry run, which foretells what would become of each row and stores nothing else."""
        return await self._steer(upload_id, UploadState.TRYING, _CALM)

    async def commit(self, upload_id: int) -> Upload:
        """Asks for the rows to be taken in, from where an earlier try stopped."""
        return await self._steer(upload_id, UploadState.COMMITTING, (*_CALM, UploadState.TRYING))

    async def undo(self, upload_id: int) -> Upload:
        """Asks for everything to be taken out again that this upload brought, also while it is being taken in."""
        states = (UploadState.COMMITTING, UploadState.COMMITTED, UploadState.FAILED)
        return await self._steer(upload_id, UploadState.UNDOING, states)

    async def _steer(self, upload_id: int, state: UploadState, expected: Sequence[UploadState]) -> Upload:
        def work(conn: Connection, _: None) -> Upload:
            values: dict[str, Any] = {"state": state.value, "error": "", "finished_at": None, "lease_until": None}
            before = uploads.get(conn, upload_id)
            if before.state is UploadState.TRYING:
                values["next_row"] = 0
            if state is UploadState.TRYING and before.next_row:
                raise Refused("Rows of this upload are in already.", next_step="Undo it first, or go on with it.")
            return uploads.change(conn, upload_id, expected, **values)

        return await self.database.write(work, None)

    async def run_once(self) -> int:
        """Does the work of the oldest upload that waits for some; returns how many uploads were worked on.

        May be stopped anywhere: whoever runs it next goes on behind the last row that was committed.
        """
        waiting = await self.database.read(uploads.waiting, (self.worker, self.clock()))
        if waiting is None:
            return 0
        upload = await self.database.write(
            lambda conn, _: uploads.claim(conn, waiting, self.worker, self.clock()), None
        )
        if upload is None:
            return 0
        renewing = asyncio.create_task(self._renew(upload))
        try:
            await UploadWork(self.database, self.blobs, self.capture, self.clock).run(
                upload, self._reader(upload.channel)
            )
        except LeaseLost as stopped:
            log.info("%s", stopped.message)
        except Unavailable:
            raise
        except HubError as error:
            await self._fail(upload, error.message)
        except Exception as error:
            log.exception("Upload %s stopped", upload.id)
            await self._fail(upload, f"The reader failed: {type(error).__name__}.")
        finally:
            renewing.cancel()
        return 1

    async def _renew(self, upload: Upload) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            with contextlib.suppress(Unavailable):  # the work itself tells of it
                await self.database.write(lambda conn, _: uploads.renew(conn, upload, self.clock()), None)

    async def _fail(self, upload: Upload, message: str) -> None:
        def work(conn: Connection, _: None) -> None:
            values: dict[str, Any] = {"state": UploadState.FAILED.value, "error": message, "lease_until": None}
            if upload.state is UploadState.TRYING:
                values["next_row"] = 0
            uploads.change(conn, upload.id, [upload.state], **values)

        await self.database.write(work, None)

    def _reader(self, channel: str) -> SurveyFiles:
        """Returns the channel of that name, or the first that reads survey files. Raises NotFound."""
        named = [self.channels.get(channel)] if channel else list(self.channels.values())
        for found in named:
            if isinstance(found, SurveyFiles):
                return found
        raise NotFound(
            f"The channel {channel} reads no survey files." if channel else "No channel reads survey files.",
            next_step="Add one to the settings: [channels.surveys], adapter channels.survey_upload:SurveyUpload.",
        )


def _checked(told: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the other words of a mapping that staff may choose, those that were told."""
    chosen: dict[str, Any] = {}
    if "anonymous" in told:
        chosen["anonymous"] = bool(told["anonymous"])
    if "time_zone" in told:
        chosen["time_zone"] = str(told["time_zone"] or "").strip() or None
    if "date_order" in told:
        chosen["date_order"] = told["date_order"] or None
        if chosen["date_order"] not in (None, *DATE_ORDERS):
            raise Refused("A date begins with its day or its month: dmy or mdy.", field="date_order")
    return chosen
