"""`hub` and `python -m hub`."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Runs the command line; never returns."""
    for stream in (sys.stdout, sys.stderr):
        # Results are UTF-8 whatever the locale says: they are read by programs as often as by people.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    from hub.cli import build_app

    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    build_app(wanted)()


if __name__ == "__main__":
    main()
