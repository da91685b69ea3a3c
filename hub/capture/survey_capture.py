"""Capture for pages of a survey: what capture.py does with answers, in few statements.

100,000 rows of a file pass here, so each row is looked at once. Whatever is not plain goes the way of all contacts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from hub.capture.append import is_unhappy
from hub.capture.people import resolve_parties
from hub.capture.survey_rows import SurveyRow, Unread
from hub.capture.threads import NO_MATTER
from hub.model.contact import Direction, Medium, Party
from hub.model.identity import Identity
from hub.store import interactions, survey_rows
from hub.store.customers import name_unnamed
from hub.store.ids import interaction_ids
from hub.store.search import index_documents, with_identity
from hub.store.survey_rows import holders
from hub.store.tables.base import milliseconds
from hub.store.uploads import Outcome, RowOutcome

_NO_IDENTITY = "no identity"
_MEDIUM, _DIRECTION = Medium.SURVEY.value, Direction.IN.value


class Raced(Exception):
    """What a page was to store was stored by somebody else meanwhile; all of the page is to be undone."""


class _Who(NamedTuple):
    """Whose answer it is, which rule said so, and whether it made the customer."""

    identity_id: int
    customer_id: int
    why: str
    new: bool


@dataclass(slots=True)
class Pages:
    """Pages of one upload, taken in within one transaction; `finish` ends it."""

    conn: Connection
    channel: str
    now: datetime
    documents: list[tuple[int, str]] = field(default_factory=list)

    def take(self, rows: Sequence[SurveyRow | Unread], keys: Sequence[str]) -> list[RowOutcome]:
        """Returns what became of each row. `keys`: the transport key of each. Raises Raced."""
        answers = [row for row in rows if isinstance(row, SurveyRow)]
        known = interactions.find_by_content(self.conn, [row.content_key for row in answers])
        ids = iter(interaction_ids([row.at for row in answers]))
        fresh, arrived, outcomes = [], [], []
        at = milliseconds(self.now)
        for row, key in zip(rows, keys, strict=True):
            if isinstance(row, Unread):
                outcomes.append(rejected(row.number, row.reason))
                continue
            own = next(ids)
            outcome, interaction = Outcome.REPEATED, known.get(row.content_key)
            if interaction is None:
                outcome, interaction = Outcome.ACCEPTED, own
                fresh.append((interaction, row))
                if row.content_key:
                    known[row.content_key] = interaction
            arrived.append((self.channel, key, "captured", "", interaction, "", at))
            outcomes.append(RowOutcome(row.number, outcome, "", nps_of(row.score), interaction))
        if not survey_rows.arrive(self.conn, arrived):
            raise Raced
        if fresh:
            self._append(fresh)
        return outcomes

    def _append(self, fresh: Sequence[tuple[int, SurveyRow]]) -> None:
        people = _people(self.conn, [row for _, row in fresh], self.now)
        at, data = milliseconds(self.now), orjson.dumps({"channel": self.channel, "medium": _MEDIUM}).decode()
        stored, documents, events, tasks = [], [], [], []
        for (key, row), (identity, customer, why, new) in zip(fresh, people, strict=True):
            stored.append((
                key, identity, self.channel, _MEDIUM, _DIRECTION, row.kind, row.trust, row.external_id,
                row.content_key or None, row.subject, row.text, row.detail, why, NO_MATTER, at,
            ))  # fmt: skip
            documents.append((key, with_identity(identity, row.words)))
            if new:
                events.append(("customer.created", customer, key, data, at))
            events.append(("interaction.captured", customer, key, data, at))
            if is_unhappy(row.score):
                told = f"Unhappy answer: NPS {row.score}"
                tasks.append((f"detractor:{key}", "detractor", told, customer, key, "open", at))
        if not survey_rows.append(self.conn, stored):
            raise Raced
        survey_rows.tell(self.conn, events, tasks)
        self.documents += documents

    def finish(self) -> None:
        """Indexes the words of all pages: at once and in order, which spares the index most of its work."""
        index_documents(self.conn, self.documents)
        self.documents.clear()


def _people(conn: Connection, rows: Sequence[SurveyRow], now: datetime) -> list[_Who]:
    """Returns whose each answer is; whoever is not known, or names further identities, is resolved as everybody is."""
    held = holders(conn, [row.value for row in rows])
    strangers = [row for row in rows if row.claims or (row.scheme, row.value) not in held]
    met = iter(_resolved(conn, strangers, now) if strangers else ())
    found, names = [], {}
    for row in rows:
        holder = None if row.claims else held.get((row.scheme, row.value))
        if holder is None:
            found.append(next(met))
            continue
        identity, customer, name = holder
        found.append(_Who(identity, customer, f"holds {row.scheme}:{row.value}", False))
        if row.name and not name:
            names[customer] = row.name
    name_unnamed(conn, names)
    return found


def _resolved(conn: Connection, rows: Sequence[SurveyRow], now: datetime) -> list[_Who]:
    parties = [Party(Identity(row.scheme, row.value), row.name) for row in rows]
    claims = [[Party(Identity(scheme, value), name) for scheme, value, name in row.claims] for row in rows]
    return [
        _Who(person.held.identity_id, person.held.customer_id, person.why, person.is_first)
        for person in resolve_parties(conn, parties, claims, now)
    ]


def rejected(number: int, reason: str) -> RowOutcome:
    """Returns what becomes of a row that is no answer."""
    nobody = reason.startswith(_NO_IDENTITY)
    return RowOutcome(number, Outcome.NO_IDENTITY if nobody else Outcome.REJECTED, reason[:500])


def nps_of(score: str) -> int | None:
    """Returns the NPS that a row gives, if it does."""
    return int(score) if score.isdecimal() and int(score) <= 10 else None
