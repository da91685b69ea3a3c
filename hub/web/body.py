"""Bodies: how large, how slow, in how many parts and packed how a request may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import BodyPartReader, web

from hub.model.errors import NotAllowed, NotFound, TooLarge
from hub.web.auth.access import STREAMED, Body, Handler, access_of
from hub.web.auth.forgery import FIELD, HEADER, check_token
from hub.web.errors import NotAcceptable
from hub.web.i18n import _
from hub.web.keys import FORM_TOKEN
from hub.web.services import SERVICES, Services

T = TypeVar("T")
# A body must bring this much in each span of patience, or the sender is let go.
PATIENCE_SECONDS = web.AppKey("patience_seconds", float)
SLOWEST_BYTES_PER_SECOND = 1_000
MOST_FIELDS = 500
_MEGABYTE = 1_000_000
# No text of a database may hold it (PostgreSQL), and nobody types it.
_NUL = "\x00"
_FORM = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


@web.middleware
async def limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses, before a byte of it is read, a body that is too large or packed; bounds what a handler reads."""
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise NotAcceptable(_("The hub does not read packed requests."), status=415, next_step=_("Send it unpacked."))
    if "%00" in request.raw_path:
        if _NUL in request.path:
            raise NotFound(_("There is nothing at this address."))
        if any(_NUL in value for value in request.query.values()):
            raise _unreadable()
    access = access_of(request.match_info.handler)
    largest = _largest(request.app[SERVICES], access.body if access else "fields")
    if (request.content_length or 0) > largest:
        raise _too_large(largest)
    if not request.body_exists:
        return await handler(request)
    if access is not None and access.kind == "hook" and request.content_length and request.content.is_eof():
        return await handler(request)  # it is here already, and not too large
    # A clone forgets the address that a proxy gave the one before it.
    bounded = request.clone(client_max_size=largest, client_max_fields=MOST_FIELDS, remote=request.remote or "")
    if access is None or access.kind == "hook" or request.method in ("GET", "HEAD"):
        async with patience(bounded):
            await bounded.read()
    return await handler(bounded)


@asynccontextmanager
async def patience(request: web.Request) -> AsyncIterator[None]:
    """Bounds how slowly a whole body may be read. Raises NotAcceptable (408) when it came too slowly."""
    loop, span = asyncio.get_running_loop(), request.app[PATIENCE_SECONDS]
    enough = SLOWEST_BYTES_PER_SECOND * span
    seen, watch = request.content.total_bytes, loop.call_later(span, lambda: look())

    def look() -> None:
        nonlocal seen, watch
        if request.content.total_bytes - seen >= enough:
            seen = request.content.total_bytes
            watch = loop.call_later(span, look)
        else:
            deadline.reschedule(loop.time())

    try:
        async with asyncio.timeout(None) as deadline:
            yield
    except TimeoutError:
        raise _too_slow() from None
    finally:
        watch.cancel()


async def read_fields(request: web.Request, body: Body, services: Services) -> None:
    """Reads a form or a JSON body, in time and within the limits; a stream is left to its handler.

    Raises TooLarge and NotAcceptable. Afterwards `await request.post()`, `.read()` and `.json()` answer at once.
    """
    if body in STREAMED or not request.body_exists:
        return
    try:
        async with patience(request):
            if request.content_type in _FORM:
                fields = await request.post()
                readable = not any(isinstance(value, str) and _NUL in value for value in fields.values())
            else:
                readable = b"\\u0000" not in await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(_largest(services, body)) from None
    except (ValueError, LookupError) as error:
        # A charset that is none, a multipart body without boundary or field names.
        raise _unreadable() from error
    if not readable:
        raise _unreadable()


def check_json(request: web.Request, body: Body) -> None:
    """Raises NotAllowed unless a call's body says it is JSON: what a form of another site can send, it cannot say."""
    if not request.body_exists or request.content_type == "application/json":
        return
    if body != "fields" and request.content_type == "multipart/form-data":
        return
    raise NotAllowed(_("The API reads JSON only."), next_step=_("Send the header Content-Type: application/json."))


@dataclass(slots=True)
class _Stream:
    """A streamed body and how long we waited for it altogether."""

    request: web.Request
    waited: float = 0.0

    async def wait(self, reading: Awaitable[T]) -> T:
        loop, span = asyncio.get_running_loop(), self.request.app[PATIENCE_SECONDS]
        began = loop.time()
        try:
            async with asyncio.timeout(span):
                read = await reading
        except TimeoutError:
            raise _too_slow() from None
        self.waited += loop.time() - began
        came = self.request.content.total_bytes
        if self.waited > span and came < self.waited * SLOWEST_BYTES_PER_SECOND:
            raise _too_slow()
        if came > self.request.client_max_size:
            raise _too_large(self.request.client_max_size)
        return read


@dataclass(slots=True)
class Part:
    """One part of a streamed form: a field, or a file with its name as the browser gave it."""

    name: str
    filename: str | None
    content_type: str
    _reader: BodyPartReader = field(repr=False)
    _stream: _Stream = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the part's bytes. Raises TooLarge and NotAcceptable."""
        while chunk := await self._stream.wait(self._reader.read_chunk(65_536)):
            yield chunk

    async def text(self, most: int = 10_000) -> str:
        """Returns a field's value. Raises TooLarge when it is longer than `most` bytes."""
        read = bytearray()
        async for chunk in self.chunks():
            read += chunk
            if len(read) > most:
                raise _too_large(most)
        return read.decode("utf-8", "replace")


async def parts(request: web.Request, most: int = 50) -> AsyncIterator[Part]:
    """Yields the parts of a form with files as they arrive, for handlers with `body="stream"`.

    On a page the form token comes as the header or as the first field (`{{ csrf_field() }}` right after `<form>`); it
    is checked before anything is yielded. Raises NotAllowed, NotAcceptable and TooLarge.
    """
    if request.content_type != "multipart/form-data":
        raise _unreadable()
    expected: str | None = request.get(FORM_TOKEN)
    if expected is not None and HEADER in request.headers:
        check_token(request.headers[HEADER], expected)
        expected = None
    stream, count = _Stream(request), 0
    try:
        reader = await request.multipart()
        while (part := await stream.wait(reader.next())) is not None:
            count += 1
            if count > most:
                raise TooLarge(_("This form has too many parts."))
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise _unreadable()
            kind = part.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()
            read = Part(part.name, part.filename, kind, part, stream)
            if expected is not None:
                check_token(await read.text(200) if part.name == FIELD else "", expected)
                expected = None
            elif part.name != FIELD:
                yield read
    except (ValueError, LookupError) as error:
        raise _unreadable() from error
    if expected is not None:
        check_token("", expected)


def _largest(services: Services, body: Body) -> int:
    limits = services.settings.limits
    if body == "archive":
        return int(services.settings.backup.upload_mb * _MEGABYTE)
    megabytes = limits.request_mb if body == "fields" else limits.upload_mb
    return int(megabytes * _MEGABYTE)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        _("This is larger than the hub accepts (%s MB).") % f"{limit / _MEGABYTE:g}",
        next_step=_("Send less, or ask your administrator to raise the limit."),
    )


def _too_slow() -> NotAcceptable:
    return NotAcceptable(
        _("The request came too slowly."), status=408, next_step=_("Try again on a better connection.")
    )


def _unreadable() -> NotAcceptable:
    return NotAcceptable(_("This form cannot be read."), next_step=_("Load the page again and send it once more."))
