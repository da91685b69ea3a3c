"""How far a folder has been read, and from which day on: the cursor of a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from channels.base import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The first reading goes up to UID `first` and leaves out what came before the day `since`; None: nothing.

    What gets a UID above `first` came, or was moved in, while the hub reads this folder: it is read whatever its date.
    """

    uidvalidity: int
    uid: int = 0
    since: date | None = None
    first: int = 0

    @classmethod
    def after(cls, cursor: Cursor | None, uidvalidity: int, last: int) -> Self:
        """Returns where to go on; from the beginning where the folder was never read or numbers its mails anew.

        `last`: no mail there has a higher UID now.
        """
        told: Mapping[str, Any] = cursor.position if cursor else {}
        since = date.fromisoformat(told["since"]) if told.get("since") else None
        if told.get("uidvalidity") != uidvalidity:
            return cls(uidvalidity=uidvalidity, since=since, first=last if since else 0)
        return cls(uidvalidity=uidvalidity, uid=int(told.get("uid", 0)), since=since, first=int(told.get("first", 0)))

    def at(self, uid: int) -> Self:
        """Returns the position after this mail."""
        return replace(self, uid=uid)

    def cursor(self, mailbox: str) -> Cursor:
        """Returns it as the hub keeps it."""
        position: dict[str, Any] = {"uidvalidity": self.uidvalidity, "uid": self.uid}
        if self.since:
            position |= {"since": self.since.isoformat(), "first": self.first}
        return Cursor(mailbox, position)
