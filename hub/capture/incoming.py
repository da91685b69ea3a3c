"""What is handed to capture: one payload with all that was read from it, its bytes already stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.model.event import ChannelEvent
from hub.model.value import value
from hub.store.leases import Lease

# Small payloads stay in their row (one fsync fewer); larger ones are files.
INLINE_BYTES = 4_096
# So do ordinary ones that are stored by the page: a file of its own costs each of them more than all of its rows.
INLINE_IN_PAGE = 16_384
# Why a payload was not read yet: it is kept and read by itself, as it may take seconds.
LATER = "It is being read."
# The note of a payload that was taken in long after it came: it belongs to the history and asks for nothing any more.
HISTORIC = "historic"


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    size: int


@value(kw_only=True)
class Incoming:
    """One payload. `failure`: it could not be read, and why. `again`: its arrival is here already and is read anew.

    `files` holds, for each event, the stored file of each attachment (None = yet to be fetched) and, last, its HTML's.
    """

    channel: str
    key: str
    received_at: datetime
    events: tuple[ChannelEvent, ...] = ()
    files: tuple[tuple[StoredFile | None, ...], ...] = ()
    raw: bytes | None = field(default=None, repr=False)
    raw_file: StoredFile | None = None
    content_type: str = ""
    note: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    lease: Lease | None = None
    again: bool = False

    @property
    def state(self) -> str:
        """What its arrival is: read, not read yet, or not to be read by this version."""
        if self.failure:
            return "waiting" if self.failure == LATER else "quarantined"
        return "captured"
