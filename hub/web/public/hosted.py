"""The hosted form: a page that works without script, in the visitor's language, and never loses what was typed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from channels.base import Upload
from hub.model.errors import HubError, NotFound, Unavailable
from hub.model.form import SOURCES, Form
from hub.model.submission import faults_of, read_submission
from hub.web.auth.access import public, public_files
from hub.web.errors import RETRY_SECONDS, TooMany
from hub.web.guard import PUBLIC_POLICY
from hub.web.i18n import _
from hub.web.public import opened, shown
from hub.web.public.opened import Pace
from hub.web.public.taking import Sent, count_robot, is_submission, take
from hub.web.public.words import fault_words, pace_words
from hub.web.rendering import render
from hub.web.services import SERVICES

_SLUG = r"{slug:[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?}"
_HEADERS = {"Content-Security-Policy": PUBLIC_POLICY}
_OWN = frozenset({"submission", "opened", "homepage", "lang"})
# A field that people do not see and machines fill in.
_TRAP = "homepage"

Pairs = Sequence[tuple[str, str]]


@public
async def show(request: web.Request) -> web.Response:
    """Shows the form, empty; changes nothing."""
    try:
        form = await shown.form_at(request)
    except NotFound as error:
        return _closed(request, error)
    language = shown.speak(request, form, request.query.get("lang", ""))
    came_from = [(name, request.query.get(name, "")[:300]) for name in SOURCES if name != "referrer"]
    came_from.append(("referrer", _without_query(request.headers.get("Referer", ""))))
    return _page(request, form, language, [pair for pair in came_from if pair[1]])


@public_files
async def submit(request: web.Request) -> web.Response:
    """Takes a submission and sends on to the thanks; whatever is wrong, the page comes back with what was typed."""
    pairs, files = await _posted(request)
    given = dict(pairs)
    try:
        form = await shown.form_at(request)
    except NotFound as error:
        return _closed(request, error)
    except Unavailable as error:
        return _kept(request, pairs, error)
    language = shown.speak(request, form, given.get("lang", ""))
    typed = [pair for pair in pairs if pair[0] not in _OWN]
    if given.get(_TRAP):
        await count_robot(request, form)
        return _thanks(request, form, language)
    services = request.app[SERVICES]
    submission, token = given.get("submission", ""), given.get("opened", "")
    pace = opened.pace_of(token, services.keys.links, form.slug, submission, services.clock())
    if pace is not Pace.GOOD or not is_submission(submission):
        again = (submission, token) if pace is Pace.TOO_FAST else None
        return _page(request, form, language, typed, status=422, told=pace_words(pace), page_of=again)
    faults = faults_of(form, read_submission(form, typed, files), services.settings.hub.region)
    page_of = (submission, token)
    if faults:
        wrong = fault_words(faults)
        return _page(request, form, language, typed, status=422, wrong=wrong, page_of=page_of, lost_files=bool(files))
    sent = Sent(form=form, submission=submission, language=language, pairs=typed, files=files)
    try:
        await take(request, sent)
    except (TooMany, Unavailable) as error:
        return _later(request, sent, error, page_of)
    return _thanks(request, form, language)


@public
async def thanks(request: web.Request) -> web.Response:
    """Says thanks."""
    try:
        form = await shown.form_at(request)
    except NotFound as error:
        return _closed(request, error)
    language = shown.speak(request, form, request.query.get("lang", ""))
    return render(
        request, "thanks.html", folder="public", headers=_HEADERS, form=form, spoken=language, framed=_framed(request)
    )


def _page(
    request: web.Request,
    form: Form,
    language: str,
    typed: Pairs,
    *,
    status: int = 200,
    told: str = "",
    wrong: Mapping[str, str] | None = None,
    page_of: tuple[str, str] | None = None,
    lost_files: bool = False,
    retry_after: int = 0,
) -> web.Response:
    """Returns the page with what was typed. `page_of`: the submission and signed time it goes on with."""
    services = request.app[SERVICES]
    submission = page_of[0] if page_of else str(uuid.uuid4())
    token = page_of[1] if page_of else opened.sign(services.keys.links, form.slug, submission, services.clock())
    headers = {**_HEADERS, "Retry-After": str(retry_after)} if retry_after else _HEADERS
    values: dict[str, list[str]] = {}
    for name, value in typed:
        values.setdefault(name, []).append(value)
    return render(
        request,
        "form.html",
        status=status,
        folder="public",
        headers=headers,
        form=form,
        spoken=language,
        submission=submission,
        opened=token,
        trap=_TRAP,
        values=values,
        source=[(name, values[name][0]) for name in SOURCES if name in values],
        told=told,
        wrong=wrong or {},
        lost_files=lost_files,
        framed=_framed(request),
        largest=services.settings.limits.upload_mb,
    )


def _later(request: web.Request, sent: Sent, error: HubError, page_of: tuple[str, str]) -> web.Response:
    many = isinstance(error, TooMany)
    return _page(
        request,
        sent.form,
        sent.language,
        sent.pairs,
        status=429 if many else 503,
        told=_("So many messages came from here that we take no more for a while. Please send it again in an hour.")
        if many
        else _("We cannot take this in just now. Nothing that you wrote is lost: please send it again in a moment."),
        page_of=page_of,
        lost_files=bool(sent.files),
        retry_after=int(error.retry_after) + 1 if isinstance(error, TooMany) else RETRY_SECONDS,
    )


def _kept(request: web.Request, pairs: Pairs, error: Unavailable) -> web.Response:
    """Keeps what was typed into a form that nobody here has seen since the database went down."""
    headers = {**_HEADERS, "Retry-After": str(RETRY_SECONDS)}
    return render(request, "kept.html", status=503, folder="public", headers=headers, pairs=pairs, error=error)


def _closed(request: web.Request, error: NotFound) -> web.Response:
    return render(request, "closed.html", status=404, folder="public", headers=_HEADERS, error=error)


def _thanks(request: web.Request, form: Form, language: str) -> web.Response:
    told = {"lang": language, **({"frame": "1"} if _framed(request) else {})}
    return web.Response(status=303, headers={"Location": f"/f/{form.slug}/thanks?{urlencode(told)}", **_HEADERS})


async def _posted(request: web.Request) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    """Returns the typed pairs in order, and the files, each field's second one as `name#1`."""
    pairs: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, str):
            pairs.append((name, value))
        elif isinstance(value, web.FileField) and value.filename:
            count = sum(known.partition("#")[0] == name for known in files)
            content = await asyncio.to_thread(value.file.read)
            files[f"{name}#{count}" if count else name] = Upload(value.filename, value.content_type, content)
    return pairs, files


def _framed(request: web.Request) -> bool:
    return bool(request.query.get("frame"))


def _without_query(address: str) -> str:
    """Returns which page led here: a query may hold what is nobody's business."""
    parts = urlsplit(address[:2_000])
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:300] if parts.scheme in ("http", "https") else ""


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"/f/{_SLUG}", show),
        web.post(f"/f/{_SLUG}", submit),
        web.get(f"/f/{_SLUG}/thanks", thanks),
    ]
