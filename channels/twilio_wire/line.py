"""An open way to one Twilio account: the official client and the reader of its media."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import aiohttp

from channels.twilio_wire.media import MediaReader
from channels.twilio_wire.settings import Account

if TYPE_CHECKING:
    from channels.twilio_wire.client import WireHttpClient


class Line:
    """Opened by its first use, closed once; open again after that."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.media = MediaReader(account)
        self._session: aiohttp.ClientSession | None = None
        self._client: Any = None
        self._http: WireHttpClient | None = None

    @property
    def clock_offset(self) -> timedelta | None:
        """How far this machine's clock was ahead of Twilio's at its last answer; None before one."""
        return self._http.clock_offset if self._http else None

    async def client(self) -> Any:
        """Returns the official client (twilio.rest.Client) of this account."""
        if self._client is not None:
            return self._client
        # The official client brings requests and urllib3; no start waits for them.
        await asyncio.to_thread(import_module, "channels.twilio_wire.client")
        from channels.twilio_wire.client import WireHttpClient, rest_client

        if self._session is None:
            self._session = aiohttp.ClientSession()
            self._http = WireHttpClient(self._session, base_url=self.account.base_url)
            self._client = rest_client(self.account.account_sid, self.account.auth_tokens[0], self._http)
        return self._client

    async def close(self) -> None:
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()
        await self.media.close()
