"""What an adapter can tell: a contact, news of a message we sent, news of a call, a change of consent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hub.model.cart import Cart
from hub.model.contact import Attachment, InboundContact
from hub.model.identity import Identity
from hub.model.value import value


class DeliveryStatus(StrEnum):
    """How far an outbound message got; `rank` only rises."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {status: rank for rank, status in enumerate(DeliveryStatus)}


@value(kw_only=True)
class StatusUpdate:
    """News of a message we sent, found by the provider's reference, our own message id, or the address.

    `permanent` is the status class (5 or 4); `hard` says that the address itself is dead.
    """

    channel: str
    external_id: str
    status: DeliveryStatus
    reference: str = ""
    message: str = ""
    recipient: Identity | None = None
    code: str = ""
    reason: str = ""
    diagnostic: str = ""
    permanent: bool = False
    hard: bool = False
    opted_out: bool = False
    occurred_at: datetime


class CallStep(StrEnum):
    """`ringing` to `ended`: the call itself; `rung`: staff was rung in vain; `connected`: somebody of staff spoke.

    `queued` and `left_queue`: the caller waited for somebody of staff, and does so no more.
    """

    RINGING = "ringing"
    CHOSEN = "chosen"
    ANNOUNCED = "announced"
    RUNG = "rung"
    QUEUED = "queued"
    LEFT = "left_queue"
    CONNECTED = "connected"
    ANSWERED = "answered"
    ENDED = "ended"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"


class SpokenKey(StrEnum):
    """What a key means that is pressed after a message of ours."""

    CONFIRM = "1"
    CALL_BACK = "2"
    STOP = "9"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One step of one call; `call` is the provider's call id, `external_id` names this step once.

    A first event for an unknown call makes its interaction; later ones enrich it, in any order. `message`: the id of
    the message of ours that the call says; `placed`: the key under which staff asked for it; `ring`: the key under
    which staff's phone was rung for a queue.
    """

    channel: str
    call: str
    external_id: str
    step: CallStep
    caller: Identity
    called: Identity
    outbound: bool = False
    status: str = ""
    duration: int | None = None
    voicemail: bool = False
    recording: Attachment | None = None
    text: str = ""
    answered_by: str = ""
    message: str = ""
    placed: str = ""
    ring: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """A person withdrew or renewed consent outside a contact (a preference page, a provider's opt-out)."""

    channel: str
    external_id: str
    identity: Identity
    purpose: str
    granted: bool
    wording: str
    source: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CartTold:
    """What somebody has put together in a shop, each change of it, or its end; `identities`: whose it is, surest
    first.
    """

    channel: str
    identities: tuple[Identity, ...]
    name: str
    cart: Cart


ChannelEvent = InboundContact | StatusUpdate | CallEvent | ConsentChange | CartTold
