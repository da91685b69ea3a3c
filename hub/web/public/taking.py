"""Taking a submission: once per UUID, a few an hour from one address, so many a form; answered after the commit."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from aiohttp import web

from channels.base import Captured, Parses, Request, Upload
from hub.desk.forms import ROBOTS_PER, robots_key
from hub.model.contact import InboundContact
from hub.model.errors import Unavailable, Unreadable
from hub.model.event import ChannelEvent
from hub.model.form import Form
from hub.model.form_definition import form_as_json
from hub.store import forms, throttle
from hub.store.throttle import Try
from hub.web.i18n import _
from hub.web.pace import address, throttled
from hub.web.public import confirming
from hub.web.services import SERVICES

log = logging.getLogger(__name__)

# Storing files may take so many times longer than a visitor without files waits for the database.
_WITH_FILES = 10
_HOUR = timedelta(hours=1)
_UNLIMITED = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One submission as it came: `pairs` are the typed fields, `files` by field, the second of a field as `name#1`."""

    form: Form
    submission: str
    language: str
    pairs: Sequence[tuple[str, str]]
    files: Mapping[str, Upload] = field(default_factory=dict)


def is_submission(text: str) -> bool:
    """Says whether this is a UUID as our pages make them."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


async def take(request: web.Request, sent: Sent) -> Captured | None:
    """Captures a submission; None when it was here already, which its sender need not know.

    Raises TooMany beyond a limit (nothing is stored then) and Unavailable while the database is down.
    """
    patience = request.app[SERVICES].settings.limits.patience_seconds
    try:
        async with asyncio.timeout(patience * _WITH_FILES if sent.files else patience):
            return await _take(request, sent)
    except TimeoutError:
        raise Unavailable(_("The database does not answer.")) from None


async def _take(request: web.Request, sent: Sent) -> Captured | None:
    services, form = request.app[SERVICES], sent.form
    channel = services.channels.get(form.channel)
    if not isinstance(channel, Parses):
        log.error("The form %s feeds the channel %s, which is not there", form.slug, form.channel)
        raise Unavailable(_("This form is out of order."))
    key = forms.submission_key(form.slug, sent.submission)
    if await services.database.read(lambda conn, _arg: forms.submitted(conn, form.channel, key), None):
        return None
    await throttled(request, f"form/{form.slug}", address(request), form.per_address, _HOUR)
    await throttled(request, "form", form.slug, form.per_hour, _HOUR)
    said = _request(request, sent)
    events, failure = await _parsed(channel, said)
    captured = await services.intake.take_request(form.channel, key, said, events, failure)
    if any(isinstance(event, InboundContact) and event.consents for event in events):
        await confirming.ask(request, form, sent.language, captured.interaction)
    return captured


def _request(request: web.Request, sent: Sent) -> Request:
    """Returns what the adapter reads. What is kept as raw are the typed fields: files are kept as files."""
    form = sent.form
    pairs = [("submission", sent.submission), ("lang", sent.language), *sent.pairs]
    services = request.app[SERVICES]
    return Request(
        hook=f"{form.slug}/{form.version}",
        url=f"{services.public_url}/f/{form.slug}",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": request.headers.get("User-Agent", ""),
        },
        form=pairs,
        body=urlencode(pairs, errors="replace").encode(),
        uploads=sent.files,
        received_at=services.clock(),
        remote=request.remote or "",
        definition={**form_as_json(form), "slug": form.slug, "version": form.version, "name": form.name},
    )


async def _parsed(channel: Parses, said: Request) -> tuple[Sequence[ChannelEvent], str]:
    try:
        return channel.parse(said), ""
    except Unreadable as error:
        return (), error.message
    except Exception as error:
        log.exception("A submission of the form %s could not be parsed", said.hook)
        return (), f"The reader failed: {type(error).__name__}."


async def count_robot(request: web.Request, form: Form) -> None:
    """Counts a machine's post; nothing else is kept of it."""
    services = request.app[SERVICES]
    tried = Try(key=robots_key(form.slug), limit=_UNLIMITED, per=ROBOTS_PER, now=services.clock())
    try:
        await services.database.submit(throttle.take, tried)
    except Unavailable as error:
        log.warning("A robot was not counted: %s", error.message)
