"""Providers' web requests: proven over the raw body, captured, and answered after the commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
from aiohttp import BodyPartReader, MultipartReader, web
from sqlalchemy import Connection

from channels.base import Channel, Follows, Parses, Receives, Reply, Request, Upload
from hub.model.errors import HubError, NotAuthentic, NotFound, Unavailable, Unreadable
from hub.model.event import ChannelEvent
from hub.store import health
from hub.store.call_world import Asked, lend
from hub.web.auth.access import hook
from hub.web.body import MOST_FIELDS
from hub.web.deadlines import Deadlines
from hub.web.errors import NotAcceptable
from hub.web.i18n import _
from hub.web.public import sounds
from hub.web.services import SERVICES, Services

log = logging.getLogger(__name__)

# Parsing more than this would keep everybody else waiting.
_SMALL_BYTES = 65_536
_OFTEN_SAID = 40
_FLUSH_SECONDS = 3.0
FORGED = web.AppKey("forged", dict[str, int])
DEADLINES = web.AppKey("deadlines", Deadlines)


@hook
async def receive(request: web.Request) -> web.Response:
    """Takes one request in. Refused ones leave no row, only a count; repeated ones get the same answer again."""
    services = request.app[SERVICES]
    name = request.match_info["channel"]
    channel = _webhook(services.channels.get(name))
    if channel is None or request.match_info["hook"] not in channel.hooks:
        raise NotFound(_("There is nothing at this address."))
    said = await read(request, services)
    try:
        channel.verify(said)
    except NotAuthentic:
        forged = request.app[FORGED]
        forged[name] = forged.get(name, 0) + 1
        raise
    try:
        return await request.app[DEADLINES].wait(_taken(services, name, channel, said))
    except TimeoutError:
        raise Unavailable(_("The database does not answer."), next_step=_("Send it again in a moment.")) from None


async def _taken(services: Services, name: str, channel: Webhook, said: Request) -> web.Response:
    """Captures an authentic request and returns what its channel answers."""
    events, failure = await _parse(channel, said)
    if said.hook in _flow_hooks(services.channels[name]):
        said = replace(said, definition=await _followed(services, name, said))
    captured = await services.intake.take_request(name, channel.key(said), said, events, failure)
    return _response(channel.reply(said, [captured]))


class Webhook(Channel, Receives, Parses, Protocol):
    """A channel whose provider calls us."""


@lru_cache(maxsize=256)
def _webhook(channel: object) -> Webhook | None:
    """Returns the channel where it takes web requests. Kept: three isinstance of Protocols take 40 us (Python 3.11)."""
    takes = isinstance(channel, Receives) and isinstance(channel, Parses) and isinstance(channel, Channel)
    return cast(Webhook, channel) if takes else None


@lru_cache(maxsize=256)
def _flow_hooks(channel: object) -> frozenset[str]:
    return frozenset(channel.flow_hooks) if isinstance(channel, Follows) else frozenset()


async def _followed(services: Services, channel: str, said: Request) -> Mapping[str, Any]:
    """Returns the call flow that a channel follows, and under `hub` whom it rings and what everybody is told first."""
    fields = dict(said.form)
    call = fields.get("ParentCallSid") or fields.get("CallSid", "")
    query = dict(parse_qsl(urlsplit(said.url).query))
    home = services.settings.hub.time_zone
    ours = {"placed": query.get("placed", ""), "message": query.get("m", "")}
    ours["queue"] = query.get("step", "") if query.get("ring") else ""
    asked = Asked(channel=channel, at=said.received_at, home=home, call=call, **ours)
    lent = await services.database.read(lend, asked)
    return sounds.addressed(services, channel, lent, said.received_at)


async def read(request: web.Request, services: Services) -> Request:
    """Returns a web request as an adapter sees it: the raw body that is signed, and the fields in it, in order."""
    # What is here already need not be waited for.
    body = request.content.read_nowait() if request.content.is_eof() else b""
    body = body or await request.read()
    form: list[tuple[str, str]] = []
    uploads: dict[str, Upload] = {}
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            form = fields_of(body)
        elif request.content_type == "multipart/form-data":
            form, uploads = await _multipart(request, body)
    except ValueError as error:
        raise NotAcceptable(_("This form cannot be read.")) from error
    return Request(
        hook=request.match_info["hook"],
        url=services.address_of(request.match_info["channel"]) + request.raw_path,
        headers=request.headers,
        form=form,
        body=body,
        uploads=uploads,
        received_at=services.clock(),
        remote=request.remote or "",
    )


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """Returns the fields of an urlencoded form, as urllib's parse_qsl does in twice the time. Raises ValueError."""
    pairs = body.decode("utf-8", "replace").replace("+", " ").split("&")
    if len(pairs) > MOST_FIELDS:
        raise ValueError("too many fields")
    return [_seen_before(pair) if len(pair) < _OFTEN_SAID else _parted(pair) for pair in pairs if pair]


