"""Requests of persons about their data: what they may ask for, and what becomes of a request."""

from __future__ import annotations

from enum import StrEnum


class RequestKind(StrEnum):
    """What somebody asks for (GDPR articles 15 to 21); `copy` is to take their data elsewhere."""

    ACCESS = "access"
    COPY = "copy"
    CORRECTION = "correction"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    ERASURE = "erasure"


class RequestState(StrEnum):
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
