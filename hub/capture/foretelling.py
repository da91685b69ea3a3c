"""A dry run of an upload: what would become of each row, from what is here and what the file itself brought before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hub.capture.survey_capture import nps_of, rejected
from hub.capture.survey_rows import Page, SurveyRow, Unread
from hub.store import interactions
from hub.store.survey_rows import holders
from hub.store.uploads import Outcome, RowOutcome


@dataclass(frozen=True, slots=True)
class _Answer:
    number: int
    who: tuple[str, str]
    content_key: str
    score: str


@dataclass(slots=True)
class Foretelling:
    """What a dry run has met so far: contents and people, so that a later row is known by an earlier one."""

    contents: set[str] = field(default_factory=set)
    people: set[tuple[str, str]] = field(default_factory=set)

    def of(self, conn: Connection, pages: Sequence[Page]) -> list[RowOutcome]:
        """Returns what would become of each row; only reads."""
        rows = [row for page in pages for row in _answers(page)]
        answers = [row for row in rows if isinstance(row, _Answer)]
        here = interactions.find_by_content(conn, [row.content_key for row in answers])
        held = holders(conn, [row.who[1] for row in answers])
        return [
            rejected(row.number, row.reason)
            if isinstance(row, Unread)
            else self._outcome(row, here=row.content_key in here, held=row.who in held)
            for row in rows
        ]

    def _outcome(self, row: _Answer, *, here: bool, held: bool) -> RowOutcome:
        outcome = Outcome.REPEATED
        if not here and row.content_key not in self.contents:
            outcome = Outcome.KNOWN if held or row.who in self.people else Outcome.NEW
            self.contents.add(row.content_key)
            self.people.add(row.who)
        return RowOutcome(row.number, outcome, ":".join(row.who), nps_of(row.score))


def _answers(page: Page) -> Iterator[_Answer | Unread]:
    for row in page.ready or ():
        if isinstance(row, SurveyRow):
            yield _Answer(row.number, (row.scheme, row.value), row.content_key, row.score)
        else:
            yield row
    for number, contact in page.contacts:
        if isinstance(contact, str):
            yield Unread(number, contact)
        else:
            who = contact.sender.identity
            yield _Answer(number, (who.scheme, who.value), contact.content_key, contact.extra.get("nps", ""))
