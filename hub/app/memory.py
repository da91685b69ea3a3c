"""Memory: what stays is not looked at again, and what was needed for a moment is given back to the machine."""

from __future__ import annotations

import gc
import sys

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc; mallopt(3)
_LARGE = 1 << 20
# Objects made before Python looks for garbage in cycles; at its 700 that took 8% of a text's time, at this 2%.
_GARBAGE_AFTER = 10_000


def keep_what_stands() -> None:
    """Takes what a start made out of the search for garbage: looking at it again would only keep a page waiting."""
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)


def give_large_blocks_back() -> None:
    """Makes the C library return blocks of a megabyte and more as soon as they are freed.

    glibc raises that bound to 32 MB with the first large mail; from then on such blocks stay in the process, in pieces:
    three mails of 25 MB in a row took 80 MB more.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none, nor the habit
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
