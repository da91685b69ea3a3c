"""Signing in by consent (OAuth 2.0): asking for one, keeping it alive, lending its token to the channels."""

from hub.desk.signing_in.asking import RETURN_PATH, Asked, Device, account_of, ask, ask_device, exchange, poll_device
from hub.desk.signing_in.lending import Lender
from hub.desk.signing_in.token_endpoint import ConsentEnded, NotYet

__all__ = [
    "RETURN_PATH",
    "Asked",
    "ConsentEnded",
    "Device",
    "Lender",
    "NotYet",
    "account_of",
    "ask",
    "ask_device",
    "exchange",
    "poll_device",
]
