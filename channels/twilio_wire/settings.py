"""The settings that texts and calls share, checked once, with one clear sentence where they are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from channels.twilio_wire.wire import TWILIO
from hub.model.errors import ConfigurationError

_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}\Z")
_SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}\Z")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_SENDER = re.compile(r"(\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11})\Z")

C = TypeVar("C", bound=StrEnum)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One Twilio account; the first of `auth_tokens` signs in, any of them may have signed a web request."""

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    base_url: str = TWILIO
    media_base: str = TWILIO

    @classmethod
    def read(cls, channel: str, settings: Mapping[str, Any]) -> Account:
        """Raises ConfigurationError naming the setting that is missing or wrong."""
        account_sid = text(channel, settings, "account_sid")
        if not _ACCOUNT_SID.match(account_sid):
            raise ConfigurationError(
                f"Channel {channel}: account_sid must be AC and 32 hexadecimal digits, as shown in the Twilio console."
            )
        base_url = _web_address(channel, settings, "base_url", TWILIO)
        return cls(
            account_sid=account_sid,
            auth_tokens=_tokens(channel, settings),
            base_url=base_url,
            media_base=_web_address(channel, settings, "media_base", base_url),
        )


def text(channel: str, settings: Mapping[str, Any], name: str) -> str:
    """Returns a setting that is text, empty when it is not given. Raises ConfigurationError."""
    value = settings.get(name) or ""
    if not isinstance(value, str):
        raise ConfigurationError(f"Channel {channel}: {name} must be text.")
    return value.strip()


def sender(channel: str, settings: Mapping[str, Any]) -> str:
    """Returns `from_number`, or '' where a Messaging Service chooses the sender."""
    value = text(channel, settings, "from_number")
    if value and not _SENDER.match(value):
        raise ConfigurationError(
            f"Channel {channel}: from_number must be a number as +14155550100, a short code or a sender name "
            "of at most 11 letters and digits."
        )
    return value


def service(channel: str, settings: Mapping[str, Any]) -> str:
    """Returns the Messaging Service's SID, if one is set. Raises ConfigurationError."""
    value = text(channel, settings, "messaging_service_sid")
    if value and not _SERVICE_SID.match(value):
        raise ConfigurationError(f"Channel {channel}: messaging_service_sid must be MG and 32 hexadecimal digits.")
    return value


def phone_number(channel: str, settings: Mapping[str, Any], name: str) -> str:
    """Returns a number in E.164, if one is set. Raises ConfigurationError."""
    value = text(channel, settings, name)
    if value and not _NUMBER.match(value):
        raise ConfigurationError(f"Channel {channel}: {name} must be a number as +14155550100.")
    return value


def _tokens(channel: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    given = settings.get("auth_tokens") or settings.get("auth_token") or ()
    tokens = given.split(",") if isinstance(given, str) else given
    if not isinstance(tokens, list | tuple) or not all(isinstance(token, str) for token in tokens):
        raise ConfigurationError(f"Channel {channel}: auth_tokens must be a list of texts.")
    tokens = tuple(token.strip() for token in tokens if token.strip())
    if not tokens:
        raise ConfigurationError(f"Channel {channel}: auth_tokens is empty; give the account's auth token.")
    return tokens


def _web_address(channel: str, settings: Mapping[str, Any], name: str, default: str) -> str:
    value = text(channel, settings, name).rstrip("/") or default
    try:
        parts = urlsplit(value)
        odd = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError:
        odd = True
    if odd:
        raise ConfigurationError(f"Channel {channel}: {name} must be a web address as https://api.twilio.com.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"Channel {channel}: {name} must begin with https:// (the auth token travels there).")
    return value


def switch(channel: str, settings: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """Returns a setting that is true or false. Raises ConfigurationError."""
    value = settings.get(name, default)
    if not isinstance(value, bool):
        raise ConfigurationError(f"Channel {channel}: {name} must be true or false.")
    return value


def choice(channel: str, settings: Mapping[str, Any], name: str, among: type[C]) -> C:
    """Returns a setting that is one of some words, the first where it is not given. Raises ConfigurationError."""
    value = text(channel, settings, name) or next(iter(among)).value
    try:
        return among(value)
    except ValueError:
        raise ConfigurationError(f"Channel {channel}: {name} must be one of {', '.join(among)}.") from None


def only_recalls(
    channel: str, settings: Mapping[str, Any], public_url: str, *, sandbox: bool, proven: bool = True
) -> bool:
    """Whether Twilio's lists are the only way in: `receive` is poll, or says nothing and no webhook can reach us.

    `receive`: poll, webhooks, or auto, which is poll where the hub has no public https address by which it has reached
    itself (`proven`), unless its Twilio is a stand-in on this machine. Raises ConfigurationError.
    """
    value = text(channel, settings, "receive") or "auto"
    if value not in {"auto", "poll", "webhooks"}:
        raise ConfigurationError(f"Channel {channel}: receive must be auto, poll or webhooks.")
    if sandbox:
        return False
    public = public_url.startswith("https://") and proven
    reachable = public or urlsplit(text(channel, settings, "base_url")).hostname in _LOOPBACK
    return value == "poll" or (value == "auto" and not reachable)


def wordings(channel: str, settings: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, str]]:
    """Returns words per kind and language, e.g. answers.help.en."""
    value = settings.get(name) or {}
    tables = value.values() if isinstance(value, Mapping) else [None]
    if not all(
        isinstance(table, Mapping) and all(isinstance(each, str) for each in table.values()) for table in tables
    ):
        raise ConfigurationError(
            f'Channel {channel}: {name} must be tables of texts by language, e.g. help.en = "...".'
        )
    return {str(kind): dict(table) for kind, table in value.items()}


def texts(channel: str, settings: Mapping[str, Any], name: str) -> Mapping[str, str]:
    """Returns texts by language, e.g. greetings.en."""
    value = settings.get(name) or {}
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        raise ConfigurationError(f'Channel {channel}: {name} must be texts by language, e.g. {name}.en = "...".')
    return dict(value)
