"""How many examples a test makes up: a few in every run, many where machines soak (`make faults`)."""

from __future__ import annotations

import os

_FEWER = 6
_LEAST = 10


def examples(many: int) -> int:
    """Returns how many examples to make: `many` where HUB_SOAK is set, else a sixth of them."""
    return many if os.environ.get("HUB_SOAK") else max(_LEAST, many // _FEWER)
