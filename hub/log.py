"""The log: one line an event on standard error, for people or machines; secrets are hidden, addresses are masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from json import dumps as json_of
from typing import Any, TextIO

HIDDEN = "***"
# The id of the request that is being answered; it stands on every line that is written meanwhile.
REQUEST: ContextVar[str] = ContextVar("request", default="")
# Their debug lines carry whole commands (aioimaplib: the login) and bodies (twilio).
_TALKATIVE = (
    "aioimaplib",
    "alembic",
    "aiosmtplib",
    "mail.log",
    "twilio",
    "urllib3",
    "asyncio",
    "sqlalchemy",
    "aiosqlite",
    "apscheduler",
)
_SECRET_KEY = re.compile(
    r"passw|passwd|secret|token|authorization|cookie|api_?key|credential|private_?key|signature|session_?id|csrf|otp\b",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    # A header to the end of its line; name=value in forms and addresses; name: value in JSON and reprs.
    (
        re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-twilio-signature)(['\"]?\s*[:=]\s*)[^\r\n]+"),
        rf"\1\2{HIDDEN}",
    ),
    (
        re.compile(
            r"(?i)\b(\w{0,30}(?:password|passwd|secret|token|api_?key)\w{0,30})(['\"]?\s*[:=]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s&,;'\"}\])]+)"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,30}://)[^\s/@'\"]{1,300}@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # A Twilio auth token or API secret: 32 letters or digits on their own (a sid carries its two-letter prefix).
    (re.compile(r"\b[0-9a-f]{32}\b"), HIDDEN),
)
# Every repetition is bounded: a long line costs linear time.
_EMAIL = re.compile(r"([\w+.%-])[\w+.%'-]{0,64}?(@|%40)([\w-]{1,63}(?:\.[\w-]{1,63})+)")
_PHONE = re.compile(r"(\+|%2B)(\d[\d ().-]{5,22}\d)(?!\d)", re.IGNORECASE)

_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})
_ODD = re.compile(r"[\s=\"']")
_PLAIN = "\x1b[0m"
_COLOURS = {"critical": "\x1b[1;31m", "error": "\x1b[1;31m", "warning": "\x1b[33m", "info": "\x1b[32m"}
_secrets: set[str] = set()


def hide(values: Iterable[str]) -> None:
    """Registers values that must never be logged; shorter than 6 characters they would blot out ordinary words."""
    _secrets.update(value for value in values if len(value) >= 6)


def configure(level: str = "info", *, json: bool = False, stream: TextIO | None = None) -> None:
    """Sends every log to `stream` (default standard error), scrubbed: lines for people, or one JSON object a line."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(_Objects() if json else _Lines(in_colour=target.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class _Objects(logging.Formatter):
    """One JSON object a line: event, what `extra` says of it, request, logger, level, timestamp, exception, stack."""

    def format(self, record: logging.LogRecord) -> str:
        return json_of(self.told(record))

    def told(self, record: logging.LogRecord) -> dict[str, Any]:
        """Returns what a record says, scrubbed."""
        own = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
        request = {"request": REQUEST.get()} if REQUEST.get() else {}
        event = {
            "event": record.getMessage(),
            **own,
            **request,
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            event["stack"] = self.formatStack(record.stack_info)
        return {key: _scrub_value(key, value) for key, value in event.items()}


class _Lines(_Objects):
    """Lines for people, with the trace of an exception below; in colour on a terminal."""

    def __init__(self, *, in_colour: bool) -> None:
        super().__init__()
        self._colours = _COLOURS if in_colour else {}

    def format(self, record: logging.LogRecord) -> str:
        told = self.told(record)
        below = [told.pop(key) for key in ("stack", "exception") if key in told]
        moment, level, event, logger = (told.pop(key) for key in ("timestamp", "level", "event", "logger"))
        colour = self._colours.get(level, "")
        own = "".join(f" {key}={_shown(value)}" for key, value in sorted(told.items()))
        line = f"{moment} [{colour}{level:<9}{_PLAIN if colour else ''}] {event:<30} [{logger}]{own}"
        return "\n".join((line, *below))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value and not _ODD.search(value) else repr(value)


def scrub(text: str) -> str:
    """Returns a text with secrets, credentials and tokens hidden, mail addresses and phone numbers masked."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    text = _EMAIL.sub(rf"\1{HIDDEN}\2\3", text)
    return _PHONE.sub(_masked_phone, text)


def _masked_phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[2])
    if len(digits) < 7:
        return match[0]
    kept = 4 if len(digits) > 10 else 2
    return f"{match[1]}{digits[:kept]}{HIDDEN}{digits[-kept:]}"


def _scrub_value(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _SECRET_KEY.search(key):
        return HIDDEN
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _scrub_value(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrub_value("", inner) for inner in value]
    return scrub(value if isinstance(value, str) else str(value))
