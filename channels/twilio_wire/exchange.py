"""Requests to Twilio over one aiohttp session: sent once, failures in the hub's words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import aiohttp
import orjson
from multidict import CIMultiDict
from yarl import URL

from channels.twilio_wire.wire import TIMEOUT, TWILIO, authorization, failure, no_answer, seconds_left
from hub.model.errors import Temporary, Unknown

_log = logging.getLogger(__name__)
_VERSION = "2010-04-01"


class Exchange:
    """Asks Twilio, or a stand-in at `base_url`.

    `create` is for what is sent by the thousand: the official client takes as long for a message as the request itself.
    """

    def __init__(self, session: aiohttp.ClientSession, *, base_url: str = TWILIO) -> None:
        self._session = session
        self._base = URL(base_url)
        self.clock_offset: timedelta | None = None

    async def ask(
        self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str], limit: float
    ) -> tuple[int, Mapping[str, str], str]:
        """Sends one request, once; returns status, headers and text of what it answered with success.

        `limit`: seconds. Raises Temporary, ChannelBroken, Rejected or Unknown.
        """
        writes = method != "GET"
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=_patience(limit), allow_redirects=False
            ) as answer:
                text = (await answer.read()).decode(errors="replace")
                status, answer_headers = answer.status, answer.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            said = "Twilio could not be reached; nothing was sent." if writes else "Twilio could not be reached."
            raise Temporary(said, phase="connect") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise no_answer(writes) from error
        if (theirs := _moment(answer_headers.get("Date", ""))) is not None:
            self.clock_offset = datetime.now(UTC) - theirs
        _log.debug("twilio answered", extra={"method": method, "status": status})
        if status >= 300:
            raise failure(status, answer_headers, text, writes=writes)
        return status, answer_headers, text

    async def create(self, account: tuple[str, str], resource: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """Makes one of an account's resources ("Messages"); `fields` as Twilio names them. Returns what was made.

        `account`: its SID and a token. Raises Temporary, ChannelBroken, Rejected or Unknown.
        """
        limit = seconds_left(TIMEOUT)
        url = _collection(self._base, account[0], resource)
        _, _, text = await self.ask("POST", url, encoded(fields).encode(), _headers(*account), limit)
        try:
            made = orjson.loads(text)
        except ValueError as error:
            raise Unknown("Twilio's answer could not be read.", phase="answer") from error
        if not isinstance(made, dict) or not made.get("sid"):
            raise Unknown("Twilio's answer named nothing that was made.", phase="answer")
        return made

    def address(self, uri: str, params: Mapping[str, object] | None) -> URL:
        """Returns the address under the base for one that names Twilio's own host."""
        url = URL(uri, encoded=True)
        query = url.raw_query_string or (encoded(params) if params else "")
        path = self._base.raw_path.rstrip("/") + url.raw_path
        return URL(f"{self._base.origin()}{path}{'?' if query else ''}{query}", encoded=True)


def encoded(fields: Mapping[str, object]) -> str:
    """Returns fields as a form; a list is a field that comes several times."""
    pairs = [
        (name, _written(each))
        for name, value in fields.items()
        for each in (value if isinstance(value, list | tuple) else (value,))
    ]
    # A quarter of the time that urllib takes for it.
    return URL.build(query=pairs).raw_query_string


def _written(value: object) -> str:
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return said if said.isascii() else said.encode("utf-8", "replace").decode()


@lru_cache(maxsize=64)
def _collection(base: URL, account_sid: str, resource: str) -> URL:
    path = f"{base.raw_path.rstrip('/')}/{_VERSION}/Accounts/{account_sid}/{resource}.json"
    return URL(f"{base.origin()}{path}", encoded=True)


@lru_cache(maxsize=64)
def _headers(account_sid: str, auth_token: str) -> CIMultiDict[str]:
    return CIMultiDict(
        {
            **authorization(account_sid, auth_token),
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
    )


@lru_cache(maxsize=8)
def _patience(limit: float) -> aiohttp.ClientTimeout:
    # Connecting gets half, so that a failure to connect is always told apart from a lost answer.
    return aiohttp.ClientTimeout(total=limit, connect=limit / 2)


# A second's answers bear the same date (RFC 9110 6.6.1).
@lru_cache(maxsize=8)
def _moment(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is not None else None
