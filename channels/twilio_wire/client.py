"""The official client over one aiohttp session: no retries, failures in the hub's words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from channels.twilio_wire.wire import TIMEOUT, TWILIO, authorization, failure, no_answer, seconds_left
from hub.model.errors import Temporary

_log = logging.getLogger(__name__)


def rest_client(account_sid: str, auth_token: str, http: WireHttpClient) -> Any:
    """Returns the official client (twilio.rest.Client) which speaks through `http`."""
    return Client(account_sid, auth_token, http_client=http)


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
        limit = seconds_left(timeout or self.timeout or TIMEOUT)
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
            raise no_answer(writes) from error
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


def _encoded(fields: Mapping[str, object]) -> str:
    pairs = [
        (name, _wire_value(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list | tuple) else (value,))
    ]
    return urlencode(pairs)


def _wire_value(value: object) -> bytes:
    return (str(value).lower() if isinstance(value, bool) else str(value)).encode("utf-8", "replace")
