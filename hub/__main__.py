"""`hub` and `python -m hub`."""

from __future__ import annotations

import gc
import io
import sys

# The modules make 170,000 objects that stay. From 700 on Python would search them for garbage, again and again: a sixth
# of the start.
_OBJECTS_BEFORE_A_SEARCH = 100_000


def main() -> None:
    """Runs the command line; never returns."""
    gc.set_threshold(_OBJECTS_BEFORE_A_SEARCH, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        # Results are UTF-8 whatever the locale says: they are read by programs as often as by people.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    from hub.cli import build_app

    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    build_app(wanted)()


if __name__ == "__main__":
    main()
