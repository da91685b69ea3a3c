"""The fields of our own in a hook's address; the provider's signature covers them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

# The step that a call comes from, the language it goes on in, how often a menu was said, whose turn it is to be rung,
# whether it goes on unrecorded.
STEP, LANGUAGE, AGAIN, TURN, UNRECORDED = "step", "lang", "again", "turn", "unrecorded"
# Of a call that staff asked for: whom it is to be connected with, and the key of the asking.
CUSTOMER, PLACED = "customer", "placed"
# Of a phone of staff that rings for a queue: the key of the ringing, and its number.
RING, STAFF = "ring", "staff"
# Of a call that says a message of ours: its id, and which attempt of it this is; as in the address of a text's status.
MESSAGE, ATTEMPT = "m", "a"


def with_fields(address: str, given: Mapping[str, object]) -> str:
    """Returns the address with the fields that say something."""
    said = {name: value for name, value in given.items() if value != ""}
    return f"{address}?{urlencode(said)}" if said else address


def whole(query: Mapping[str, str], name: str) -> int:
    """Returns a small whole number of the address, 0 where there is none."""
    written = query.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 4 else 0
