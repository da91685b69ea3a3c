"""The log: one line an event on standard error, for people or machines; secrets are hidden, addresses are masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "***"
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

_secrets: set[str] = set()


def hide(values: Iterable[str]) -> None:
    """Registers values that must never be logged; shorter than 6 characters they would blot out ordinary words."""
    _secrets.update(value for value in values if len(value) >= 6)


def configure(level: str = "info", *, json: bool = False, stream: TextIO | None = None) -> None:
    """Sends structlog's and the standard library's log to `stream` (default standard error), scrubbed."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    target = stream or sys.stderr
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                scrub_event,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def scrub_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides secrets and masks addresses in every value of a log event, as a structlog processor."""
    return {key: _scrub_value(key, value) for key, value in event.items()}


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
