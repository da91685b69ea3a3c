"""The signed time at which a page with a form was opened: a machine answers too fast, an old page is not trusted."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# Nobody reads and fills in a form within two seconds; a page left open over night is sent once more.
FASTEST = timedelta(seconds=2)
LONGEST = timedelta(hours=24)


class Pace(StrEnum):
    """How long a page was open: as a person's, less, or more; UNKNOWN without a time of ours."""

    GOOD = "good"
    TOO_FAST = "too_fast"
    TOO_OLD = "too_old"
    UNKNOWN = "unknown"


def sign(key: bytes, slug: str, submission: str, now: datetime) -> str:
    """Returns the time as the page carries it, for this form and submission alone."""
    moment = str(int(now.timestamp() * 1000))
    return f"{moment}.{_digest(key, slug, submission, moment)}"


def pace_of(token: str, key: bytes, slug: str, submission: str, now: datetime) -> Pace:
    """Returns how long the page was open that sent this."""
    moment, _dot, digest = token.partition(".")
    expected = _digest(key, slug, submission, moment)
    if not hmac.compare_digest(digest.encode("utf-8", "replace"), expected.encode()) or not moment.isdecimal():
        return Pace.UNKNOWN
    age = now - datetime.fromtimestamp(int(moment) / 1000, UTC)
    if age > LONGEST:
        return Pace.TOO_OLD
    return Pace.TOO_FAST if age < FASTEST else Pace.GOOD


def _digest(key: bytes, slug: str, submission: str, moment: str) -> str:
    said = f"form/{slug}/{submission}/{moment}".encode("utf-8", "replace")
    return hmac.new(key, said, hashlib.sha256).hexdigest()
