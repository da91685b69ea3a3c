"""What every adapter must keep: found in channels/ by itself, tried by what it can do, with a kit of its own.

A kit is one file, `tests/channels/kits/<module of the adapter>.py`, with `kit(lend, folder)`: an asynchronous context
that lends the settings, payloads and faults of a real stand-in.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import channels
from channels.base import Channel, Context, Raw, Request
from hub.model.outbound import Outgoing

NAME = "under_test"
CONTEXT = Context(public_url="https://hub.example.com", sandbox=True)
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
Lend = Callable[[str], Any]
MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong at a send, what must come of it, and with which settings and how much time."""

    arrange: Callable[[], object] = field(default=lambda: None)
    expected: type[Exception]
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What the suite needs to try one adapter.

    `wrong`: changes of the settings that must be refused (MISSING takes a setting out). `out_of_reach`: changes after
    which `check` has something to say. `requests` are authentic, `malformed` too, but cannot be read.
    `carts`: they tell carts, which are no interactions, and are signed over the body alone, not over the address.
    """

    settings: Mapping[str, Any]
    secrets: Sequence[str] = ()
    wrong: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    out_of_reach: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    requests: Sequence[Request] = ()
    malformed: Sequence[Raw | Request] = ()
    unknown_words: Sequence[Request] = ()
    deliver: Callable[[], object] | None = None
    outgoing: Outgoing | None = None
    faults: Mapping[str, Fault] = field(default_factory=dict)
    file: tuple[Path, Mapping[str, Any]] | None = None
    carts: bool = False


Maker = Callable[[Lend, Path], AbstractAsyncContextManager[Kit]]


def adapters() -> dict[str, type]:
    """Returns every adapter class in channels/, by its dotted path as the settings name it."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(channels.__path__, "channels."):
        loaded = importlib.import_module(module.name)
        for name, member in vars(loaded).items():
            if inspect.isclass(member) and member.__module__.startswith(module.name) and offers(member, Channel):
                found[f"{module.name}:{name}"] = member
    return found


def offers(adapter: type, capability: type) -> bool:
    """Says whether a class has the methods of a capability, and is not one itself."""
    promised = [name for name, member in vars(capability).items() if inspect.isfunction(member) and name[0] != "_"]
    return not getattr(adapter, "_is_protocol", False) and all(callable(getattr(adapter, n, None)) for n in promised)


def having(*capabilities: type) -> list[str]:
    """Returns the adapters that offer all of these capabilities."""
    return [path for path, adapter in adapters().items() if all(offers(adapter, each) for each in capabilities)]


def maker(path: str) -> Maker:
    """Returns what makes an adapter's kit. Raises AssertionError that says what to write."""
    module = path.partition(":")[0].removeprefix("channels.")
    try:
        made: Maker = importlib.import_module(f"tests.channels.kits.{module}").kit
    except ModuleNotFoundError:
        raise AssertionError(f"{path} has no kit: write tests/channels/kits/{module}.py") from None
    return made


def changed(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings with some changed, or taken out where a change is MISSING."""
    return {name: value for name, value in {**settings, **changes}.items() if value is not MISSING}


def is_one_sentence(text: str) -> bool:
    """Says whether a text is what a person reads in one go: one line, one full stop, at its end."""
    return text.endswith((".", "?", '."')) and "\n" not in text and len(text) < 400 and ". " not in text


def leaked(texts: Iterable[str], secrets: Sequence[str]) -> list[str]:
    """Returns the texts in which a secret can be read."""
    return [text for text in texts if any(secret in text for secret in secrets)]
