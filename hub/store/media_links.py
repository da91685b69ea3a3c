"""Links to the files of a text: its provider fetches them by an address that proves itself and ends by itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.store.keys import Keys
from hub.store.tables import MessageRow

# A text may wait ten hours at Twilio before it leaves (ValidityPeriod), and its files with it.
GOOD_FOR = timedelta(hours=12)
_SALT = b"text-media/1/"
_PROOF_BYTES, _PROOF_LENGTH = 12, 16


def token(keys: Keys, message_id: int, position: int, until: datetime) -> str:
    """Returns what stands behind /m/: 96 bits of HMAC-SHA256, then the message, the file's place in it, the end."""
    said = f"{message_id:x}-{position:x}-{int(until.timestamp()):x}"
    return f"{_proof(keys, said)}{said}"


def read(conn: Connection, keys: Keys, written: str, now: datetime) -> Mapping[str, Any] | None:
    """Returns the file of a token: sha256, size, filename, content_type.

    None for a token that this hub never made, one that has ended, and a file that is not there any more.
    """
    proof, said = written[:_PROOF_LENGTH], written[_PROOF_LENGTH:]
    try:
        given = base64.urlsafe_b64decode(proof.encode("ascii"))
        expected = base64.urlsafe_b64decode(_proof(keys, said))
        if not hmac.compare_digest(given, expected):
            return None
        message_id, position, until = (int(each, 16) for each in said.split("-"))
    except (ValueError, binascii.Error):
        return None
    if now >= datetime.fromtimestamp(until, UTC):
        return None
    content = conn.scalar(select(MessageRow.content).where(MessageRow.id == message_id))
    kept = content or {}
    files = [*(kept.get("attachments") or ()), *(kept.get("enclosed") or ())]
    return files[position] if position < len(files) else None


def _proof(keys: Keys, said: str) -> str:
    made = hmac.new(keys.links, _SALT + said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:_PROOF_BYTES]).decode()
