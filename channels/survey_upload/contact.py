"""One row of a survey as an inbound contact, or why it is none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from channels.survey_upload.columns import clean, score_of
from channels.survey_upload.mapping import Mapped
from channels.survey_upload.times import is_given, read_time, zone_of
from hub.model.contact import Answer, InboundContact, Medium, Party
from hub.model.identity import Identity, email_identity, phone_identity

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=1)  # a wall clock whose zone nobody knows may be up to 14 hours ahead
_LONGEST_KEY = 200
_LONGEST_NAME = 200
# `Ada Byron <ada@example.com>`, as mail programs copy it.
_IN_BRACKETS = re.compile(r"<(?:mailto:)?([^<>\s]+@[^<>\s]+)>\Z")
_NOBODY = frozenset({"", "anonymous", "anonym", "anonymous user", "n/a", "na", "none", "-"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """Turns the rows of one upload into contacts; pure: the same row gives the same contact."""

    channel: str
    mapped: Mapped
    region: str
    zone: tzinfo
    order: str
    received_at: datetime

    def read(self, row: Sequence[str]) -> InboundContact | str:
        """Returns the contact of a row, or the reason why it is rejected."""
        cells = [clean(cell) for cell in row]
        key = self._key(cells)
        found, faults = self._identities(cells, key)
        if not found:
            return "no identity: " + ("; ".join(faults) or "no column says who answered")
        answers = tuple(
            Answer(self.mapped.questions[at], cells[at], self.mapped.kinds[at])
            for at in self.mapped.answers
            if at < len(cells) and cells[at]
        )
        text = "\n".join(_line(answer) for answer in answers if answer.kind == "free_text")
        extra = self._extra(cells)
        occurred_at, doubts = self._occurred_at(cells)
        if len(cells) > self.mapped.width and any(cells[self.mapped.width :]):
            doubts += ("the row has more cells than the header",)
        name = self._name(cells)
        return InboundContact(
            channel=self.channel,
            medium=Medium.SURVEY,
            external_id=key,
            content_key=key,
            sender=Party(found[0], name),
            claims=tuple(Party(identity, name) for identity in found[1:]),
            subject=self._subject(extra),
            text=text,
            visible_text=text,
            answers=answers,
            language=_cell(cells, self.mapped.language)[:35],
            source=self.mapped.source,
            defects=doubts,
            extra=extra,
            occurred_at=occurred_at,
            received_at=self.received_at,
        )

    def _key(self, cells: Sequence[str]) -> str:
        """Names the content of a row, whatever file it comes in: the header and the cells up to the last filled."""
        end = len(cells)
        while end and not cells[end - 1]:
            end -= 1
        return hashlib.blake2b(
            "\x1f".join(cells[:end]).encode(), digest_size=20, key=self.mapped.header_key
        ).hexdigest()

    def _identities(self, cells: Sequence[str], key: str) -> tuple[list[Identity], list[str]]:
        found: list[Identity | None] = []
        faults = []
        if (email := _cell(cells, self.mapped.email)).casefold() not in _NOBODY:
            bracketed = _IN_BRACKETS.search(email)
            found.append(email_identity(bracketed[1] if bracketed else email.removeprefix("mailto:")))
            if not found[-1]:
                faults.append(f"{email[:80]!r} is no e-mail address")
        if (phone := _cell(cells, self.mapped.phone)).casefold() not in _NOBODY:
            found.append(phone_identity(phone, self.region))
            if not found[-1]:
                faults.append(f"{phone[:80]!r} is no phone number")
        if (external := _cell(cells, self.mapped.external_id)).casefold() not in _NOBODY:
            found.append(Identity("ext", f"{self.mapped.external_system}/{external[:_LONGEST_KEY]}"))
        identities = [identity for identity in found if identity]
        if not identities and self.mapped.anonymous:
            identities = [Identity("ext", f"survey/{(_cell(cells, self.mapped.response_id) or key)[:_LONGEST_KEY]}")]
        if not identities and not faults and self.mapped.identified:
            faults.append("the columns that say who answered are blank in this row")
        return identities, faults

    def _name(self, cells: Sequence[str]) -> str:
        whole = _cell(cells, self.mapped.name)
        if not whole:
            whole = f"{_cell(cells, self.mapped.given_name)} {_cell(cells, self.mapped.family_name)}".strip()
        return "" if whole.casefold() in _NOBODY else " ".join(whole.split())[:_LONGEST_NAME]

    def _extra(self, cells: Sequence[str]) -> dict[str, str]:
        found = {
            "nps": score_of(_cell(cells, self.mapped.nps)),
            "csat": score_of(_cell(cells, self.mapped.csat)),
            "response_id": _cell(cells, self.mapped.response_id),
        }
        return {name: value for name, value in found.items() if value}

    def _subject(self, extra: Mapping[str, str]) -> str:
        score = f"NPS {extra['nps']}" if "nps" in extra else f"CSAT {extra['csat']}" if "csat" in extra else ""
        return ": ".join(filter(None, (self.mapped.title, score))) or "Survey answer"

    def _occurred_at(self, cells: Sequence[str]) -> tuple[datetime, tuple[str, ...]]:
        written = _cell(cells, self.mapped.occurred_at)
        if not is_given(written):
            return self.received_at, ()
        zone = zone_of(_cell(cells, self.mapped.time_zone_column)) or self.zone
        moment = read_time(written, self.order, zone)
        if moment is None:
            return self.received_at, (f"the time {written[:40]!r} cannot be read",)
        if not _EARLIEST <= moment <= self.received_at + _CLOCK_SKEW:
            return self.received_at, (f"the time {written[:40]!r} cannot be right",)
        return min(moment, self.received_at), ()


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _line(answer: Answer) -> str:
    return f"{answer.question}{' ' if answer.question.endswith(('?', ':', '.', '!')) else ': '}{answer.value}"