def _parted(pair: str) -> tuple[str, str]:
    name, _equals, value = pair.partition("=")
    return unquote(name) if "%" in name else name, unquote(value) if "%" in value else value


# A provider says most of a form each time: who it is, for which account, to which number, from which town.
_seen_before = lru_cache(maxsize=2_048)(_parted)


async def _parse(channel: Parses, said: Request) -> tuple[tuple[ChannelEvent, ...], str]:
    """Returns the events of a request, or why it cannot be read."""
    try:
        if len(said.body) <= _SMALL_BYTES:
            return tuple(channel.parse(said)), ""
        return tuple(await asyncio.to_thread(channel.parse, said)), ""
    except Unreadable as error:
        return (), error.message
    except Exception as error:
        log.exception("A request to the hook %s could not be parsed", said.hook)
        return (), f"The reader failed: {type(error).__name__}."


async def _multipart(request: web.Request, body: bytes) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    stream = aiohttp.StreamReader(request.protocol, 2**16, loop=asyncio.get_running_loop())
    stream.feed_data(body)
    stream.feed_eof()
    form: list[tuple[str, str]] = []
    uploads: dict[str, Upload] = {}
    reader = MultipartReader(request.headers, stream)
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None or len(form) + len(uploads) >= MOST_FIELDS:
            raise ValueError("too many parts, or one without a name")
        content = bytes(await part.read())
        if part.filename is None:
            form.append((part.name, content.decode("utf-8", "replace")))
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(part.filename, kind, content)
    return form, uploads


def _response(reply: Reply) -> web.Response:
    headers = dict(reply.headers)
    if reply.body:
        headers["Content-Type"] = f"{reply.content_type}; charset=utf-8"
    return web.Response(status=reply.status, body=reply.body or None, headers=headers)


def prepare(app: web.Application) -> None:
    """Counts what was not authentic, and writes the counts down every few seconds: a flood costs no commits.

    And bounds how long a request may wait for the database.
    """
    app[FORGED] = {}
    app[DEADLINES] = Deadlines(app[SERVICES].settings.limits.patience_seconds)
    app.cleanup_ctx.append(_write_counts)


async def _write_counts(app: web.Application) -> AsyncIterator[None]:
    async def repeat() -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await flush(app)

    task = asyncio.create_task(repeat(), name="forged")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await flush(app)


async def flush(app: web.Application) -> None:
    """Writes down how many requests were not authentic since the last time."""
    counted = app[FORGED].copy()
    if not counted:
        return
    app[FORGED].clear()
    services = app[SERVICES]

    def write(conn: Connection, counts: Mapping[str, int]) -> None:
        for channel, count in sorted(counts.items()):
            health.note_forged(conn, channel, count, services.clock())

    try:
        await services.database.write(write, counted)
    except HubError as error:
        for channel, count in counted.items():
            app[FORGED][channel] = app[FORGED].get(channel, 0) + count
        log.warning("Refused requests are counted later: %s", error.message)


def routes() -> list[web.RouteDef]:
    return [web.post("/hooks/{channel}/{hook}", receive)]
