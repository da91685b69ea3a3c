"""What every call to Twilio shares: where it is, how long it may take, and its failures in the hub's words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from twilio.base.exceptions import TwilioException

from channels.twilio_wire import codes
from hub.model.errors import ChannelBroken, Rejected, SendError, Temporary, Unknown

TIMEOUT = 10.0
TWILIO = "https://api.twilio.com"

# What reading a list or a record may end with: refused, unreachable, or an answer that is no Twilio answer.
READING_FAILED = (SendError, TwilioException, ValueError, TypeError, KeyError, AttributeError)

_log = logging.getLogger(__name__)
_deadline: ContextVar[datetime | None] = ContextVar("twilio_deadline", default=None)


@contextmanager
def before(deadline: datetime) -> Iterator[None]:
    """Lets no request of this task begin at or after the deadline, nor wait for an answer beyond it."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left(limit: float) -> float:
    """Returns how long a request may take, at most `limit`. Raises Temporary where its time is over."""
    deadline = _deadline.get()
    if deadline is None:
        return limit
    left = (deadline - datetime.now(UTC)).total_seconds()
    if left <= 0:
        raise Temporary("The time for sending was over before the request began; nothing was sent.", phase="deadline")
    return min(limit, left)


def authorization(account_sid: str, auth_token: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(account_sid, auth_token)}


def failure(status: int, headers: Mapping[str, str], text: str, *, writes: bool) -> SendError:
    """Turns an answer of 300 or above into the hub's error; `writes` says whether it may have made something."""
    code, said = _told(text)
    sentence = codes.meaning(code).sentence or said or f"Twilio answered {status}."
    if status == 429:
        return Temporary(sentence, provider_code=code or "429", phase="answer", retry_after=_retry_after(headers))
    if status in {401, 403} or codes.meaning(code).ours:
        return ChannelBroken(sentence, provider_code=code or str(status), phase="answer")
    if status < 400:
        return ChannelBroken(f"The base address answered with a redirect ({status}); correct base_url.", phase="answer")
    if status < 500:
        return Rejected(sentence, provider_code=code or str(status), phase="answer", opted_out=code == codes.OPTED_OUT)
    return no_answer(writes, status)


def no_answer(writes: bool, status: int | None = None) -> SendError:
    """Returns what is not known where no answer came that says it."""
    what = f"Twilio answered {status}" if status else "Twilio did not answer in time"
    if writes:
        return Unknown(f"{what} after the request was written.", provider_code=str(status or ""), phase="answer")
    return Temporary(f"{what}.", provider_code=str(status or ""), phase="answer")


def _told(text: str) -> tuple[str, str]:
    try:
        answer = json.loads(text)
    except ValueError:
        return "", ""
    if not isinstance(answer, dict):
        return "", ""
    code = answer.get("code")
    return (str(code) if code else ""), str(answer.get("message") or "")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Reads seconds, or a date relative to the answer's own Date (RFC 9110 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (ValueError, TypeError, KeyError):
        _log.warning("Twilio's Retry-After could not be read")
        return None
