"""Recordings that callers hear: kept as blobs, named, and handed to the provider by an address that ends by itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from hub.model.errors import NotFound
from hub.store import blobs
from hub.store.keys import Keys
from hub.store.tables import CallSoundRow
from hub.store.upsert import upsert

# A call is led through its flow within hours (the provider ends it after 4); the provider keeps what it fetched by its
# address, so addresses of one hour are the same.
GOOD_FOR = timedelta(hours=6)
_STEP = 3_600
_SALT = b"call-sound/1/"
_PROOF_BYTES, _PROOF_LENGTH = 12, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A recording; `content_type`: audio/mpeg or audio/wav."""

    name: str
    title: str
    sha256: str
    size: int
    content_type: str
    added_at: datetime
    added_by: str


_ALL = tuple(getattr(CallSoundRow, name) for name in Sound.__slots__)


def every(conn: Connection) -> list[Sound]:
    """Returns every recording, by name."""
    return [Sound(**row._mapping) for row in conn.execute(select(*_ALL).order_by(CallSoundRow.name))]


def get(conn: Connection, name: str) -> Sound:
    """Returns a recording. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(CallSoundRow.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"There is no recording {name!r}.")
    return Sound(**row._mapping)


def keep(conn: Connection, sound: Sound) -> None:
    """Keeps a recording whose blob is stored, in place of the one of this name."""
    before = conn.scalar(select(CallSoundRow.sha256).where(CallSoundRow.name == sound.name))
    if before != sound.sha256:
        blobs.refer(conn, [(sound.sha256, sound.size)], sound.added_at)
        if before:
            blobs.release(conn, [before])
    upsert(conn, CallSoundRow, ("name",), [{name: getattr(sound, name) for name in Sound.__slots__}])


def remove(conn: Connection, name: str) -> None:
    """Removes a recording. Raises NotFound."""
    sound = get(conn, name)
    conn.execute(delete(CallSoundRow).where(CallSoundRow.name == name))
    blobs.release(conn, [sound.sha256])


def names_in(definition: Mapping[str, Any]) -> set[str]:
    """Returns the names of the recordings that a call flow plays."""
    steps = definition.get("steps", {}).values()
    played = {str(name) for step in steps for name in (step.get("sounds") or {}).values()}
    return played | {str(step["music"]) for step in steps if step.get("music")}


def named_in(conn: Connection, definition: Mapping[str, Any]) -> dict[str, str]:
    """Returns the SHA-256 of each recording that a call flow plays and that is there, by its name."""
    wanted = names_in(definition)
    if not wanted:
        return {}
    rows = conn.execute(select(CallSoundRow.name, CallSoundRow.sha256).where(CallSoundRow.name.in_(sorted(wanted))))
    return {row.name: row.sha256 for row in rows}


def token(keys: Keys, name: str, sha256: str, now: datetime) -> str:
    """Returns what stands behind /sounds/: a proof, the end, and which bytes of which recording."""
    until = (int((now + GOOD_FOR).timestamp()) // _STEP + 1) * _STEP
    said = f"{until:x}-{sha256[:16]}-{name}"
    return f"{_proof(keys, said)}{said}"


def read(conn: Connection, keys: Keys, written: str, now: datetime) -> Sound | None:
    """Returns the recording of a token; None for one that the hub never made, that has ended, or of other bytes."""
    proof, said = written[:_PROOF_LENGTH], written[_PROOF_LENGTH:]
    try:
        given, expected = (base64.urlsafe_b64decode(each) for each in (proof.encode("ascii"), _proof(keys, said)))
        until, sha256, name = said.split("-", 2)
        ends = datetime.fromtimestamp(int(until, 16), UTC)
    except (ValueError, binascii.Error, OverflowError, OSError):
        return None
    if not hmac.compare_digest(given, expected) or now >= ends:
        return None
    row = conn.execute(select(*_ALL).where(CallSoundRow.name == name)).one_or_none()
    return Sound(**row._mapping) if row is not None and row.sha256.startswith(sha256) else None


def _proof(keys: Keys, said: str) -> str:
    made = hmac.new(keys.links, _SALT + said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:_PROOF_BYTES]).decode()
