"""Random segments: rows of every kind that the builder offers, with every word and part, in groups within groups."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hub.model.errors import Refused
from hub.model.segment import DEEPEST, KINDS, Segment, read_segment
from hub.model.segment.parts import Part, PartKind
from hub.model.segment.row import Row

_DAYS = st.sampled_from((0, 1, 6, 7, 8, 14, 29, 30, 31, 59, 60, 89, 90, 91, 180, 364, 365, 366, 730, 36_500))
_NUMBERS = ("0", "7", "12", "-3", "250.5", "1500.25", "9", "1", "10")
_TEXTS = (
    "gold", "GOLD", "Gold", "silver", "élite", "Élite", "straße", "bad", "good", "true", "%", "_", "'; --", "e", "+7",
    "007", "12.0", "0.5",
)  # fmt: skip
_DATES = ("2026-03-10", "2026-02-20", "1980-02-29", "2026-03-02")
# By kind and part, else by part: mostly what somebody in the world has.
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "language.value": st.lists(st.sampled_from(("en", "pt", "pt-BR", "pt-br", "cs", "ru")), min_size=1, max_size=2),
    "country.value": st.lists(st.sampled_from(("CZ", "BR", "US", "DE")), min_size=1, max_size=2),
    "time_zone.value": st.lists(st.sampled_from(("Europe/Prague", "America/Sao_Paulo", "UTC")), min_size=1, max_size=2),
    "fact.name": st.sampled_from(("tier", "points", "vip", "renewal", "note", "Číslo boty", "shoe", "since")),
    "fact.value": st.sampled_from((*_NUMBERS, *_TEXTS, *_DATES)),
    "answer.question": st.sampled_from(("Why?", "How likely?", "Who?")),
    "answer.value": st.sampled_from((*_NUMBERS, *_TEXTS)),
    "advice.value": st.sampled_from(("A1", "B2", "tea", "soap")),
    "campaign": st.sampled_from(("spring", "summer", "autumn")),
    "offer": st.sampled_from(("spring", "autumn", "winter")),
    "category": st.sampled_from(("tea", "soap", "toys")),
    "sku": st.sampled_from(("A1", "B2", "C3")),
    "model": st.sampled_from(("B1", "b1")),
    "currency": st.sampled_from(("EUR", "CZK", "USD")),
    "amount": st.sampled_from(("0.0001", "10.05", "19.9", "20.1", "60", "79.9001", "1000000")),
    "days": _DAYS,
    "times": st.sampled_from((1, 2, 3)),
    "month": st.sampled_from((2, 3, 12)),
    "since": st.sampled_from((0, 8, 9, 23)),
    "until": st.sampled_from((1, 9, 10, 24)),
}


def _part(kind: type[Row], part: Part) -> st.SearchStrategy[Any]:
    made = _VALUES.get(f"{kind.about}.{part.name}", _VALUES.get(part.name))
    if made is not None:
        return made
    if part.kind is PartKind.YES:
        return st.booleans()
    chosen = st.sampled_from(part.choices)
    return st.lists(chosen, min_size=1, max_size=2) if part.kind is PartKind.WORDS else chosen


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Makes up a row as the builder would send it; it may be one that the hub refuses."""
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    word = draw(st.sampled_from(kind.words))
    row: dict[str, Any] = {"about": kind.about, "is": word}
    for part in kind.parts:
        if (not part.only_for or word in part.only_for) and (not part.optional or draw(st.booleans())):
            row[part.name] = draw(_part(kind, part))
    return row


def _is_read(conditions: dict[str, Any]) -> bool:
    try:
        read_segment(conditions)
    except Refused:
        return False
    return True


@st.composite
def _groups(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    members = []
    for _ in range(draw(st.integers(0, 3))):
        member = draw(_ROWS) if depth >= DEEPEST - 1 or draw(st.integers(0, 2)) else draw(_groups(depth + 1))
        members.append({"not": member} if depth < DEEPEST - 1 and not draw(st.integers(0, 2)) else member)
    return {draw(st.sampled_from(("all", "any"))): members}


_ROWS = rows().filter(lambda row: _is_read({"all": [row]}))


def segments() -> st.SearchStrategy[Segment]:
    """Makes up segments that are read, each with its conditions as JSON."""
    return _groups().filter(_is_read).map(read_segment)
