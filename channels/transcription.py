"""Recordings written down by a server of one's own choice: the audio is posted to it, its JSON answer read.

The form is that of OpenAI's audio/transcriptions, which whisper.cpp, faster-whisper and others offer as well: the parts
`file`, `language` and, where it is set, `model`; the answer is an object with `text`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from channels.base import Context, Settings
from hub.model.errors import ChannelBroken, ConfigurationError, Rejected, Temporary
from hub.model.problem import Problem, Severity

_TIMEOUT = aiohttp.ClientTimeout(total=300, connect=10)
_LARGEST_ANSWER = 1 << 20
_LONGEST = 100_000
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ENDINGS = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}


class PostedTranscription:
    """Settings: `url`; optional `token` (sent as a bearer), `model`, `private` (true: it is in a private network).

    A plain http address is taken on this machine, and in a private network where that is said.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._url = str(settings.get("url", "") or "").strip()
        self._token = str(settings.get("token", "") or "").strip()
        self._model = str(settings.get("model", "") or "").strip()
        self._private = settings.get("private", False) is True
        parts = urlsplit(self._url)
        self._here = parts.hostname in _LOOPBACK
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ConfigurationError(f"Channel {name}: url must be a web address as https://speech.example.com/asr.")
        if parts.scheme == "http" and not (self._here or self._private):
            raise ConfigurationError(
                f"Channel {name}: url must begin with https://, for customers' voices travel there.",
                next_step="Set private = true where the server is in a network of your own.",
            )
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Connects with the first recording."""

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def check(self) -> Sequence[Problem]:
        try:
            await self._guard()
        except (Rejected, Temporary) as error:
            return (
                Problem(
                    code="transcription_unreachable",
                    severity=Severity.ERROR,
                    where=self.name,
                    message=error.message,
                    mend="Correct url, or start the server there.",
                ),
            )
        return ()

    async def transcribe(self, content: bytes, content_type: str, language: str) -> str:
        """Posts a recording and returns what was said in it. Raises Temporary, Rejected or ChannelBroken."""
        await self._guard()
        form = aiohttp.FormData()
        kind = content_type.partition(";")[0].strip().lower()
        form.add_field("file", content, filename=f"recording.{_ENDINGS.get(kind, 'bin')}", content_type=kind)
        for field, value in (("language", language.partition("-")[0]), ("model", self._model)):
            if value:
                form.add_field(field, value)
        self._session = self._session or aiohttp.ClientSession()
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
        try:
            # A redirect would lead the recording, and the token, somewhere else.
            async with self._session.post(
                self._url, data=form, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as answer:
                body = await answer.content.read(_LARGEST_ANSWER + 1)
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Temporary("The server that writes recordings down does not answer.", phase="connect") from error
        return _text(status, body)

    async def _guard(self) -> None:
        """Raises Rejected for an address in our own network, unless it was set so; Temporary where it has none."""
        if self._here or self._private:
            return
        host, port = urlsplit(self._url).hostname or "", urlsplit(self._url).port or 443
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Temporary(f"{host} has no address now.", phase="connect") from error
        if any(not ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_global for each in found):
            raise Rejected(f"{host} is in a private network; set private = true where that is meant.", phase="guard")


def _text(status: int, body: bytes) -> str:
    if status in {401, 403}:
        raise ChannelBroken("The server that writes recordings down does not accept the token.", phase="answer")
    if status == 429 or status >= 500:
        raise Temporary(f"The server that writes recordings down answered {status}.", provider_code=str(status))
    if status >= 300:
        raise Rejected(f"The server that writes recordings down answered {status}.", provider_code=str(status))
    try:
        told = json.loads(body) if len(body) <= _LARGEST_ANSWER else None
    except ValueError:
        told = None
    text = told.get("text") if isinstance(told, dict) else None
    if not isinstance(text, str):
        raise Rejected("The server that writes recordings down gave no answer with a text.", phase="answer")
    return text.strip()[:_LONGEST]
