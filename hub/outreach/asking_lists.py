"""Asking do-not-call lists: what they say of the numbers of a batch, and whether they are too old to say anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.outbound import Purpose
from hub.outreach.do_not_call import OnList, rule_of
from hub.outreach.house import CALL
from hub.outreach.quiet_hours import Rulebook
from hub.store import do_not_call
from hub.store.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The lists that there are, and which of them has which number of the batch; none asked where none is loaded."""

    rulebook: Rulebook
    now: datetime
    lists: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        conn: Connection,
        keys: Keys | None,
        rulebook: Rulebook,
        messages: Sequence[Mapping[str, Any]],
        people: Mapping[int, Mapping[str, Any]],
        now: datetime,
    ) -> Listing:
        """Looks the numbers up to which a message calls or promotes; mostly there are none, or no lists."""
        asked = {
            people[one["identity_id"]]["value"]
            for one in messages
            if people[one["identity_id"]]["scheme"] == "tel"
            and (one["content"].get("medium") == CALL or one["purpose"] == Purpose.PROMOTIONAL)
        }
        lists = {row["id"]: row for row in do_not_call.lists(conn)} if asked and keys is not None else {}
        if not lists or keys is None:
            return cls(rulebook=rulebook, now=now)
        named = do_not_call.named(conn, keys, sorted(asked), list(lists))
        return cls(rulebook=rulebook, now=now, lists=lists, named=named)

    def about(self, number: str, medium: str, countries: frozenset[str]) -> OnList | None:
        """Returns what the lists say of a number, None where they are not to be asked for this medium there."""
        if not self.lists or medium == "email":
            return None
        rule = rule_of(self.rulebook.listed, countries, medium, self._today)
        if rule is None:
            return None
        if number in self.named:
            return OnList(named=self.lists[self.named[number]]["name"], place=rule.place, source=rule.source)
        oldest = min(self.lists.values(), key=lambda row: row["as_of"])
        if self.now < oldest["as_of"] + rule.holds:
            return OnList(place=rule.place, source=rule.source)
        return OnList(stale=oldest["name"], loaded_at=oldest["as_of"], place=rule.place, source=rule.source)

    @property
    def _today(self) -> date:
        return self.now.date()
