"""The error boundary: whatever goes wrong becomes an answer that says what happened, why and what to do."""

from __future__ import annotations

import itertools
import logging
import secrets
import time

import orjson
from aiohttp import web

from hub.log import REQUEST
from hub.model import errors as known
from hub.model.errors import HubError
from hub.web import i18n
from hub.web.auth.access import Handler
from hub.web.i18n import N_, _
from hub.web.keys import BEGAN, REQUEST_ID
from hub.web.rendering import render

log = logging.getLogger(__name__)
RETRY_SECONDS = 5
_64_BITS = (1 << 64) - 1
# Counted from a random start: asking the kernel for each lets go of the GIL, and under load takes a millisecond back.
_numbers = itertools.count(secrets.randbits(64))


class TooMany(HubError):
    """Too many tries; `retry_after` says in how many seconds the next one counts."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after: float, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.retry_after = retry_after


class NotSignedIn(HubError):
    code = "not_signed_in"


class NotAcceptable(HubError):
    """The request is not one that this hub takes; `status` says which kind of no (400, 403, 408, 413, 415)."""

    code = "bad_request"

    def __init__(self, message: str, *, status: int = 400, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.status = status


_STATUS: tuple[tuple[type[HubError], int], ...] = (
    (known.NotFound, 404),
    (known.NotAllowed, 403),
    (known.NotAuthentic, 403),
    (known.TooLarge, 413),
    (known.Refused, 422),
    (known.Unreadable, 422),
    (known.Unavailable, 503),
    (NotSignedIn, 401),
    (TooMany, 429),
)
# What aiohttp says by itself, in our words.
_PLAIN = {
    400: ("bad_request", N_("This request cannot be read."), ""),
    403: ("not_allowed", N_("You may not do this."), ""),
    404: ("not_found", N_("There is nothing at this address."), N_("Check the address, or go back.")),
    405: ("wrong_method", N_("This address does not take such a request."), ""),
    408: ("too_slow", N_("The request came too slowly."), N_("Try again on a better connection.")),
    413: ("too_large", N_("This is larger than the hub accepts."), N_("Send less, or in parts.")),
    415: ("wrong_type", N_("The hub does not read this kind of content."), ""),
}


def status_of(error: HubError) -> int:
    """Returns the HTTP status of an error; one that is nobody's fault outside is 500."""
    if isinstance(error, NotAcceptable):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


@web.middleware
async def boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives every request an id and every failure an answer."""
    request[BEGAN] = time.perf_counter()
    request[REQUEST_ID] = f"{next(_numbers) & _64_BITS:016x}"
    REQUEST.set(request[REQUEST_ID])
    try:
        return await handler(request)
    except HubError as error:
        status = status_of(error)
        if status >= 500:
            log.warning("%s %s: %s", request.method, request.path, error.message)
        return answer(request, status, error)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        code, message, next_step = _PLAIN.get(refusal.status, ("error", refusal.reason, ""))
        said = HubError(_(message), next_step=_(next_step))
        said.code = code
        response = answer(request, refusal.status, said)
        if "Allow" in refusal.headers:
            response.headers["Allow"] = refusal.headers["Allow"]
        return response
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        broken = HubError(
            _("Something went wrong in the hub."),
            next_step=_("Try again. If it stays, give your administrator this number: %s") % request[REQUEST_ID],
        )
        return answer(request, 500, broken)


def answer(request: web.Request, status: int, error: HubError) -> web.StreamResponse:
    """Returns an error as its reader can use it: JSON under /api, plain text for providers, a page for people."""
    if request.path.startswith("/api/"):
        return _headed(_as_json(status, error), error)
    if request.path.startswith("/hooks/") or not _wants_page(request):
        text = " ".join(part for part in (error.message, error.next_step) if part)
        return _headed(web.Response(status=status, text=f"{text}\n"), error)
    block = "problem" if request.headers.get("HX-Request-Type") == "partial" else None
    return _headed(render(request, "error.html", status=status, block=block, error=error, number=status), error)


def _as_json(status: int, error: HubError) -> web.Response:
    said = {"code": error.code, "message": error.message, "next": error.next_step}
    if isinstance(error, known.Refused) and error.field:
        said["field"] = error.field
    return web.Response(status=status, body=orjson.dumps(said), content_type="application/json")


def _headed(response: web.Response, error: HubError) -> web.Response:
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(int(error.retry_after) + 1)
    if isinstance(error, known.Unavailable):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    response.headers["Content-Language"] = i18n.language()
    return response


def _wants_page(request: web.Request) -> bool:
    accepts = request.headers.get("Accept", "")
    return "text/html" in accepts or "HX-Request" in request.headers
