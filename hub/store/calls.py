"""Calls in the history: the key that makes one interaction of all that is told of a call, and what ours say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.tables import MessageRow, PlacedCallRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message of ours that a call says: to whom, about what, in which words and language."""

    id: int
    channel: str
    customer_id: int
    identity_id: int
    about: str
    about_id: int | None
    about_revision: int | None
    origin: str
    purpose: str
    template: str
    reference: str
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        return str(self._said.get("text", ""))

    @property
    def language(self) -> str:
        return str(self._said.get("language", ""))

    @property
    def _said(self) -> Mapping[str, Any]:
        return self.content.get("rendered") or self.content


_SPOKEN = tuple(getattr(MessageRow, name) for name in Spoken.__slots__)


def call_key(call: str) -> str:
    """Returns the content key of a call's one interaction, whoever tells of it first."""
    return f"call:{call}"


def spoken(conn: Connection, channel: str, messages: Iterable[str]) -> dict[str, Spoken]:
    """Returns those of these messages, by the ids in a hook's address, that this channel says in calls."""
    ids = {each: int(each) for each in messages if each.isascii() and each.isdecimal() and len(each) < 19}
    if not ids:
        return {}
    rows = conn.execute(select(*_SPOKEN).where(MessageRow.id.in_(sorted(ids.values())), MessageRow.channel == channel))
    found = {row.id: Spoken(**row._mapping) for row in rows}
    return {each: found[number] for each, number in ids.items() if number in found}


def note_call_placed(conn: Connection, channel: str, key: str, call: str) -> None:
    """Writes down that a call of staff is under way, which its hook proves where the provider's answer was lost."""
    conn.execute(
        update(PlacedCallRow)
        .where(
            PlacedCallRow.key == key, PlacedCallRow.channel == channel, PlacedCallRow.state.in_(("asked", "unknown"))
        )
        .values(state="placed", call=call, error="")
    )
