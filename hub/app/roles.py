"""What a process does: serve pages and hooks, read mailboxes, send. On one machine, all of it."""

from __future__ import annotations

from enum import StrEnum

from hub.model.errors import ConfigurationError


class Role(StrEnum):
    """One of the things a process does."""

    WEB = "web"
    POLL = "poll"
    SEND = "send"

    @classmethod
    def read(cls, names: str) -> frozenset[Role]:
        """Returns the roles in `web,poll` or `all`. Raises ConfigurationError."""
        if names in ("", "all"):
            return frozenset(cls)
        try:
            return frozenset(cls(name.strip()) for name in names.split(","))
        except ValueError:
            raise ConfigurationError(
                f"{names!r} names no role.", next_step="Use web, poll, send, several with commas between, or all."
            ) from None
