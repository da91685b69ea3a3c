"""Copies: the same mail once more, though a list added its footer; and other words under a Message-ID that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.model.contact import InboundContact, Medium
from hub.store import interactions
from hub.store.conversations import Conversation

_SUBJECT_TAGS = re.compile(r"(?:\s*(?:re|aw|sv|fwd?|wg|odp)\s?:|\s*\[[^\[\]]{1,60}\])+\s*", re.IGNORECASE)
_RULER = re.compile(r"\s*(?:[-_=*~]{2,}|-- ?)")
_LONGEST_FOOTER = 1_500
_NAMELESS = "sha256-"


@dataclass(frozen=True, slots=True)
class Copy:
    """What a mail with a known Message-ID is. `of` repeats, `beside` says something else than, one that is `stored`
    (an interaction) or one of this batch (its place among the new ones).
    """

    of: int | None = None
    beside: int | None = None
    stored: bool = False


class Copies:
    """Tells mails of a batch that were here already; those of the batch count from when they were looked at.

    The same words with a footer of a list, a tag in the subject or other line ends are the same mail. Anything else is
    kept beside the first and told of: somebody uses an id twice.
    """

    def __init__(
        self, conn: Connection, contacts: Sequence[InboundContact], by_ref: Mapping[str, Conversation]
    ) -> None:
        self._known = _stored(conn, contacts, by_ref)

    def look(self, contact: InboundContact, place: int) -> Copy | None:
        """Returns what a contact is where its Message-ID is known, else None; `place`: the one it gets if it is new."""
        if contact.medium is not Medium.EMAIL or contact.external_id.startswith(_NAMELESS):
            return None
        others = self._known.setdefault(contact.external_id, [])
        # Nearly always it is the first of its id: words are compared, and made ready for it, only where it is not.
        mine = _Words.of(contact) if others else None
        same = next((other for other in others if mine is not None and other.words.same(mine)), None)
        if same is not None:
            return Copy(of=same.place, stored=same.stored)
        first = others[0] if others else None
        others.append(_Seen(place, contact=contact))
        return Copy(beside=first.place, stored=first.stored) if first else None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A mail that was seen: a stored interaction's row, or a contact of this batch."""

    place: int
    contact: InboundContact | None = None
    row: Mapping[str, Any] | None = None

    @property
    def stored(self) -> bool:
        return self.row is not None

    @property
    def words(self) -> _Words:
        return _Words.of(self.contact) if self.contact is not None else _Words.stored(self.row or {})


@dataclass(frozen=True, slots=True)
class _Words:
    sender: str
    subject: str
    visible: str
    whole: str
    of_list: bool
    raw_visible: str

    @classmethod
    def of(cls, contact: InboundContact) -> _Words:
        parts = (contact.visible_text or contact.text, contact.quoted_text, contact.signature)
        return cls._made(str(contact.sender.identity), contact.subject, parts, bool(contact.extra.get("list_id")))

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> _Words:
        detail = row["detail"] or {}
        sender = (detail.get("from") or {}).get("identity", "") if isinstance(detail.get("from"), Mapping) else ""
        parts = (row["text"], detail.get("quoted", ""), detail.get("signature", ""))
        return cls._made(sender, row["subject"], parts, bool(detail.get("list_id")))

    @classmethod
    def _made(cls, sender: str, subject: str, parts: Sequence[str], of_list: bool) -> _Words:
        visible, *rest = (" ".join(str(part).split()) for part in parts)
        whole = " ".join(part for part in (visible, *sorted(rest)) if part)
        return cls(sender, " ".join(_untagged(subject).split()), visible, whole, of_list, str(parts[0]))

    def same(self, other: _Words) -> bool:
        if self.subject != other.subject or (self.sender and other.sender and self.sender != other.sender):
            return False
        if self.whole == other.whole:
            return True
        short, long = sorted((self, other), key=lambda words: len(words.visible))
        if not (long.of_list or short.of_list):
            return False
        added = long.visible[len(short.visible) :]
        return long.visible.startswith(short.visible) and len(added) <= _LONGEST_FOOTER and _is_footer(long, short)


def _untagged(subject: str) -> str:
    """Returns a subject without reply prefixes and a list's `[name]`, which lists put before or after them."""
    tags = _SUBJECT_TAGS.match(subject)
    return subject[tags.end() :] if tags else subject


def _is_footer(long: _Words, short: _Words) -> bool:
    """Only what stands below a ruler is a footer: nobody smuggles words out of sight by a Message-ID they have seen."""
    if long.visible == short.visible:
        return True
    lines = [line for line in long.raw_visible.strip().split("\n") if line.strip()]
    kept = len([line for line in short.raw_visible.strip().split("\n") if line.strip()])
    return len(lines) > kept and _RULER.match(lines[kept]) is not None


def _stored(
    conn: Connection, contacts: Sequence[InboundContact], by_ref: Mapping[str, Conversation]
) -> dict[str, list[_Seen]]:
    wanted = {
        contact.external_id: by_ref[contact.external_id].id
        for contact in contacts
        if contact.medium is Medium.EMAIL and contact.external_id in by_ref
    }
    found: dict[str, list[_Seen]] = {}
    for row in interactions.of_message_ids(conn, sorted(set(wanted.values())), sorted(wanted)):
        found.setdefault(row["external_id"], []).append(_Seen(row["id"], row=row))
    return found
