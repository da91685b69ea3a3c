"""A row of a survey, ready to be stored: all that can be said of it without the database.

Nothing but the model is imported here: a process beside the hub makes such rows of a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

import orjson

from hub.capture.detail import detail_of
from hub.model.contact import Direction, InboundContact, Medium
from hub.model.search_words import words_said

# A text may wait for one page and no more; 128 are also what one statement takes (hub/store/batch.py).
PAGE = 128
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

Row = tuple[int, InboundContact | str]


class SurveyRow(NamedTuple):
    """One answer: who gave it, and an interaction's columns as they are stored; `at` in milliseconds since 1970.

    `claims`: further identities of the same person, (scheme, value, name) each. `score`: what it gives for NPS, as it
    was read.
    """

    number: int
    scheme: str
    value: str
    name: str
    claims: tuple[tuple[str, str, str], ...]
    external_id: str
    content_key: str
    subject: str
    text: str
    detail: str | None
    words: str
    at: int
    kind: str
    trust: str
    score: str


class Unread(NamedTuple):
    """A row that is no answer, and why."""

    number: int
    reason: str


class Page(NamedTuple):
    """Rows that follow each other, from number `first` on.

    `ready` has them made ready; where not all of them can be, `contacts` has them as they were read.
    """

    first: int
    size: int
    ready: Sequence[SurveyRow | Unread] | None
    contacts: Sequence[Row] = ()

    def single(self) -> list[Page]:
        """Returns its rows as pages of one row."""
        if self.ready is None:
            return [Page(number, 1, None, [(number, contact)]) for number, contact in self.contacts]
        return [Page(row.number, 1, [row]) for row in self.ready]


def pages(rows: Iterable[Row]) -> Iterator[Page]:
    """Yields the rows of a file in pages."""
    source = iter(rows)
    while found := list(islice(source, PAGE)):
        yield page_of(found)


def page_of(rows: Sequence[Row]) -> Page:
    """Returns rows as a page."""
    if all(isinstance(contact, str) or _is_plain(contact) for _, contact in rows):
        # What no database stores (half a character) is not made ready: it is found when the rows are tried one by one.
        with suppress(orjson.JSONEncodeError):
            ready = [
                Unread(number, contact) if isinstance(contact, str) else _made_ready(number, contact)
                for number, contact in rows
            ]
            return Page(rows[0][0], len(rows), ready)
    return Page(rows[0][0], len(rows), None, rows)


def _is_plain(contact: InboundContact) -> bool:
    """Says whether a contact is somebody's answer and nothing else: no files, no consent, not from us."""
    more = contact.attachments or contact.html or contact.consents or contact.invitations
    return contact.medium is Medium.SURVEY and contact.direction is Direction.IN and not more


def _made_ready(number: int, contact: InboundContact) -> SurveyRow:
    detail = detail_of(contact)
    who, text = contact.sender.identity, contact.visible_text or contact.text
    return SurveyRow(
        number,
        who.scheme,
        who.value,
        contact.sender.display_name,
        tuple((claim.identity.scheme, claim.identity.value, claim.display_name) for claim in contact.claims),
        contact.external_id,
        contact.content_key,
        contact.subject,
        text,
        orjson.dumps(detail).decode() if detail else None,
        words_said(contact.subject, text),
        (contact.occurred_at - _EPOCH) // _MILLISECOND,
        contact.kind.value,
        contact.trust.value,
        contact.extra.get("nps", ""),
    )
