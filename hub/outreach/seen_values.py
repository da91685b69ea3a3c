"""What the gates see of others, and what they answer."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Any

from hub.model.bases import Basis
from hub.model.outbound import State
from hub.model.value import value

# What a message is about goes on later, and the message with it.
PAUSED = "paused"


@value(kw_only=True)
class Suppression:
    """An address not to be written to; `purpose` empty = for anything, `channel` empty = from any sender."""

    purpose: str
    channel: str
    reason: str
    since: datetime


@value(kw_only=True)
class Consent:
    """The newest word of an address; `basis`: what it rests on (hub.model.bases)."""

    granted: bool
    at: datetime
    source: str
    basis: str = Basis.CONSENT


@value(kw_only=True)
class Event:
    """What a reminder is about, as it is now."""

    revision: int
    starts_at: datetime
    state: str


@value(kw_only=True)
class Refusal:
    """Why a message does not go out now: its next state, a reason of `hub.outreach.reasons`, and the values seen.

    `until`: when to ask again, for `held`. `plan_again`: another message about the same thing may take its place.
    """

    state: State
    reason: str
    until: datetime | None = None
    values: dict[str, Any] = field(default_factory=dict)
    plan_again: bool = False
