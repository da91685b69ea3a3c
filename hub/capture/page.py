"""Payloads made ready together: parsed in one thread, their files stored with few waits for the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from channels.base import Parses, ParsesPages, Raw, TakesLong, Vouches
from hub.capture.incoming import HISTORIC, INLINE_IN_PAGE, LATER, Incoming, StoredFile
from hub.model.contact import InboundContact
from hub.model.errors import Unavailable, Unreadable
from hub.model.event import ChannelEvent
from hub.store.blobs import Blobs
from hub.store.leases import Lease

log = logging.getLogger(__name__)

_FEW = 2


async def prepare_page(
    blobs: Blobs, channel: str, reader: Parses, raws: Sequence[Raw], lease: Lease | None = None
) -> list[Incoming]:
    """Parses payloads and stores their bytes, so that only rows are left to write; one that fails says why.

    Raises Unavailable when the bytes cannot be stored.
    """
    if isinstance(reader, Vouches):
        raws = await reader.vouch(raws)
    return await asyncio.to_thread(_prepare, blobs, channel, reader, raws, lease)


def put_off(reader: object, page: Sequence[Raw]) -> list[Raw]:
    """Returns a page in which what takes long to read is only kept for now, so that the others need not wait for it."""
    if not isinstance(reader, TakesLong):
        return list(page)
    return [replace(raw, failure=LATER) if not raw.failure and reader.takes_long(raw) else raw for raw in page]


def _prepare(blobs: Blobs, channel: str, reader: Parses, raws: Sequence[Raw], lease: Lease | None) -> list[Incoming]:
    read = _read_all(channel, reader, raws)
    contents = list(
        {content: None for raw, (events, _) in zip(raws, read, strict=True) for content in _kept(raw, events)}
    )
    try:
        stored = dict(zip(contents, blobs.put_all(contents), strict=True))
    except OSError as error:
        raise Unavailable(
            f"The file store cannot be written: {error.strerror or error}.",
            next_step="Free disk space or mend the disk; the hub goes on by itself.",
        ) from error

    def file(content: bytes | None) -> StoredFile | None:
        return None if content is None else StoredFile(stored[content], len(content))

    return [
        Incoming(
            channel=channel,
            key=raw.key,
            received_at=raw.received_at,
            events=tuple(events),
            files=tuple(tuple(map(file, _files(event))) for event in events),
            raw=raw.content if _is_small(raw) else None,
            raw_file=None if _is_small(raw) else file(raw.content),
            content_type=raw.content_type,
            note=raw.note,
            failure=failure,
            lease=lease,
        )
        for raw, (events, failure) in zip(raws, read, strict=True)
    ]


def _read_all(channel: str, reader: Parses, raws: Sequence[Raw]) -> list[tuple[Sequence[ChannelEvent], str]]:
    wanted = [raw for raw in raws if not raw.failure]
    if len(wanted) < _FEW or not isinstance(reader, ParsesPages):
        return [_read(channel, reader, raw) for raw in raws]
    outcomes = iter(reader.parse_page(wanted))
    read: list[tuple[Sequence[ChannelEvent], str]] = []
    for raw in raws:
        outcome = Unreadable(raw.failure) if raw.failure else next(outcomes)
        read.append(((), outcome.message) if isinstance(outcome, Unreadable) else (_marked(outcome, raw), ""))
    return read


def _read(channel: str, reader: Parses, raw: Raw) -> tuple[Sequence[ChannelEvent], str]:
    """Returns what a payload tells, and why it could not be read where that is so."""
    if raw.failure:
        return (), raw.failure
    try:
        return _marked(reader.parse(raw), raw), ""
    except Unreadable as error:
        return (), error.message
    except Exception as error:
        log.exception("A payload of %s could not be parsed", channel)
        return (), f"The reader failed: {type(error).__name__}."


def _marked(events: Sequence[ChannelEvent], raw: Raw) -> Sequence[ChannelEvent]:
    if not raw.note.get(HISTORIC):
        return events
    return [replace(each, historic=True) if isinstance(each, InboundContact) else each for each in events]


def _kept(raw: Raw, events: Sequence[ChannelEvent]) -> Iterator[bytes]:
    if not _is_small(raw):
        yield raw.content
    yield from (content for event in events for content in _files(event) if content is not None)


def _files(event: ChannelEvent) -> tuple[bytes | None, ...]:
    """Returns the bytes of each attachment (None = yet to be fetched) and, last, of the HTML."""
    if not isinstance(event, InboundContact):
        return ()
    html = event.html.encode("utf-8", "replace") if event.html else None
    return (*(attachment.content for attachment in event.attachments), html)


def _is_small(raw: Raw) -> bool:
    return len(raw.content) <= INLINE_IN_PAGE
