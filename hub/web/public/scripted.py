"""The JSON endpoint of a form, for pages that bring their own: `POST /f/{slug}.json`.

    {"submission": "UUID, the same on a repeat", "language": "en", "answers": {"email": "ada@example.com", ...},
     "source": {"utm_source": "..."}}

Scripts of other sites may call it only when the form names their origin; none does by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from hub.model.errors import HubError, NotAllowed, Refused, Unavailable
from hub.model.form import SOURCES, FieldKind, Form
from hub.model.submission import faults_of, read_submission
from hub.web.auth.access import public
from hub.web.errors import RETRY_SECONDS, TooMany, status_of
from hub.web.i18n import _
from hub.web.public import shown
from hub.web.public.taking import Sent, is_submission, take
from hub.web.public.words import fault_words
from hub.web.services import SERVICES

_SLUG = r"{slug:[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?}"
_PARTS = frozenset({"submission", "language", "answers", "source"})


@public
async def submit(request: web.Request) -> web.Response:
    """Takes a submission as JSON: 201 with its UUID and thanks, the same for a repeat."""
    origin = ""
    try:
        if request.content_type != "application/json":
            raise NotAllowed(_("This address reads JSON only."), next_step="Send Content-Type: application/json.")
        form = await shown.form_at(request)
        origin = _allowed_origin(request, form)
        given = _read(await request.read())
        language = shown.speak(request, form, str(given.get("language", "")))
        sent = _sent(form, given, language)
        if faults := faults_of(form, read_submission(form, sent.pairs), request.app[SERVICES].settings.hub.region):
            error = Refused(_("Some answers do not fit."), field=next(iter(faults)))
            return _answer(request, 422, {**_told(error), "fields": fault_words(faults)}, origin)
        await take(request, sent)
    except HubError as error:
        return _answer(request, status_of(error), _told(error), origin, error)
    thanks = form.say(form.thanks, language)
    return _answer(request, 201, {"submission": sent.submission, "thanks": thanks}, origin)


@public
async def preflight(request: web.Request) -> web.Response:
    """Lets scripts of the sites that the form names send to it."""
    form = await shown.form_at(request)
    origin = _allowed_origin(request, form)
    headers = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type"}
    return web.Response(status=204, headers={**headers, **_cors(origin)})


def _allowed_origin(request: web.Request, form: Form) -> str:
    """Returns the other site that may read the answer, empty for our own. Raises NotAllowed."""
    origin = request.headers.get("Origin", "")
    services = request.app[SERVICES]
    if not origin or origin in (services.public_url, services.local_url):
        return ""
    if origin not in form.origins:
        raise NotAllowed(_("This site may not send to this form."), next_step=_("Add it to the form's sites."))
    return origin


def _cors(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin else {"Vary": "Origin"}


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(_("The body is no JSON.")) from None
    if not isinstance(given, dict):
        raise Refused(_("The body is no JSON object."))
    if unknown := sorted(set(given) - _PARTS):
        raise Refused(f"A submission has no {unknown[0][:80]!r}.", field=unknown[0][:80])
    return given


def _sent(form: Form, given: Mapping[str, Any], language: str) -> Sent:
    submission = given.get("submission") or str(uuid.uuid4())
    if not isinstance(submission, str) or not is_submission(submission):
        raise Refused("The submission is named by a UUID in small letters.", field="submission")
    answers, source = given.get("answers", {}), given.get("source", {})
    if not isinstance(answers, dict) or not isinstance(source, dict):
        raise Refused("answers and source are objects.", field="answers")
    known = {each.name: each for each in form.fields if each.kind is not FieldKind.FILE}
    if unknown := sorted(set(answers) - set(known)):
        raise Refused(f"The form asks for no {unknown[0][:80]!r}.", field=unknown[0][:80])
    if unknown := sorted(set(source) - set(SOURCES)):
        raise Refused(f"A source has no {unknown[0][:80]!r}.", field=unknown[0][:80])
    pairs = [(name, text) for name, value in (answers | source).items() for text in _texts(name, value)]
    return Sent(form=form, submission=submission, language=language, pairs=pairs)


def _texts(name: str, value: Any) -> list[str]:
    """Returns an answer as the page would have sent it."""
    match value:
        case None | False:
            return []
        case True:
            return ["on"]
        case str():
            return [value]
        case int() | float():
            return [str(value)]
        case list() if all(isinstance(each, str) for each in value):
            return list(value)
    raise Refused(f"The answer to {name} is no text, number, list of texts, true or false.", field=name)


def _told(error: HubError) -> dict[str, Any]:
    told = {"code": error.code, "message": error.message, "next": error.next_step}
    return {**told, "field": error.field} if isinstance(error, Refused) and error.field else told


def _answer(
    request: web.Request, status: int, told: Mapping[str, Any], origin: str, error: HubError | None = None
) -> web.Response:
    headers = _cors(origin)
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(int(error.retry_after) + 1)
    elif isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return web.Response(status=status, body=orjson.dumps(told), content_type="application/json", headers=headers)


def routes() -> list[web.RouteDef]:
    return [
        web.post(f"/f/{_SLUG}.json", submit),
        web.options(f"/f/{_SLUG}.json", preflight),
    ]
