"""Rows below the answers that are none: totals and averages which a spreadsheet adds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from channels.survey_upload import words
from channels.survey_upload.columns import score_of

FOOTER_ROWS = 3
T = TypeVar("T")


def is_totals(row: Sequence[str]) -> bool:
    """True for a row that starts with `Total` or the like and holds nothing but numbers besides."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(row) < 2 or not filled or not words.TOTALS.fullmatch(filled[0].casefold().strip(" :=")):
        return False
    return all(score_of(cell) or cell[:1].isdigit() for cell in filled[1:])


def marking_last(stream: Iterable[T]) -> Iterator[tuple[T, bool]]:
    """Yields every item and whether it is among the last ones, where totals stand: elsewhere "Average" is an answer."""
    held: deque[T] = deque()
    for item in stream:
        held.append(item)
        if len(held) > FOOTER_ROWS:
            yield held.popleft(), False
    for item in held:
        yield item, True
