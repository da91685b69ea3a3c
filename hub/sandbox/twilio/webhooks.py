"""Calls the hub as Twilio does: a signed form, at most 15 s, tried once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

import aiohttp
from multidict import MultiDict
from twilio.request_validator import RequestValidator

_log = logging.getLogger(__name__)

# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides: 15 s are the longest.
PATIENCE: Final = aiohttp.ClientTimeout(total=15)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Form = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said; `status` 0 = it could not be reached."""

    status: int
    content_type: str = ""
    body: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def verbs(self) -> list[ElementTree.Element]:
        """Returns the TwiML verbs; none where the answer is empty or no TwiML (Twilio's error 12100)."""
        if not self.ok or not self.body.strip():
            return []
        try:
            root = ElementTree.fromstring(self.body)  # noqa: S314 - the hub under trial answers, over loopback
        except ElementTree.ParseError:
            _log.warning("the hub's TwiML cannot be read (12100)")
            return []
        return list(root) if root.tag == "Response" else []


class Webhooks:
    """Posts to the hub, signed by the official library with the account's token."""

    def __init__(self, token: str, failed: Callable[[str], None] = lambda _url: None) -> None:
        self._validator = RequestValidator(token)
        self._session: aiohttp.ClientSession | None = None
        self._failed = failed

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post(self, url: str, form: Form) -> Answer:
        """Never raises: what goes wrong is an Answer with status 0, as Twilio only notes it in its log."""
        answer = await self._post(url, form) if url else Answer(0)
        if url and not answer.ok:
            self._failed(url)
        return answer

    async def _post(self, url: str, form: Form) -> Answer:
        if urlsplit(url).hostname not in _LOOPBACK:
            _log.warning("the sandbox calls nobody outside this machine: %s", urlsplit(url).hostname)
            return Answer(0)
        self._session = self._session or aiohttp.ClientSession()
        signature = self._validator.compute_signature(url, MultiDict(form))
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        try:
            async with self._session.post(
                url, data=aiohttp.FormData(list(form)), headers=headers, timeout=PATIENCE, allow_redirects=False
            ) as answer:
                return Answer(answer.status, answer.content_type, await answer.text(errors="replace"))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            _log.warning("the hub did not answer a webhook (11200): %s", type(error).__name__)
            return Answer(0)
