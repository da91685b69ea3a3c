"""A Twilio that runs here: the API for the official client, signed webhooks for the hub, phones for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from aiohttp import web

from hub.sandbox.twilio.control import Control
from hub.sandbox.twilio.exchange import Exchange, Ways
from hub.sandbox.twilio.rest import Rest
from hub.sandbox.twilio.state import Hooks

LOOPBACK = "127.0.0.1"
# Pictures and voicemails come in as base64.
_LARGEST = 40_000_000


class TwilioEmulator(Exchange):
    """An exchange that listens, on loopback only: `async with TwilioEmulator(...) as twilio: twilio.base_url`."""

    def __init__(
        self, account_sid: str, auth_token: str, numbers: Mapping[str, Hooks], *, port: int = 0, **ways: Unpack[Ways]
    ) -> None:
        super().__init__(account_sid, auth_token, numbers, **ways)
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens; `base_url` says where."""
        app = web.Application(client_max_size=_LARGEST)
        app.add_routes([*Rest(self).routes(), *Control(self).routes()])
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self._port)
        await site.start()
        self.base_url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> TwilioEmulator:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
