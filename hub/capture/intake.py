"""Intake: the asynchronous side of capture. Bytes are stored first, then parsed, then captured with all that waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection

from channels.base import Captured, Parses, Raw, Request
from hub.capture.capture import Capture
from hub.capture.incoming import INLINE_BYTES, Incoming, StoredFile
from hub.capture.page import prepare_page
from hub.model.contact import InboundContact
from hub.model.errors import HubError, Unavailable
from hub.model.event import ChannelEvent
from hub.model.value import value
from hub.store import health, interactions
from hub.store.blobs import Blobs
from hub.store.leases import Lease, LeaseLost
from hub.store.session import Database

log = logging.getLogger(__name__)

_NOTED_EVERY = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes payloads in. One a hub; every channel's payloads meet here."""

    database: Database
    blobs: Blobs
    capture: Capture
    noted: dict[str, datetime] = field(default_factory=dict, repr=False)

    async def take(
        self, channel: str, reader: Parses, raw: Raw, *, lease: Lease | None = None, again: bool = False
    ) -> Captured:
        """Stores, parses and captures one payload; returns after the commit.

        What cannot be parsed or stored is kept with its raw and its reason, and never stops the next one.
        Raises Unavailable when the database is down and LeaseLost when another process reads this mailbox.
        """
        return await self.submit(await self.prepare(channel, reader, raw, lease=lease, again=again))

    async def prepare(
        self, channel: str, reader: Parses, raw: Raw, *, lease: Lease | None = None, again: bool = False
    ) -> Incoming:
        """Parses a payload and stores its bytes, so that only rows are left to write. Raises Unavailable."""
        [incoming] = await prepare_page(self.blobs, channel, reader, [raw], lease)
        return replace(incoming, again=again)

    async def take_request(
        self, channel: str, key: str, request: Request, events: Sequence[ChannelEvent], failure: str = ""
    ) -> Captured:
        """Captures one verified web request; its raw body goes into the same transaction."""
        keep = len(request.body) <= INLINE_BYTES
        needs_files = any(isinstance(event, InboundContact) and (event.attachments or event.html) for event in events)
        files = (
            tuple(await asyncio.gather(*[self._store(event) for event in events]))
            if needs_files
            else tuple(_no_files(event) for event in events)
        )
        incoming = Incoming(
            channel=channel,
            key=key,
            received_at=request.received_at,
            events=tuple(events),
            files=files,
            raw=request.body if keep else None,
            raw_file=None if keep else await self._put(request.body),
            content_type=request.headers.get("Content-Type", ""),
            note={"hook": request.hook, "url": request.url},
            failure=failure,
        )
        captured = await self.submit(incoming, light=keep)
        await self._note_in(channel, request.received_at)
        return captured

    async def _note_in(self, channel: str, now: datetime) -> None:
        """Notes for the health page that something came in, not oftener than it is looked at."""
        last = self.noted.get(channel)
        if last is None or now - last > _NOTED_EVERY:
            self.noted[channel] = now
            await self.database.write(lambda conn, _: health.note_in(conn, channel, now), None)

    async def retry(self, arrival_id: int, reader: Parses) -> Captured | None:
        """Reads anew what could not be read; returns None when there is no such arrival."""
        row = await self.database.read(interactions.arrival, arrival_id)
        if row is None or row["state"] == "captured":
            return None
        content = row["raw"] if row["raw"] is not None else await asyncio.to_thread(self.blobs.read, row["raw_blob"])
        note: Mapping[str, Any] = row["note"] or {}
        raw = Raw(
            content=content,
            key=row["key"],
            received_at=row["received_at"],
            content_type=row["content_type"],
            note={name: str(value) for name, value in note.items()},
        )
        return await self.take(row["channel"], _AsRequest(reader) if "hook" in note else reader, raw, again=True)

    async def take_page(self, page: Sequence[Incoming], also: Callable[[Connection], None]) -> None:
        """Captures a page and does `also` in one transaction, a fifth of the work for the event loop.

        Where one of the page cannot be stored, each is captured as by `submit`, and `also` done when all are.
        """

        def store(conn: Connection, page: Sequence[Incoming]) -> None:
            self.capture(conn, page)
            also(conn)

        try:
            await self.database.write(store, page)
        except (Unavailable, LeaseLost):
            raise
        except Exception as error:  # noqa: BLE001  # told by the one whose fault it is
            log.info("A page of %d is captured one by one: %r", len(page), error)
            await asyncio.gather(*[self.submit(incoming) for incoming in page])
            await self.database.write(lambda conn, _: also(conn), None)

    async def submit(self, incoming: Incoming, *, light: bool = False) -> Captured:
        """Captures with all that waits; a payload that cannot be stored is kept as one that could not be read.

        `light`: it is a small one, whose order among larger ones does not matter.
        """
        try:
            return await self.database.submit(self.capture, incoming, light=light)
        except (Unavailable, LeaseLost):
            raise
        except Exception as error:
            log.exception("A payload of %s could not be captured", incoming.channel)
            reason = (
                error.message if isinstance(error, HubError) else f"It could not be stored: {type(error).__name__}."
            )
            poisoned = Incoming(
                channel=incoming.channel,
                key=incoming.key,
                received_at=incoming.received_at,
                raw=incoming.raw,
                raw_file=incoming.raw_file,
                content_type=incoming.content_type,
                note=incoming.note,
                failure=reason,
                lease=incoming.lease,
                again=incoming.again,
            )
            return await self.database.submit(self.capture, poisoned)

    async def _store(self, event: ChannelEvent) -> tuple[StoredFile | None, ...]:
        if not isinstance(event, InboundContact):
            return ()
        files = [
            await self._put(attachment.content) if attachment.content is not None else None
            for attachment in event.attachments
        ]
        html = await self._put(event.html.encode("utf-8", "replace")) if event.html else None
        return (*files, html)

    async def _put(self, content: bytes) -> StoredFile:
        try:
            return StoredFile(await asyncio.to_thread(self.blobs.put, content), len(content))
        except OSError as error:
            raise Unavailable(
                f"The file store cannot be written: {error.strerror or error}.",
                next_step="Free disk space or mend the disk; the hub goes on by itself.",
            ) from error


@value()
class _AsRequest:
    """Reads a stored web request again as what it was."""

    reader: Parses

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        if isinstance(source, Request):
            return self.reader.parse(source)
        form = parse_qsl(source.content.decode("utf-8", "replace"), keep_blank_values=True)
        request = Request(
            hook=source.note["hook"],
            url=source.note["url"],
            headers={"Content-Type": source.content_type},
            form=form if "urlencoded" in source.content_type else (),
            body=source.content,
            received_at=source.received_at,
        )
        return self.reader.parse(request)


def _no_files(event: ChannelEvent) -> tuple[StoredFile | None, ...]:
    return (None,) if isinstance(event, InboundContact) else ()
