"""The official client over one aiohttp session: 10 s, no retries, failures in the hub's words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from channels.twilio_wire import codes
from hub.model.errors import ChannelBroken, Rejected, SendError, Temporary, Unknown

TIMEOUT = 10.0
TWILIO = "https://api.twilio.com"

# What reading a list or a record may end with: refused, unreachable, or an answer that is no Twilio answer.
READING_FAILED = (SendError, TwilioException, ValueError, TypeError, KeyError, AttributeError)

_log = logging.getLogger(__name__)
_deadline: ContextVar[datetime | None] = ContextVar("twilio_deadline", default=None)


@contextmanager
def before(deadline: datetime) -> Iterator[None]:
    """Lets no request of this task begin at or after the deadline, nor wait for an answer beyond it."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def rest_client(account_sid: str, auth_token: str, http: WireHttpClient) -> Any:
    """Returns the official client (twilio.rest.Client) which speaks through `http`."""
    return Client(account_sid, auth_token, http_client=http)


def authorization(account_sid: str, auth_token: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(account_sid, auth_token)}


class WireHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """Carries the official client's requests, to Twilio or to a stand-in at `base_url`.

    Raises SendError subclasses itself, because the client's own exceptions lose the headers (Retry-After) and do not
    tell whether the request had been written.
    """

    def __init__(self, session: aiohttp.ClientSession, *, base_url: str = TWILIO, timeout: float = TIMEOUT) -> None:
        super().__init__(_log, is_async=True, timeout=timeout)
        self._session = session
        self._base = URL(base_url)
        self.clock_offset: timedelta | None = None

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the official client's own signature
        allow_redirects: bool = False,
    ) -> Response:
        """Sends one request, once. Raises Temporary, ChannelBroken, Rejected or Unknown."""
        writes = method.upper() != "GET"
        limit = _seconds_left(timeout or self.timeout or TIMEOUT)
        try:
            async with self._session.request(
                method.upper(),
                self._address(uri, params),
                data=_encoded(data).encode() if data else None,
                headers={**(headers or {}), **(authorization(*auth) if auth else {})},
                # Connecting gets half, so that a failure to connect is always told apart from a lost answer.
                timeout=aiohttp.ClientTimeout(total=limit, connect=limit / 2),
                allow_redirects=allow_redirects,
            ) as answer:
                self._compare_clocks(answer.headers)
                text = await answer.text(errors="replace")
                status, answer_headers = answer.status, answer.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            said = "Twilio could not be reached; nothing was sent." if writes else "Twilio could not be reached."
            raise Temporary(said, phase="connect") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _no_answer(writes) from error
        _log.debug("twilio answered", extra={"method": method, "status": status})
        if status >= 300:
            raise failure(status, answer_headers, text, writes=writes)
        return Response(status, text, answer_headers)

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        """Notes how far this machine's clock is ahead of the one that wrote the answer (RFC 9110 6.6.1)."""
        try:
            theirs = parsedate_to_datetime(headers["Date"])
        except (KeyError, ValueError, TypeError):
            return
        if theirs.tzinfo is not None:
            self.clock_offset = datetime.now(UTC) - theirs

    def _address(self, uri: str, params: Mapping[str, object] | None) -> URL:
        url = URL(uri, encoded=True)
        query = url.raw_query_string or (_encoded(params) if params else "")
        path = self._base.raw_path.rstrip("/") + url.raw_path
        return URL(f"{self._base.origin()}{path}{'?' if query else ''}{query}", encoded=True)


def failure(status: int, headers: Mapping[str, str], text: str, *, writes: bool) -> SendError:
    """Turns an answer of 300 or above into the hub's error; `writes` says whether it may have made something."""
    code, said = _told(text)
    sentence = codes.meaning(code).sentence or said or f"Twilio answered {status}."
    if status == 429:
        return Temporary(sentence, provider_code=code or "429", phase="answer", retry_after=_retry_after(headers))
    if status in {401, 403} or codes.meaning(code).ours:
        return ChannelBroken(sentence, provider_code=code or str(status), phase="answer")
    if status < 400:
        return ChannelBroken(f"The base address answered with a redirect ({status}); correct base_url.", phase="answer")
    if status < 500:
        return Rejected(sentence, provider_code=code or str(status), phase="answer", opted_out=code == codes.OPTED_OUT)
    return _no_answer(writes, status)


def _no_answer(writes: bool, status: int | None = None) -> SendError:
    what = f"Twilio answered {status}" if status else "Twilio did not answer in time"
    if writes:
        return Unknown(f"{what} after the request was written.", provider_code=str(status or ""), phase="answer")
    return Temporary(f"{what}.", provider_code=str(status or ""), phase="answer")


def _told(text: str) -> tuple[str, str]:
    try:
        answer = json.loads(text)
    except ValueError:
        return "", ""
    if not isinstance(answer, dict):
        return "", ""
    code = answer.get("code")
    return (str(code) if code else ""), str(answer.get("message") or "")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Reads seconds, or a date relative to the answer's own Date (RFC 9110 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (ValueError, TypeError, KeyError):
        _log.warning("Twilio's Retry-After could not be read")
        return None


def _seconds_left(limit: float) -> float:
    deadline = _deadline.get()
    if deadline is None:
        return limit
    left = (deadline - datetime.now(UTC)).total_seconds()
    if left <= 0:
        raise Temporary("The time for sending was over before the request began; nothing was sent.", phase="deadline")
    return min(limit, left)


def _encoded(fields: Mapping[str, object]) -> str:
    pairs = [
        (name, _wire_value(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list | tuple) else (value,))
    ]
    return urlencode(pairs)


def _wire_value(value: object) -> bytes:
    return (str(value).lower() if isinstance(value, bool) else str(value)).encode("utf-8", "replace")
