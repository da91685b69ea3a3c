"""The work on an upload, chunk by chunk: foretelling its rows, taking them in, taking them out again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.capture.upload_rows import CHUNK, Row, SurveyFiles, row_chunks
from hub.model.contact import InboundContact
from hub.model.errors import HubError
from hub.model.identity import Identity
from hub.store import health, interactions, jobs, removal, uploads
from hub.store.blobs import Blobs
from hub.store.customers import find_identities
from hub.store.session import Database
from hub.store.tables import UploadRow
from hub.store.uploads import Outcome, RowOutcome, Upload, UploadState

log = logging.getLogger(__name__)

_NO_IDENTITY = "no identity"


@dataclass(slots=True)
class _Foretelling:
    """What a dry run has met so far: contents and people, so that a later row is known by an earlier one."""

    contents: set[str] = field(default_factory=set)
    people: set[Identity] = field(default_factory=set)

    def of(self, row: Row, here: dict[str, int], held: set[Identity]) -> RowOutcome:
        number, contact = row
        if isinstance(contact, str):
            return _rejected(number, contact)
        who = contact.sender.identity
        if contact.content_key in here or contact.content_key in self.contents:
            return RowOutcome(number, Outcome.REPEATED, str(who), _nps(contact))
        self.contents.add(contact.content_key)
        known = who in held or who in self.people
        self.people.add(who)
        return RowOutcome(number, Outcome.KNOWN if known else Outcome.NEW, str(who), _nps(contact))


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
        told = _Foretelling()
        # A dry run keeps what it met in memory: one that was stopped starts over.
        await self.database.write(lambda conn, _: self._advance(conn, upload, upload.next_row, next_row=0), None)
        done = 0
        async with row_chunks(self.blobs, upload, reader, upload.mapping, 0) as chunks:
            async for chunk in chunks:
                here, held = await self.database.read(_known, chunk)
                outcomes = [told.of(row, here, held) for row in chunk]
                await self.database.write(self._foretold, (upload, done, outcomes), bulk=True)
                done += len(chunk)
        await self._finish(upload, done, UploadState.TRIED, next_row=0, rows=done)

    def _foretold(self, conn: Connection, given: tuple[Upload, int, Sequence[RowOutcome]]) -> None:
        upload, start, outcomes = given
        uploads.note_outcomes(conn, upload.id, outcomes, dry=True)
        self._advance(conn, upload, start, next_row=start + len(outcomes))

    async def _take_in(self, upload: Upload, reader: SurveyFiles) -> None:
        done = upload.next_row
        async with row_chunks(self.blobs, upload, reader, upload.mapping, done) as chunks:
            async for chunk in chunks:
                await self._store(upload, chunk)
                done += len(chunk)
        await self._finish(upload, done, UploadState.COMMITTED, rows=done)

    async def _store(self, upload: Upload, chunk: Sequence[Row]) -> None:
        """Takes a chunk in; where the database refuses one of its rows, all go in one by one, and that one is told."""
        try:
            await self.database.write(self._captured, (upload, chunk, ""), bulk=True)
        except HubError:
            raise
        except Exception as error:
            if len(chunk) > 1:
                for row in chunk:
                    await self._store(upload, [row])
                return
            log.exception("Row %s of upload %s could not be stored", chunk[0][0], upload.id)
            why = f"could not be stored: {type(error).__name__}"
            await self.database.write(self._captured, (upload, chunk, why))

    def _captured(self, conn: Connection, given: tuple[Upload, Sequence[Row], str]) -> None:
        upload, chunk, refused = given
        incoming = {
            number: _incoming(upload, number, contact)
            for number, contact in chunk
            if isinstance(contact, InboundContact) and not refused
        }
        found = dict(zip(incoming, self.capture(conn, list(incoming.values())) if incoming else (), strict=True))
        outcomes = []
        for number, contact in chunk:
            if isinstance(contact, str) or refused:
                outcomes.append(_rejected(number, contact if isinstance(contact, str) else refused))
                continue
            captured = found[number]
            outcome = Outcome.REPEATED if captured.duplicate else Outcome.ACCEPTED
            outcomes.append(RowOutcome(number, outcome, "", _nps(contact), captured.interaction))
        uploads.note_outcomes(conn, upload.id, outcomes, dry=False)
        accepted, repeated, rejected = _tally(outcomes)
        start = chunk[0][0]
        self._advance(
            conn,
            upload,
            start,
            next_row=start + len(chunk),
            accepted=UploadRow.accepted + accepted,
            repeated=UploadRow.repeated + repeated,
            rejected=UploadRow.rejected + rejected,
        )

    async def _take_out(self, upload: Upload) -> None:
        start = upload.next_row
        while start:
            await self.database.write(self._removed, (upload, start), bulk=True)
            start = max(0, start - CHUNK)
        await self._finish(upload, 0, UploadState.UNDONE)

    def _removed(self, conn: Connection, given: tuple[Upload, int]) -> None:
        """Removes the last rows that are still in: what no other upload brought too, and customers made for it."""
        upload, start = given
        first = max(0, start - CHUNK)
        outcomes = uploads.outcomes(conn, upload.id, dry=False, after=first - 1, limit=start - first)
        keys = [row_key(upload.id, each.row) for each in outcomes if each.interaction is not None]
        gone = removal.forget_arrivals(conn, upload.channel, keys)
        customers = removal.remove_interactions(conn, gone)
        removal.remove_empty_customers(conn, customers, upload.created_at)
        uploads.forget_outcomes(conn, upload.id, first)
        accepted, repeated, rejected = _tally(outcomes)
        self._advance(
            conn,
            upload,
            start,
            next_row=first,
            accepted=UploadRow.accepted - accepted,
            repeated=UploadRow.repeated - repeated,
            rejected=UploadRow.rejected - rejected,
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


def _known(conn: Connection, chunk: Sequence[Row]) -> tuple[dict[str, int], set[Identity]]:
    contacts = [contact for _, contact in chunk if isinstance(contact, InboundContact)]
    here = interactions.find_by_content(conn, (contact.content_key for contact in contacts))
    return here, set(find_identities(conn, (contact.sender.identity for contact in contacts)))


def _rejected(number: int, reason: str) -> RowOutcome:
    nobody = reason.startswith(_NO_IDENTITY)
    return RowOutcome(number, Outcome.NO_IDENTITY if nobody else Outcome.REJECTED, reason[:500])


def _nps(contact: InboundContact) -> int | None:
    score = contact.extra.get("nps", "")
    return int(score) if score.isdecimal() and int(score) <= 10 else None


def _tally(outcomes: Sequence[RowOutcome]) -> tuple[int, int, int]:
    accepted = sum(each.outcome is Outcome.ACCEPTED for each in outcomes)
    repeated = sum(each.outcome is Outcome.REPEATED for each in outcomes)
    return accepted, repeated, len(outcomes) - accepted - repeated
