"""`hub serve` without group commit, for comparison: every text has a transaction of its own."""

from __future__ import annotations

import os

from hub.__main__ import main
from hub.store import sqlite

sqlite.LARGEST_BATCH = 1

if __name__ == "__main__":
    from hub.store import postgres

    # On a slow machine 64 transactions, one after the other, take longer than a provider is kept waiting.
    os.environ["HUB_LIMITS_PATIENCE_SECONDS"] = "60"
    # As many at a time as there are connections in the pool: nobody waits for a merge that never comes.
    postgres.RUNNERS = 8
    # It is imported already where a fork runs this: it has the number of before.
    postgres.LARGEST_BATCH = 1  # type: ignore[attr-defined]  # it is the other engine's
    main()
