"""A provider's token endpoint (RFC 6749 sections 4.1.3, 5 and 6): asked by POST, its refusals told apart."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson

from hub.model.errors import ConfigurationError, Unavailable
from hub.store.consents_given import Tokens

SECONDS = 20
_LARGEST = 256 * 1024
# RFC 6749 section 5.1 only recommends `expires_in`.
_LASTS_AT_LEAST = 300
# Refusals that another try will not change (RFC 6749 section 5.2), and those of a consent that has ended.
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_FOR_NOW = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


class ConsentEnded(ConfigurationError):
    """The provider no longer takes the consent: somebody has to give it again."""

    code = "oauth_ended"


class NotYet(Unavailable):
    """The person has not answered yet; `slower`: ask less often (RFC 8628 section 3.5)."""

    def __init__(self, *, slower: bool) -> None:
        super().__init__("The consent was not given yet.")
        self.slower = slower


class ApplicationRefused(ConfigurationError):
    """The provider does not take the registration, or what it asks for."""

    code = "oauth_application"


async def post(url: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Returns what an endpoint answers. Raises ConsentEnded, ApplicationRefused, NotYet and Unavailable."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.post(
                url, data=dict(fields), headers={"Accept": "application/json"}, allow_redirects=False
            ) as response,
        ):
            said = await _at_most(response, _LARGEST)
            status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unavailable(
            f"The sign-in provider does not answer: {str(error) or type(error).__name__}.",
            next_step="The hub tries again by itself.",
        ) from error
    try:
        told = orjson.loads(said)
    except orjson.JSONDecodeError:
        told = None
    if isinstance(told, dict) and status == 200 and "error" not in told:
        return told
    raise _refusal(status, told if isinstance(told, dict) else {})


def tokens_of(told: Mapping[str, Any], now: datetime) -> Tokens:
    """Returns the tokens of an answer. Raises Unavailable where it holds none."""
    access = told.get("access_token")
    if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
        raise Unavailable("The sign-in provider answered without a token.", next_step="The hub tries again by itself.")
    lasts = told.get("expires_in")
    seconds = int(lasts) if isinstance(lasts, int | float | str) and str(lasts).isdecimal() else _LASTS_AT_LEAST
    refresh = told.get("refresh_token")
    return Tokens(
        access=access,
        refresh=refresh if isinstance(refresh, str) else "",
        expires_at=now + timedelta(seconds=min(seconds, 30 * 24 * 3600)),
        scope=str(told.get("scope", ""))[:1000],
        account=_account(told.get("id_token")),
    )


async def _at_most(response: aiohttp.ClientResponse, size: int) -> bytes:
    read = bytearray()
    async for piece in response.content.iter_any():
        read += piece
        if len(read) > size:
            raise ValueError("the answer is too large")
    return bytes(read)


def _refusal(status: int, told: Mapping[str, Any]) -> ConfigurationError | Unavailable:
    error = str(told.get("error", ""))[:100]
    # Microsoft writes traces and times into the lines after the first.
    first = next(iter(str(told.get("error_description", "")).splitlines()), "")[:300]
    said = f"{error}: {first}".strip(": ").rstrip(".")
    if error in ("authorization_pending", "slow_down"):
        return NotYet(slower=error == "slow_down")
    if error in _ENDED:
        return ConsentEnded(
            f"The sign-in provider no longer takes the consent: {said}.",
            next_step="Connect the channel again, on the channels page.",
        )
    if status >= 500 or status == 429 or error in _FOR_NOW or not error:
        return Unavailable(
            f"The sign-in provider gives no token now: {said or status}.", next_step="The hub tries again by itself."
        )
    return ApplicationRefused(
        f"The sign-in provider refuses: {said}.", next_step="Compare the registration with the provider's console."
    )


def _account(id_token: object) -> str:
    """Returns the address in an ID token. It came from the token endpoint itself, over TLS, so that its signature need
    not be checked (OpenID Connect Core 1.0, section 3.1.3.7); nothing is decided by it.
    """
    parts = id_token.split(".") if isinstance(id_token, str) and len(id_token) < 64_000 else []
    if len(parts) != 3:
        return ""
    try:
        claims = orjson.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return ""
    named = claims.get("email") or claims.get("preferred_username") if isinstance(claims, dict) else ""
    return named[:254] if isinstance(named, str) and named.isprintable() else ""
