"""Asking for a consent: by the browser (authorisation code with PKCE, RFC 7636) or with a code (RFC 8628)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from hub.desk.signing_in.token_endpoint import ApplicationRefused, post, tokens_of
from hub.model.errors import Refused, Unavailable
from hub.model.sign_in_providers import PROVIDERS, Endpoints, challenge
from hub.store.consents_given import Application, Tokens

RETURN_PATH = "/channels/consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A consent that is being asked for: where the person goes, and what the answer must fit to."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A consent asked for with a code that the person types elsewhere; asked again every `interval` seconds."""

    url: str
    code: str
    device_code: str = field(repr=False)
    interval: int
    lasts_seconds: int


def ask(application: Application, redirect_uri: str, address: str) -> Asked:
    """Returns where to send the person who owns a mailbox."""
    provider = PROVIDERS[application.provider]
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    fields = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scope,
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "login_hint": address,
        **provider.more,
    }
    base = _where(application).authorize
    joined = "&" if urlsplit(base).query else "?"
    return Asked(url=f"{base}{joined}{urlencode(fields)}", state=state, verifier=verifier)


async def exchange(application: Application, code: str, verifier: str, redirect_uri: str, now: datetime) -> Tokens:
    """Returns the tokens for the code that the person came back with. Raises Refused and as `post`."""
    told = await post(
        _where(application).token,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            **_us(application),
        },
    )
    return _lasting(tokens_of(told, now))


async def ask_device(application: Application) -> Device:
    """Asks for a code to be typed elsewhere. Raises Refused where the provider has none for mail."""
    where, provider = _where(application), PROVIDERS[application.provider]
    if not where.device:
        raise Refused(
            f"{provider.name} gives no consent for mail by a code.",
            next_step="Connect the mailbox on the channels page.",
        )
    told = await post(where.device, {"client_id": application.client_id, "scope": provider.scope})
    url = told.get("verification_uri") or told.get("verification_url")
    words = {"url": url, "code": told.get("user_code"), "device_code": told.get("device_code")}
    if not all(isinstance(word, str) and word.isprintable() and word for word in words.values()):
        raise Unavailable("The sign-in provider gave no code.", next_step="Try again.")
    named = {name: str(word) for name, word in words.items()}
    return Device(**named, interval=_seconds(told, "interval", 5), lasts_seconds=_seconds(told, "expires_in", 900))


async def poll_device(application: Application, device_code: str, now: datetime) -> Tokens:
    """Returns the tokens once the person has typed the code. Raises NotYet before, ConsentEnded where they refused."""
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": device_code,
        "client_id": application.client_id,
    }
    if application.secret:
        fields["client_secret"] = application.secret
    return _lasting(tokens_of(await post(_where(application).token, fields), now))


async def renew(application: Application, refresh: str, now: datetime) -> Tokens:
    """Returns the next tokens. Raises as `post`."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh, **_us(application)}
    return tokens_of(await post(_where(application).token, fields), now)


def account_of(tokens: Tokens, address: str) -> str:
    """Returns who gave the consent where that is not the mailbox itself, else an empty text."""
    return tokens.account if tokens.account and tokens.account.lower() != address.lower() else ""


def _where(application: Application) -> Endpoints:
    return PROVIDERS[application.provider].at(application.tenant, application.endpoints)


def _us(application: Application) -> dict[str, str]:
    us = {"client_id": application.client_id}
    return us | ({"client_secret": application.secret} if application.secret else {})


def _lasting(tokens: Tokens) -> Tokens:
    if not tokens.refresh:
        raise ApplicationRefused(
            "The consent would end within the hour: the provider gave no refresh token.",
            next_step="Give consent again with every box ticked; at Google remove the hub's old access first"
            " (myaccount.google.com/permissions).",
        )
    return tokens


def _seconds(told: dict[str, Any], name: str, fallback: int) -> int:
    value = told.get(name)
    return min(value, 3600) if isinstance(value, int) and value > 0 else fallback
