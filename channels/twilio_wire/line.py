"""An open way to one Twilio account: its exchange, the official client and the reader of its media."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

import aiohttp

from channels.twilio_wire.exchange import Exchange
from channels.twilio_wire.media import MediaReader
from channels.twilio_wire.settings import Account


class Line:
    """Opened by its first use, closed once; open again after that."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.media = MediaReader(account)
        self._session: aiohttp.ClientSession | None = None
        self._exchange: Exchange | None = None
        self._client: Any = None

    @property
    def clock_offset(self) -> timedelta | None:
        """How far this machine's clock was ahead of Twilio's at its last answer; None before one."""
        return self._exchange.clock_offset if self._exchange else None

    async def create(self, resource: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """Makes one of the account's resources ("Messages"), `fields` as Twilio names them. Returns what was made.

        Raises Temporary, ChannelBroken, Rejected or Unknown.
        """
        account = (self.account.account_sid, self.account.auth_tokens[0])
        return await self._open().create(account, resource, fields)

    async def client(self) -> Any:
        """Returns the official client (twilio.rest.Client) of this account."""
        if self._client is not None:
            return self._client
        # The official client brings requests and urllib3; no start waits for them.
        await asyncio.to_thread(import_module, "channels.twilio_wire.client")
        from channels.twilio_wire.client import WireHttpClient, rest_client

        exchange = self._open()
        if self._client is None and self._session is not None:
            http = WireHttpClient(self._session, exchange=exchange)
            self._client = rest_client(self.account.account_sid, self.account.auth_tokens[0], http)
        return self._client

    def _open(self) -> Exchange:
        if self._exchange is None:
            # The lane says how many at once; Twilio's cookies are nobody's concern, and cost a tenth of a request.
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._exchange = Exchange(self._session, base_url=self.account.base_url)
        return self._exchange

    async def close(self) -> None:
        session, self._session, self._exchange, self._client = self._session, None, None, None
        if session is not None:
            await session.close()
        await self.media.close()
