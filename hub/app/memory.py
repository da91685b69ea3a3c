"""Memory that was needed for a moment is given back to the machine."""

from __future__ import annotations

import sys

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc; mallopt(3)
_LARGE = 1 << 20


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
