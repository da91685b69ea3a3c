"""What an account with a provider of numbers holds: its numbers, what they call, and pools of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# What a number calls, in the order in which pages show it: for a text, for a call, at the end of a call.
HOOKS = ("text", "call", "call_status")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """One number of an account. `sid`: the provider's name of it; `hooks`: what it calls now, '' where it calls nobody.

    `elsewhere`: what takes its texts or calls before its own hooks are asked, so that setting them changes nothing.
    """

    sid: str
    number: str
    name: str = ""
    texts: bool = False
    pictures: bool = False
    calls: bool = False
    hooks: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPool:
    """Numbers that send as one (Twilio: a Messaging Service). `hook`: what a text to any of them calls instead."""

    sid: str
    name: str
    numbers: Sequence[str] = ()
    hook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccount:
    """An account as it is now."""

    sid: str
    name: str = ""
    trial: bool = False
    numbers: Sequence[PhoneNumber] = ()
    pools: Sequence[NumberPool] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneLogin:
    """How one signs in to an account; `base_url` is another than the provider's own for a stand-in."""

    account_sid: str
    auth_token: str = field(repr=False)
    base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """What a number called before its hooks were written, and what it calls as it was read back afterwards."""

    number: str
    before: Mapping[str, str]
    after: Mapping[str, str]
