"""The official client over an exchange: what is asked now and then, in its own words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels.twilio_wire.exchange import Exchange, encoded
from channels.twilio_wire.wire import TIMEOUT, TWILIO, authorization, seconds_left

_log = logging.getLogger(__name__)


def rest_client(account_sid: str, auth_token: str, http: WireHttpClient) -> Any:
    """Returns the official client (twilio.rest.Client) which speaks through `http`."""
    return Client(account_sid, auth_token, http_client=http)


class WireHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """Carries the official client's requests, to Twilio or to a stand-in at `base_url`.

    Raises SendError subclasses itself, because the client's own exceptions lose the headers (Retry-After) and do not
    tell whether the request had been written.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str = TWILIO,
        timeout: float = TIMEOUT,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(_log, is_async=True, timeout=timeout)
        self._exchange = exchange or Exchange(session, base_url=base_url)

    @property
    def clock_offset(self) -> timedelta | None:
        """How far this machine's clock was ahead of Twilio's at its last answer; None before one."""
        return self._exchange.clock_offset

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
        status, answered, text = await self._exchange.ask(
            method.upper(),
            self._exchange.address(uri, params),
            encoded(data).encode() if data else None,
            {**(headers or {}), **(authorization(*auth) if auth else {})},
            seconds_left(timeout or self.timeout or TIMEOUT),
        )
        return Response(status, text, answered)
