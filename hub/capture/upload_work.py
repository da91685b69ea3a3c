"""The work on an upload, chunk by chunk: foretelling its rows, taking them in, taking them out again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.capture.capture import Capture
from hub.capture.foretelling import Foretelling
from hub.capture.incoming import Incoming
from hub.capture.survey_capture import Pages, Raced, nps_of, rejected
from hub.capture.survey_rows import Page, Row
from hub.capture.upload_rows import MOST_PAGES, SurveyFiles, row_pages
from hub.model.contact import InboundContact
from hub.model.errors import HubError
from hub.store import health, jobs, removal, uploads
from hub.store.blobs import Blobs
from hub.store.session import Database
from hub.store.tables import UploadRow
from hub.store.uploads import Outcome, RowOutcome, Upload, UploadState

log = logging.getLogger(__name__)

# What is taken out again in one transaction: house rule for bulk work, or live traffic waits behind it.
_CHUNK = 250
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class UploadWork:
    """Works on one upload that this process has claimed; every chunk is one transaction, fenced by the claim."""

    database: Database
    blobs: Blobs
    capture: Capture
    clock: Callable[[], datetime]

    async def run(self, upload: Upload, reader: SurveyFiles) -> None:
        """Does what the upload's state asks for. Raises LeaseLost when somebody else has it or staff stopped it."""
        match upload.state:
            case UploadState.TRYING:
                await self._foretell(upload, reader)
            case UploadState.COMMITTING:
                await self._take_in(upload, reader)
            case UploadState.UNDOING:
                await self._take_out(upload)
            case _:
                pass

    async def _foretell(self, upload: Upload, reader: SurveyFiles) -> None:
        told = Foretelling()
        # A dry run keeps what it met in memory: one that was stopped starts over.
        await self.database.write(lambda conn, _: self._advance(conn, upload, upload.next_row, next_row=0), None)
        done = 0
        async with row_pages(self.blobs, upload, reader, upload.mapping, 0) as ready:
            async for pages in ready:
                outcomes = await self.database.read(told.of, pages)
                await self.database.write(self._foretold, (upload, done, outcomes), bulk=True)
                done += len(outcomes)
        await self._finish(upload, done, UploadState.TRIED, next_row=0, rows=done)

    def _foretold(self, conn: Connection, given: tuple[Upload, int, Sequence[RowOutcome]]) -> None:
        upload, start, outcomes = given
        uploads.note_outcomes(conn, upload.id, outcomes, dry=True)
        self._advance(conn, upload, start, next_row=start + len(outcomes))

    async def _take_in(self, upload: Upload, reader: SurveyFiles) -> None:
        done, most = upload.next_row, 1
        async with row_pages(self.blobs, upload, reader, upload.mapping, done) as ready:
            async for pages in ready:
                while pages:
                    # Few at first: staff sees soon that it goes on, and may stop it. Few, too, after somebody waited:
                    # what is stored with many pages is long in being committed.
                    stored, alone = await self._store(upload, pages[:most])
                    most = min(2 * stored, MOST_PAGES) if alone else 1
                    done, pages = done + sum(page.size for page in pages[:stored]), pages[stored:]
        await self._finish(upload, done, UploadState.COMMITTED, rows=done)

    async def _store(self, upload: Upload, pages: Sequence[Page]) -> tuple[int, bool]:
        """Takes pages in; returns how many, and whether nobody waited for the database meanwhile.

        Where the database refuses a row, all of its page go in one by one.
        """
        try:
            return await self.database.write(self._captured, (upload, pages), bulk=True)
        except HubError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it concerns a row, which is found and told
            if len(pages) > 1:
                return await self._store(upload, pages[:1])
            log.info("A page of upload %s goes in row by row: %s", upload.id, type(error).__name__)
            for row in pages[0].single():
                await self._store_alone(upload, row)
            return 1, True

    async def _store_alone(self, upload: Upload, row: Page) -> None:
        try:
            await self.database.write(self._captured, (upload, [row]), bulk=True)
        except HubError:
            raise
        except Exception as error:
            log.exception("Row %s of upload %s could not be stored", row.first, upload.id)
            outcome = rejected(row.first, f"could not be stored: {type(error).__name__}")
            await self.database.write(lambda conn, _: self._note(conn, upload, row.first, [outcome]), None)

    def _captured(self, conn: Connection, given: tuple[Upload, Sequence[Page]]) -> tuple[int, bool]:
        """Takes page after page in until somebody else waits for the database; returns how many, and if nobody did."""
        upload, pages = given
        survey = Pages(conn, upload.channel, upload.created_at)
        outcomes: list[RowOutcome] = []
        stored, alone = 0, True
        while alone and stored < len(pages):
            outcomes += self._page(conn, upload, survey, pages[stored])
            stored, alone = stored + 1, not self.database.awaited()
        survey.finish()
        self._note(conn, upload, pages[0].first, outcomes)
        return stored, alone

    def _page(self, conn: Connection, upload: Upload, survey: Pages, page: Page) -> list[RowOutcome]:
        if page.ready is None:
            return self._as_contacts(conn, upload, page.contacts)
        keys = [row_key(upload.id, number) for number in range(page.first, page.first + page.size)]
        for _ in range(_ATTEMPTS):
            # Another process may have stored the same answer or taken an id: what it did is seen the next time.
            with suppress(Raced), conn.begin_nested():
                return survey.take(page.ready, keys)
        return survey.take(page.ready, keys)

    def _as_contacts(self, conn: Connection, upload: Upload, rows: Sequence[Row]) -> list[RowOutcome]:
        """Captures rows as whatever else comes in."""
        incoming = {
            number: _incoming(upload, number, contact)
            for number, contact in rows
            if isinstance(contact, InboundContact)
        }
        found = dict(zip(incoming, self.capture(conn, list(incoming.values())) if incoming else (), strict=True))
        outcomes = []
        for number, contact in rows:
            if isinstance(contact, str):
                outcomes.append(rejected(number, contact))
                continue
            captured = found[number]
            outcome = Outcome.REPEATED if captured.duplicate else Outcome.ACCEPTED
            outcomes.append(RowOutcome(number, outcome, "", nps_of(contact.extra.get("nps", "")), captured.interaction))
        return outcomes

    def _note(self, conn: Connection, upload: Upload, start: int, outcomes: Sequence[RowOutcome]) -> None:
        uploads.note_outcomes(conn, upload.id, outcomes, dry=False)
        accepted, repeated, left_out = _tally(outcomes)
        self._advance(
            conn,
            upload,
            start,
            next_row=start + len(outcomes),
            accepted=UploadRow.accepted + accepted,
            repeated=UploadRow.repeated + repeated,
            rejected=UploadRow.rejected + left_out,
        )

    async def _take_out(self, upload: Upload) -> None:
        start = upload.next_row
        while start:
            await self.database.write(self._removed, (upload, start), bulk=True)
            start = max(0, start - _CHUNK)
        await self._finish(upload, 0, UploadState.UNDONE)

    def _removed(self, conn: Connection, given: tuple[Upload, int]) -> None:
        """Removes the last rows that are still in: what no other upload brought too, and customers made for it."""
        upload, start = given
        first = max(0, start - _CHUNK)
        outcomes = uploads.outcomes(conn, upload.id, dry=False, after=first - 1, limit=start - first)
        keys = [row_key(upload.id, each.row) for each in outcomes if each.interaction is not None]
        gone = removal.forget_arrivals(conn, upload.channel, keys)
        customers = removal.remove_interactions(conn, gone)
        removal.remove_empty_customers(conn, customers, upload.created_at)
        uploads.forget_outcomes(conn, upload.id, first)
        accepted, repeated, left_out = _tally(outcomes)
        self._advance(
            conn,
            upload,
            start,
            next_row=first,
            accepted=UploadRow.accepted - accepted,
            repeated=UploadRow.repeated - repeated,
            rejected=UploadRow.rejected - left_out,
        )

    def _advance(self, conn: Connection, upload: Upload, start: int, **values: object) -> None:
        uploads.advance(conn, upload, start, self.clock(), **values)

    async def _finish(self, upload: Upload, done: int, state: UploadState, **values: object) -> None:
        now = self.clock()

        def work(conn: Connection, _: None) -> None:
            uploads.advance(conn, upload, done, now, state=state.value, finished_at=now, **values)
            uploads.release(conn, upload.id)
            event = {"customer_id": None, "interaction_id": None, "data": {"upload": upload.id}, "at": now}
            jobs.emit(conn, [{**event, "kind": f"upload.{state}"}])
            if state is UploadState.COMMITTED:
                health.note_in(conn, upload.channel, now)

        await self.database.write(work, None)


def row_key(upload_id: int, row: int) -> str:
    """Returns the transport key of a row: upload and row."""
    return f"upload/{upload_id}/{row}"


def _incoming(upload: Upload, number: int, contact: InboundContact) -> Incoming:
    return Incoming(
        channel=upload.channel,
        key=row_key(upload.id, number),
        received_at=upload.created_at,
        events=(contact,),
        files=((None,),),
        content_type="",
    )


def _tally(outcomes: Sequence[RowOutcome]) -> tuple[int, int, int]:
    accepted = sum(each.outcome is Outcome.ACCEPTED for each in outcomes)
    repeated = sum(each.outcome is Outcome.REPEATED for each in outcomes)
    return accepted, repeated, len(outcomes) - accepted - repeated
